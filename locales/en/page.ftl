# What people read on the page. One message a sentence or label; nothing is put together outside this file.
# $who begins a sentence: a name, or "You"; $you is "yes" where it is the reader.

## The frame

skip = Skip to the content
nav-label = Main
nav =
    { $name ->
        [inbox] Inbox
        [submit] Submit
        [mine] Proposals
       *[messages] Messages
    }
nav-waiting = ({ $count } waiting)
you-are = You are
choose = Choose…
loading = Loading
greenlight = Greenlight
you = you
you-first = You
to-inbox = Go to the inbox
try-again = Try again
reload = Reload
remove = Remove
add = Add
close = Close
dismiss = Dismiss
show-all = Show all
sign-in = Sign in
sign-out = Sign out
choose-who-you-are = Choose who you are
offline = You are offline. What you write here is kept.
online = You are online again.
no-such-page = There is no such page. Your tasks are in the inbox.
failed-title =
    { $kind ->
        [missing] Nothing here
        [offline] No connection
       *[other] That did not work
    }
failed-here = Something went wrong on this page. Nothing is lost.
signed-out-title =
    { $kind ->
        [local] Who are you?
        [stranger] You are not known here
       *[other] You are signed out
    }
signed-out-local = On this machine you can be anybody in the directory. On Azure, people sign in.
session-over = You are signed out.
session-kept = { $why } What you wrote is kept.
session-kept-files = { $why } What you wrote is kept, except for the documents.
server-answered = The server answered { $status }.
unreachable = Greenlight cannot be reached. Check your connection.
no-answer = Greenlight does not answer. You see the last known state; the page keeps trying.

## Time, size, revisions

due-overdue = Overdue since { $day } at { $time }
due-soon =
    { $minutes ->
        [one] Due in { $minutes } minute
       *[other] Due in { $minutes } minutes
    }
due-at = Due { $day } at { $time }
day-yesterday = yesterday
day-today = today
day-tomorrow = tomorrow
revision = revision { $revision }
revision-of = { $revision }, { $when }
sentence = { $text }.

## Proposals

field-in-currency = { $label } in { $currency }
risk-level =
    { $risk ->
        [low] Low
        [medium] Medium
        [high] High
       *[other] { $risk }
    }
state =
    { $state ->
        [starting] Received
        [screening] Being checked
        [deciding] Waiting for decisions
        [changes_requested] Changes requested
        [conditions] Approved on conditions
        [closing] Decided
        [decided-publication-pending] Decided, publication pending
        [closed] Closed
       *[other] { $state }
    }
outcome =
    { $outcome ->
        [approved] Approved
        [rejected] Rejected
        [withdrawn] Withdrawn
        [lapsed] Lapsed
       *[other] { $outcome }
    }
outcome-stage = In the stage “{ $stage }”.
head-by =
    { $revision ->
        [1] { $who }, { $when }
       *[other] { $who }, { $when }, revision { $revision }
    }
asked-title = The proposal
documents-title = Documents
documents-none = No documents.
document-about = { $kind }, { $size }
checks-title = Automatic checks
checks-running = The automatic checks are running.
checks-passed =
    { $count ->
        [one] { $count } check passed
       *[other] { $count } checks passed
    }
check-name =
    { $check ->
        [required_fields] Answers
        [required_documents] Required documents
        [document_types] Document types
        [document_sizes] Document sizes
        [budget_envelope] Department budget
        [seen_before] Documents seen before
       *[other] { $other }
    }
check-result =
    { $result ->
        [passed] passed
        [failed] found something
       *[other] could not be checked
    }

## Verdicts: their names and what they mean come from the server; $effect is what follows as things stand

act =
    { $effect ->
        [closes] { $title } and close
        [passes] { $title } and pass on
        [finishes] { $title } and finish
        [returns] { $title } and return to the author
       *[counts] { $title }
    }
verdict-said = { $who } { $said }
verdict-unknown = decided “{ $verdict }”

## Deciding

