### The page of a decision record, for people and printers. It is sealed as it is written: people by their ids, moments in
### UTC, and what people wrote as they wrote it.

record =
    .title = { $outcome ->
        [approved] { $title }: approved
        [rejected] { $title }: rejected
        [withdrawn] { $title }: withdrawn
       *[lapsed] { $title }: lapsed
    }
    .outcome = { $outcome ->
        [approved] Approved
        [rejected] Rejected
        [withdrawn] Withdrawn
       *[lapsed] Lapsed
    }
    .facts = Decision record
    .proposal = Proposal
    .author = Author
    .sealed = Sealed
    .digest = SHA-256 of record.json
    .trail = Audit trail
    .trail-lines = { $lines ->
        [one] { $lines } line, with SHA-256 { $head }
       *[other] { $lines } lines, the last with SHA-256 { $head }
    }
    .people = People
    .people-id = Called here
    .people-name = Name
    .revision = Revision { $number }
    .none = -

record-submission =
    .caption = As submitted
    .submitted = Submitted
    .submitted-by = { $at } by { $who }
    .routed = Routed by rule
    .routed-by = { $rule } ({ $why })
    .policy = SHA-256 of the policy
    .directory = SHA-256 of the directory

record-documents =
    .caption = Documents
    .name = Name
    .kind = Kind
    .bytes = Bytes
    .size = { $size }
    .digest = SHA-256

record-checks =
    .caption = Automatic checks
    .check = Check
    .result = Result
    .found = Found
    .result-of = { $result ->
        [passed] passed
        [failed] failed
       *[not_checked] not checked
    }

record-tasks =
    .caption = Approval tasks
    .task = Task
    .holder = Holder, and why
    .holder-of = { $on_behalf ->
        [yes] { $who } on behalf of { $absent }: { $why }
       *[no] { $who }: { $why }
    }
    .state = State
    .state-of = { $state ->
        [open] open
        [recorded] recorded
        [applied] applied
        [not_counted] not counted
        [superseded] superseded
        [expired] expired
       *[cancelled] cancelled
    }
    .kept-from = kept from { $task }
    .passed-on = { $reason }, now { $task }
    .decision = Decision
    .decided = { $authenticated ->
        [yes] { $who } { $said } at { $at }
       *[no] { $who } { $said } at { $at } (not authenticated, through { $door })
    }

record-questions =
    .caption = Questions
    .question = Question
    .answer = Answer
    .asked = { $question }, asked by { $who } at { $at }: { $text }
    .answered = { $who } at { $at }: { $text }

record-conditions =
    .caption = Conditions
    .condition = Condition
    .set-by = { $condition }, set by { $who }: { $text }
    .due = Due
    .state = State
    .state-of = { $state ->
        [open] open
        [evidence] evidence given
        [confirmed] confirmed
       *[lapsed] lapsed
    }
    .confirmed-by = by { $who }
    .refused = the last evidence was not enough: { $text }
    .evidence = Evidence
    .given = { $at } by { $who }: { $note }
    .document = { $name }, SHA-256 { $digest }
