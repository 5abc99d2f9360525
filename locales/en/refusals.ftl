### Why something is refused, and how to fix it. In answers of the API, in the trail of raised events, on the command line.

state = { $state ->
    [starting] starting
    [screening] being checked
    [deciding] being decided
    [changes_requested] with the author for changes
    [conditions] waiting for its conditions
    [closing] closing
   *[closed] closed
}

refusal =
    .answered-before = { $who } answered this question on { $when }.
    .author-unknown = Nobody would be asked: the author is unknown.
    .cannot-hand-over = The task cannot be handed over like this.
    .comment-needed = Say why: “{ $verdict }” needs a comment.
    .condition-confirmed = { $who } has already confirmed this condition.
    .condition-lapsed = This condition has lapsed.
    .decided-before = The decision was made before: { $who } { $said } on { $when }.
    .decision-as-it-is = The decision cannot be recorded as it is.
    .documents-too-large = The documents are too large. Send fewer or smaller ones.
    .enough-questions = { $limit } questions were asked on this task. Decide, or ask for changes.
    .erase-later = The policy's [retention] allows its erasure from { $when } on.
    .erase-never = The policy's [retention] never allows its erasure.
    .erase-open = An open proposal cannot be erased. This one is { state }.
    .erase-unpublished = The archive does not hold its sealed record. Restore that first.
    .erase-unpurged = Its instances, whose history quotes it, are not purged yet. Erase it after that.
    .erased = What people wrote, and the documents, were erased on { $when }. The outcome and the dates are kept.
    .event-name = Nothing listens for { $name }: the event's name is { $event }.
    .evidence-as-it-is = The evidence cannot be accepted as it is.
    .fields-wrong = The request has fields that are missing or wrong.
    .kept-documents = The revision keeps documents that are not there.
    .key-reused = This Idempotency-Key came with another request before. Use a new key for a new proposal.
    .no-blob = There is no { $name }.
    .no-changes-requested = No changes were requested. The proposal is { state }.
    .no-condition = Revision { $revision } of { $proposal } has no condition { $condition }.
    .no-conditions = Nobody is waiting for conditions. The proposal is { state }.
    .no-failed-publication = No publication has failed. The proposal is { state }.
    .no-proposal = There is no proposal { $proposal }.
    .no-proposal-move = A proposal that is { state } cannot { $operation }.
    .no-question = { $proposal } has no question { $question }.
    .no-raise-event = Stage { $stage } takes no decisions through raise-event.
    .no-revision = There is no proposal { $proposal } with a revision { $revision }.
    .no-stage = This revision has no stage { $stage }.
    .no-task-move = A task that is { $state } cannot { $operation }.
    .no-task = Revision { $revision } of { $proposal } has no task { $task }.
    .nobody-left = Nobody is left on the chain to take it. Hand it over to somebody instead.
    .not-current = Revision { $revision } is not the current one. That is revision { $current }.
    .not-deciding = There is nothing to decide now. The proposal is { state }.
    .not-the-confirmer = Only the person who set the condition, or the confirming role, can do this.
    .not-your-task = This decision is not yours: { $who } is asked.
    .only-the-author = { $move ->
        [withdraw] Only the author can withdraw a proposal.
        [revise] Only the author can revise a proposal.
       *[evidence] Only the author can give evidence.
    }
    .only-the-authors = Only the author, or somebody who prepared the documents, can answer.
    .operators-publish = Only operators can run a publication again.
    .over-since = { $outcome ->
        [approved] The proposal has been approved since { $when }.
        [rejected] The proposal has been rejected since { $when }.
        [withdrawn] The proposal was withdrawn on { $when }.
        [lapsed] The proposal lapsed on { $when }.
       *[over] The proposal has been over since { $when }.
    }
    .own-proposal = You wrote this proposal or prepared its documents, so you cannot decide on it.
    .passed-on = { $reason ->
        [escalated] The task was escalated on { $when }. { $who } is asked now.
        [recused] The holder stepped back on { $when }. { $who } is asked now.
        [reassigned] The task was handed over on { $when }. { $who } is asked now.
        [abstained] The holder abstained on { $when }. { $who } is asked now.
       *[other] The task was passed on ({ $reason }) on { $when }. { $who } is asked now.
    }
    .payload-names-nobody = The payload names nobody.
    .payload-not-decision = The payload is not a decision.
    .payload-not-object = The payload must be a JSON object like { "{" }"task": ..., "verdict": ..., "by": ...{ "}" }.
    .proposal-as-it-is = The proposal cannot be accepted as it is.
    .reason-too-long = The reason is too long.
    .recusal-without-reason = Say why you step back: a recusal needs a reason.
    .revision-first = Another revision { $revision } was submitted first. Look at it before you submit again.
    .say-what-is-missing = Say what is missing.
    .superseded = Revision { $revision } is superseded. Decide on revision { $current }.
    .task-changed = The task changed since you looked at it. Look again before you go on.
    .task-closed = There is nothing to decide here any more: { $reason }.
    .task-over = There is nothing to decide here any more: it is over.
    .text-too-long = The text is too long.
    .too-fast = { $name } is changing too fast. Try again in a moment.
    .too-many-documents = There are too many documents.
    .verdict-not-allowed = Stage { $stage } does not allow { $verdict }.

## Beside the name of a field

fix =
    .at-most-characters = { $limit ->
        [one] at most { $limit } character
       *[other] at most { $limit } characters
    }
    .count-conditions = name 1 to { $limit } conditions, not { $count }
    .document-too-large = { $name }: at most { $limit } bytes, not { $size }
    .documents-too-large = together at most { $limit } bytes, not { $size }
    .empty-document = { $name } is empty; attach it again
    .future = must be in the future
    .heir-barred = { $who } is the author or prepared the documents; choose another person
    .heir-holds-another = { $who } already holds another task of this stage; choose another person
    .heir-holds-it = { $who } already holds this task; choose another person
    .heir-inactive = { $who } is not active; choose another person
    .heir-unknown = { $who } is not in the directory; choose another person
    .missing = is missing
    .no-conditions = only these verdicts take conditions: { $verdicts }
    .no-questions = is not a question of { $category }, which asks none; leave it out
    .not-a-category = { $name } is not a category; use one of: { $known }
    .not-a-document = { $digest } is not a document of revision { $revision }
    .not-a-question = is not a question of { $category }; use { $known }
    .not-active = { $who } is not an active person
    .not-empty = must not be empty
    .not-in-directory = { $who } is not in the directory; choose somebody who is
    .ten-years = must be within ten years
    .too-many-documents = { $limit ->
        [one] at most { $limit } document, not { $count }
       *[other] at most { $limit } documents, not { $count }
    }
    .unknown-field = is not known here; leave it out
    .use-one-of = use one of: { $known }