decide-title = Your decision
decide-final = A decision is final once it is recorded.
decision = Decision
choose-decision = Choose a decision
choose-one = choose one
comment = Comment
comment-hint = Everybody who can see the proposal can read it.
comment-missing = say why: the author needs it to go on
conditions-title = Conditions
conditions-hint = The proposal is approved when you, or the role named in the policy, confirm each condition. If one is not met in time, the proposal lapses.
condition-text = What must be shown
condition-text-missing = say what must be shown
condition-due = By
condition-day-past = choose a day in the future
condition-add = Add another condition
condition-remove = Remove this condition
condition-by = Condition: { $text } (by { $due })
decision-recorded = Your decision is recorded. It will be applied in a moment.
decision-lost = The connection was lost, so it is not known whether your decision arrived. Send it again: it counts once.
send-again = Send again
sending = Sending…
sending-share = Sending… { $share }%
sent-waiting = Sent. Waiting for the answer…
not-sent = Nothing was sent yet.
receipt-recorded = Recorded on { $when }
receipt-then =
    { $state ->
        [recorded] About to be applied
        [applied] Applied
        [not_counted] Not counted: { $why }
       *[other] { $state }
    }
receipt-final = { $verdict }: final.
next-task = Next: { $title }
next-none = Back to the inbox

## Stages and tasks

stages-title = Who decides
stages-rule = By the rule “{ $rule }”: { $why }.
stage-state =
    { $state ->
        [waiting] Not yet
        [pending] Waiting
        [approved] Approved
        [rejected] Rejected
        [changes_requested] Changes requested
        [lapsed] No answer
        [cancelled] No longer needed
       *[other] { $state }
    }
stage-will-ask = Next to be asked: { $people }
stage-not-asked = Was not needed: { $people }
need-one = One approval is needed.
need-any = The first answer decides.
need-all =
    { $quorum ->
        [2] Both must approve.
       *[other] All { $quorum } must approve.
    }
need-some = { $quorum } of { $seats } must approve.
on-behalf = (for { $of })
asked-because = Asked because: { $why }
task-open =
    { $you ->
        [yes] You are asked
       *[no] { $who } is asked
    }
task-decided = { $said } on { $when }
task-recorded = { $said }: recorded, about to be applied
task-passed-on = { $said }; now { $to }
task-kept = { $said } (kept from revision { $revision })
task-not-counted = { $said }, but it did not count: { $why }
task-superseded =
    { $reason ->
        [escalated] { $who } did not answer in time; now { $to }
        [recused] { $who } stepped back; now { $to }
        [reassigned] { $who } handed over to { $to }
       *[other] { $who } was replaced by { $to }
    }
task-expired = { $who } did not answer in time
task-cancelled =
    { $you ->
        [yes] You are no longer needed
       *[no] { $who } is no longer needed
    }
task-cancelled-because =
    { $you ->
        [yes] You are no longer needed: { $why }
       *[no] { $who } is no longer needed: { $why }
    }
why-your-manager = your manager
why-manager = manager of { $who }
why-handed-over = handed over by { $who }
why-changes-requested = changes are requested
not-authenticated = Came through an interface that does not check who calls.
badge-not-authenticated = not authenticated

## What happened

timeline-title = What happened
timeline-more =
    { $count ->
        [one] { $count } more automatic step
       *[other] { $count } more automatic steps
    }
since-you-looked =
    { $count ->
        [one] New since you last looked: { $text }
       *[other] { $count } new events since you last looked. { $text }
    }
event-submitted =
    { $revision ->
        [1] { $who } submitted the proposal
       *[other] { $who } submitted revision { $revision }
    }
event-opened = The approvers were determined
event-screened = The automatic checks ran
event-assigned =
    { $you ->
        [yes] You were asked to approve
       *[no] { $who } was asked to approve
    }
event-kept =
    { $you ->
        [yes] Your approval of revision { $revision } still counts
       *[no] The approval of revision { $revision } by { $who } still counts
    }
event-not-counted = The decision did not count
event-escalated = No answer from { $from }: escalated to { $to }
event-reassigned =
    { $mine ->
        [yes] { $who } handed your task over to { $to }
       *[no] { $who } handed the task of { $from } over to { $to }
    }
