### Reasons and the like, as they are stored with tasks and in the trail, or shown beside them. They begin with a small
### letter: they follow a colon or stand in a table.

reason =
    .settled = the stage was settled: { $result }
    .superseded = superseded by revision { $revision }
    .over = { $outcome ->
        [approved] the proposal is approved
        [rejected] the proposal is rejected
        [withdrawn] the proposal is withdrawn
        [lapsed] the proposal is lapsed
       *[over] the proposal is over
    }
    .no-answer = no answer in time
    .no-answer-at-the-end = no answer by { $when }, and nobody is left to ask
    .missed = too few are left to approve without this seat
    .nobody-left = nobody is left to ask
    .flooded = more than { $limit } events: further refusals are stored under events/, not listed here
    .changes-requested = changes are requested
