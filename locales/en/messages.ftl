### What Greenlight writes to people: one message each, with a subject (one line) and a text.
### Titles, comments and names are what people wrote. Moments are written in the receiver's time zone.

## Said in several messages

silence = If you do not answer by then, the next person is asked. If nobody is left to ask, the proposal may lapse.

## To the holder of a task

assigned =
    .subject = { $passed_on ->
        [yes] Passed on to you, please decide by { $due }: { $title }
       *[no] Please decide by { $due }: { $title }
    }
    .ask = { $author } asks for approval of “{ $title }” ({ $told }).
    .passed-on = Somebody else was asked first. Now the decision is yours.
    .why = { $on_behalf ->
        [yes] You decide on behalf of { $absent }. Why you: { $why }.
       *[no] Why you: { $why }.
    }
    .due = Please decide by { $due }. If you cannot, hand the task over or step back. { silence }

reminder-of-one =
    .subject = Reminder, please decide by { $due }: { $title }
    .text =
        “{ $title }” is waiting for your decision until { $due }.

        { silence }

reminder =
    .subject = { $count ->
        [one] Reminder: { $count } decision is waiting for you, due { $due }
       *[other] Reminder: { $count } decisions are waiting for you, the first due { $due }
    }
    .intro = These are waiting for your decision, most urgent first:
    .item = • “{ $title }”, until { $due }
    .more = • and { $count } more

no-longer-needed =
    .subject = No longer needed: { $title }
    .passed-on = { $reason ->
        [escalated] You no longer need to decide on “{ $title }”: you did not answer in time, so { $holder } is asked now.
        [recused] You no longer need to decide on “{ $title }”: you stepped back, so { $holder } is asked now.
        [reassigned] You no longer need to decide on “{ $title }”: the task was handed over to { $holder }.
        [abstained] You no longer need to decide on “{ $title }”: you abstained, so { $holder } is asked now.
       *[other] You no longer need to decide on “{ $title }”: { $reason }. { $holder } is asked now.
    }
    .expired = You no longer need to decide on “{ $title }”: there was no answer by { $due }.
    .closed = You no longer need to decide on “{ $title }”: { $reason }.
    .over = You no longer need to decide on “{ $title }”: it is over.

## To the author

decided =
    .subject = { $who } { $says }: { $title }
    .text = { $who } { $says } “{ $title }” on { $date }.
    .commented =
        { $who } { $says } “{ $title }” on { $date }:

        { $comment }
    .unauthenticated = The decision came through an interface that does not check who is calling.

changes-requested =
    .subject = Please revise by { $due }: { $title }
    .text =
        { $who } asks for changes to “{ $title }”:

        { $comment }

        Submit a revision by { $due }, or withdraw the proposal. After that it lapses.

question-asked =
    .subject = { $who } asks: { $title }
    .text =
        { $who } asks about “{ $title }”:

        { $question }

        Please answer soon. A question does not move the deadline: the decision is still due by { $due }.

condition-opened =
    .subject = Please give evidence by { $due }: { $title }
    .text =
        “{ $title }” is approved on a condition set by { $who }:

        { $condition }

        Give evidence in time for it to be confirmed by { $due }. After that the approval lapses.

condition-refused =
    .subject = Not enough yet: { $title }
    .text =
        The evidence for this condition of “{ $title }” is not enough:

        { $condition }

        { $missing }

        You can give more evidence until { $due }.

condition-confirmed =
    .subject = Condition met: { $title }
    .text =
        { $who } has confirmed that this condition of “{ $title }” is met:

        { $condition }

## To people who asked, or who confirm conditions

question-answered =
    .subject = { $who } answers: { $title }
    .text =
        You asked about “{ $title }”:

        { $question }

        { $who } answers:

        { $answer }

        The question did not move the deadline: the decision is due by { $due }.

condition-evidence =
    .subject = Please confirm by { $due }: { $title }
    .text =
        { $author } has given evidence that this condition of “{ $title }” is met:

        { $condition }

        Confirm it, or say what is missing, by { $due }.

## To everybody involved

outcome =
    .subject = { $outcome ->
        [approved] Approved: { $title }
        [rejected] Rejected: { $title }
        [withdrawn] Withdrawn: { $title }
        [lapsed] Lapsed: { $title }
       *[other] Over: { $title }
    }
    .ending = { $outcome ->
        [approved] “{ $title }” is approved.
        [rejected] “{ $title }” is rejected.
        [withdrawn] “{ $title }” was withdrawn.
        [lapsed] “{ $title }” has lapsed.
       *[other] “{ $title }” is over.
    }
    .digest =
        The SHA-256 digest of the decision record is
        { $digest }

## To operators

publication-failed =
    .subject = Publication failed: { $title }
    .text =
        The outcome of “{ $title }” stands, but publishing its record failed at { $step }:

        { $error }

        Fix the cause, then run the publication again from the proposal's page.

trouble =
    .subject = Needs an operator: { $title }
    .text =
        “{ $title }” ({ $proposal }) does not go on by itself. { $what }

        The operations guide says what to do.
    .unpublished = It is closed, but the archive does not hold its sealed record.
    .alive = It is closed, but its instance { $instance } is { $status }.
    .ended = It is { $state }, but its instance { $instance } is { $status }.
    .gone = It is { $state }, but its instance { $instance } is not in the task hub.
    .unknown-verdict =
        The decision of { $task } is “{ $verdict }”, which this release does not know.
        A newer release probably recorded it. The stage stays open until a release that knows it is running.
    .started-by-hand =
        Somebody started the instance { $started } by hand. It had no effect: the proposal is run by { $instance }.
    .suspended =
        Its instance { $instance } is suspended. Decisions are stored, and none is applied until somebody resumes it.
    .generations =
        { $count } orchestrations were begun for it within an hour. The last one is { $why }.
    .caller-by-hand =
        Somebody started an orchestration by hand that calls { $activity }. It had no effect: the proposal is run by { $instance }.

## Around a message

mail =
    .open = Open it in Greenlight

card =
    .for = For { $name }
    .open = Open in Greenlight
    .more = … The rest is in Greenlight.