event-recused = { $who } stepped back; { $to } was asked instead
event-cancelled =
    { $you ->
        [yes] Your answer is no longer needed
       *[no] The answer of { $who } is no longer needed
    }
event-abstained =
    { $you ->
        [yes] You are asked in place of { $from }
       *[no] { $who } is asked in place of { $from }
    }
event-chain-ended = Nobody is left to ask in place of { $from }
event-expired = No answer from { $from } in time, and nobody is left to ask
event-changes-requested = A revision is awaited until { $until }
event-conditions-awaited = Approved on conditions that are still to be met
event-condition-opened = { $who } set a condition
event-condition-evidence = { $who } gave evidence
event-condition-confirmed = { $who } confirmed that the condition is met
event-condition-lapsed = A condition was not met in time
event-condition-refused = { $who } found the evidence insufficient
event-withdrawn = { $who } withdrew the proposal
event-settled =
    { $outcome ->
        [approved] The outcome is final: approved
        [rejected] The outcome is final: rejected
        [withdrawn] The outcome is final: withdrawn
        [lapsed] The outcome is final: lapsed
       *[other] The outcome is final: { $outcome }
    }
event-closed = The record was published and the proposal closed
event-asked = { $who } asked the author a question
event-answered = { $who } answered the question
event-erased = What people wrote was erased
event-refused = A decision through the raise-event interface was refused
event-other = { $who }: { $action }

## What changed between revisions

changed-title = Changes since revision { $revision }
changed-nothing = Nothing changed apart from the note.
changed-value = { $old } → { $fresh }
changed-kept = The approval by { $who } still counts: nothing it depends on has changed ({ $why }).
earlier-revisions =
    { $count ->
        [one] { $count } earlier revision
       *[other] { $count } earlier revisions
    }
file-change =
    { $kind ->
        [added] Added
        [removed] Removed
       *[replaced] Replaced
    }
file-new-old = { $kind }: new and old
compare-lines = Compare line by line

## Moves

why-label = Why
move-lost = The connection was lost. Try again: it is done once.
ask-title = Ask the author a question
ask-label = Question
ask-hint = The deadline stays the same.
ask-send = Ask
ask-done = Your question was sent.
hand-over-title = Hand over to somebody else
hand-over-to = To
hand-over-hint = They decide instead.
hand-over-send = Hand over
hand-over-done = The task was handed over.
reassign-title = Reassign the task of { $who }
recuse-title = Step back
recuse-about = If you should not decide on this. The next in line is asked instead.
recuse-send = Step back
recuse-done = You stepped back.
withdraw-title = Withdraw the proposal
withdraw-about = This ends the proposal for everybody and cannot be undone.
withdraw-send = Withdraw
withdraw-done = The proposal was withdrawn.
publish-title = Run the publication again
publish-about = The outcome is final, but its record could not be published. Run it again once the cause is fixed.
publish-send = Run again
publish-done = The publication is running again.
undelivered =
    { $count ->
        [one] { $count } message could not be delivered yet. Greenlight keeps trying:
       *[other] { $count } messages could not be delivered yet. Greenlight keeps trying:
    }
undelivered-one = { $who }: { $subject }
person-unknown = Choose somebody from the list.
person-twice = There is more than one { $name }: choose from the list.

## Questions, conditions and evidence

said = { $who }: { $text }
questions-title = Questions to the author
question-open = Not answered yet.
answer-title = Answer
answer-label = Your answer
answer-send = Send the answer
answer-done = Your answer was sent.
condition-state =
    { $state ->
        [open] Waiting for evidence
        [evidence] To be confirmed
        [confirmed] Met
       *[lapsed] Not met in time
    }
