### What the automatic checks find: one sentence for each problem, and how to fix it. Findings are stored as they are written.

check =
    .passed = nothing to report
    .broken = could not be checked: { $error }

required-fields = { $name } is empty: answer “{ $question }”

required-documents = { $title } is missing: attach it as { $kind }

document-types =
    .unknown-kind = { $name } is attached as { $kind }: this category takes { $known }
    .no-kinds = { $name } is attached as { $kind }: this category takes no documents
    .other-type = { $name } is { $found }: attach { $allowed }
    .unknown-type = { $name } does not hold what its name says: attach { $allowed }
    .either = { $first } or { $second }

document-sizes = { $name } has { $size } bytes: shorten or split it to { $limit } at most

budget-envelope =
    .none = the policy has no envelope for { $department }: check the department
    .exceeded =
        { $budget } { $currency } is more than the envelope of { $department }, { $envelope } { $currency }: lower the budget, or say why it takes more

seen-before =
    .some = { $name } was also submitted with { $earlier }: attach this proposal's own, or say why it is the same
    .many =
        { $name } was also submitted with { $earlier } and { $more } more: attach this proposal's own, or say why it is the same