condition-set-by = Set by { $who }
condition-was-due = was due { $due }
evidence-documents = see the documents
evidence-refused = Not enough yet:
give-title = Give evidence
give-label = What shows it
give-empty = say what shows it, or choose a document
give-send = Send
give-done = Your evidence was sent.
up-to-each = Up to { $size } each.
confirm-title = Confirm that it is met
confirm-about = When all conditions are met, the proposal is approved. This cannot be undone.
confirm-send = Confirm
confirm-done = The condition is confirmed.
refuse-title = Say what is missing
refuse-label = What is missing
refuse-send = Send
refuse-done = The author has been told.

## A proposal's page

side-label = What you can do
note-not-yours = This link was made for somebody else. You see the proposal because you have access to it yourself.
note-expired = The link in your message has expired. You see the current state.
note-over = The task in your message is over: { $what }.
forwarded-title = This link was made for somebody else
forwarded-for = It was sent to { $name }, and opens only for people who take part.
forwarded-for-somebody = It opens only for people who take part.
forwarded-about = If you should decide instead, ask whoever sent you the link to open it and to choose “Hand over to somebody else” with your name. The task then appears in your inbox.
overtaken = { $text } You now see the current state.
failed-elsewhere = What you sent about “{ $title }” was not taken: { $text }
open-it = Open it
while-writing = While you were writing: { $text }
changed-under-hands = This proposal changed while you were writing: { $text }
show-now = Show it now
you-wrote = You wrote:
revise-panel = Changes are requested
revise-by = Submit a revision by { $until }, or the proposal lapses.
revise-link = Revise
copy-as-new = Copy as a new proposal
below =
    { $kind ->
        [answer] A question is waiting for your answer
        [evidence] Give evidence that the conditions are met
       *[confirm] Say whether the conditions are met
    }
nothing-to-do = Nothing for you to do.
nothing-waiting-for =
    { $count ->
        [one] Nothing for you to do: { $people } is asked.
       *[other] Nothing for you to do: { $people } are asked.
    }

## The form

submit-title = Submit a proposal
submit-send = Submit
submit-final = Approvers are asked as soon as the automatic checks have passed.
submit-done = Your proposal was received.
submit-lost = The connection was lost, so it is not known whether your proposal arrived. Send it again: it is taken once.
submit-taken = It was sent and taken before you changed it.
submit-failed = Your proposal was not taken: { $text } What you wrote is kept.
submit-as-another = Send it as another proposal
open-sent = Open what was sent
back-to-it = Back to it
revise-title = Revise “{ $title }”
revise-until = { $revision }, by { $until }
revise-send = Submit the revision
revise-not-yours = This proposal is not waiting for a revision from you.
draft-kept = This is your draft. Documents must be chosen again.
draft-begun = You have a draft: { $title }
draft-untitled = untitled
draft-continue = Continue
draft-discard = Discard
start-over = Start over
start-over-sure = Discard what you wrote?
form-proposal = The proposal
form-questions = Questions
form-people = Who else
preparer-added = { $name } is now among those who prepared it and will not be asked to approve. Check who will approve, then submit.
required = (required)
missing = is missing
error-at = { $field }: { $error }
field-documents = Documents
field-body = The request
amount-shape = write an amount like 12500 or 12500.50, with two decimals at most
amount-two-readings = “{ $plain }” has two readings: write { $number }, or the decimals as in { $decimals }
drop-hint =
    { $required ->
        [yes] Required. { $types }, up to { $size } each. Choose files or drop them here.
       *[no] { $types }, up to { $size } each. Choose files or drop them here.
    }
media-type =
    { $type ->
        [application-pdf] PDF
        [application-zip] ZIP
        [image-jpeg] JPEG
        [image-png] PNG
        [text-csv] CSV
        [text-markdown] Markdown
        [text-plain] text
        [application-vnd-openxmlformats-officedocument-wordprocessingml-document] Word
        [application-vnd-openxmlformats-officedocument-spreadsheetml-sheet] Excel
        [application-vnd-openxmlformats-officedocument-presentationml-presentation] PowerPoint
       *[other] { $other }
    }
file-unreadable = { $file } was changed or moved since you chose it, or is a folder: remove it and choose it again
file-type = { $file } is not one of the accepted types ({ $types }): remove it and choose another file
file-too-large = { $file } has { $size }; the limit is { $limit }
documents-too-many = { $count } documents are more than the limit of { $most }
documents-too-large = together they have { $total }; the limit is { $limit }
preview-title = Who will approve
preview-empty = Choose category, department, budget and risk to see who will be asked.
preview-not-yet = Not yet:
preview-budget = Budget: { $problem }.
preview-latest = by { $moment } at the latest
preview-days =
    { $days ->
        [one] About { $days } working day, if everybody answers in time.
       *[other] About { $days } working days, if everybody answers in time.
    }
preview-why = For { $budget }, because { $why }.

## The inbox

inbox-title = Inbox
inbox-search = Search the inbox
inbox-order = Sort by
inbox-order-by =
    { $order ->
        [due] Due first
        [amount] Largest first
        [age] Oldest first
       *[title] By title
    }
inbox-filter = Show
inbox-every-kind = Everything
inbox-kind =
    { $kind ->
        [decide] To decide
        [answer] To answer
        [revise] To revise
        [evidence] Evidence to give
       *[confirm] Conditions to confirm
    }
inbox-group =
    { $group ->
        [overdue] Overdue
        [today] Today
        [week] This week
       *[later] Later
    }
inbox-why =
    { $kind ->
        [decide] asked because: { $why }
        [answer] a question to you: { $why }
        [revise] changes are requested: submit a revision, or withdraw it
        [evidence] give evidence that this condition is met: { $why }
       *[confirm] confirm the evidence for: { $why }
    }
inbox-escalated = escalated to you: no answer from { $from }
badge-escalated = Escalated
inbox-none-fit = Nothing in your inbox fits. Change the search or the filter.
inbox-empty = Nothing is waiting for you.
inbox-empty-about = When a proposal needs you, it appears here and you get a message.
inbox-changed =
    { $count ->
        [one] Your inbox changed: { $count } entry.
       *[other] Your inbox changed: { $count } entries.
    }
inbox-chosen = { $count } selected, { $sum } together
inbox-work-through = Work through them
inbox-clear = Clear
note-bad-link = That link is not one of Greenlight’s, or part of it is missing. Your tasks are listed below.
peek-title = Preview
peek-empty = Select a row to see the proposal here.
peek-lost = The proposal cannot be shown.
peek-open = Open
shortcuts-title = Keyboard shortcuts
shortcuts-on = Use these shortcuts
shortcut =
    { $key ->
        [j] Next row
        [k] Previous row
        [Enter] Open
        [x] Select, to work through several
        [slash] Search
       *[question] This help
    }
welcome-title = Welcome to Greenlight
welcome-submit = Submit a proposal: the form shows who will approve it and how long it takes.
welcome-decide = Decide what is waiting for you: your inbox lists it, most urgent first. If you stay silent, the next in line is asked.
welcome-record = Rely on the record: every decision is sealed and can be checked years later.
welcome-done = Got it

## Lists and messages

mine-title = My proposals
mine-empty = You have not submitted anything yet.
open-title = Everything open
open-empty = Nothing is open.
tabs-label = Which proposals
tab-mine = Mine
messages-title = Messages
messages-about = What Greenlight wrote to you, newest first.
messages-empty = No messages yet.
messages-older = Older messages
open-proposal = Open the proposal

## The record

record-title = Decision record
record-of = Record of { $title }
record-none = No record yet
record-none-about = It is written when the proposal is decided.
record-back = Back to the proposal
record-panel = Sealed. Anybody can check it against the audit trail, offline.
record-open = Open the record
record-sealed = sealed on { $when }
record-decisions = Who decided
record-evidence = Evidence
record-verify = The record holds the digest of line { $line } of the audit trail. Download both and check them offline with the verifier that comes with Greenlight:
record-head = Head of the trail
record-print = Open to print
record-json = Record (JSON)
record-trail = Audit trail
record-nobody = { $revision }: nobody decided.
record-but = { $said } ({ $state })
record-about = { $revision }, { $when }, asked because: { $why }
