"""The policy: compiled once, every problem told at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from approvals.draft import Draft
from approvals.model import Duration, Need, Severity
from approvals.policy.parse import PolicyError, parse_policy
from approvals.policy.rules import Policy
from approvals.stored import codec
from approvals.verdicts import Verdict
from tests.fakes import CONFIG, example_policy

EVERY_VERDICT = '"approve", "reject", "request_changes", "approve_with_conditions"'
TEXT = (CONFIG / "policy.toml").read_text(encoding="utf-8")


def draft(category: str = "software-design", budget: int = 1000, risk: str = "low") -> Draft:
    return Draft("t", category, "engineering", Decimal(budget), risk, "s", {})


def problems(text: str) -> str:
    with pytest.raises(PolicyError) as refused:
        parse_policy(text)
    return "\n".join(refused.value.problems)


def test_a_policy_round_trips_and_its_digest_is_of_its_content() -> None:
    policy = example_policy()
    assert codec.loads(Policy, codec.dumps(policy)) == policy
    assert parse_policy(TEXT + "\n# more\n").digest() == policy.digest()
    assert parse_policy(TEXT.replace('currency = "EUR"', 'currency = "CHF"')).digest() != policy.digest()


def test_a_check_rejects_warns_or_is_off() -> None:
    policy = parse_policy(TEXT.replace('seen_before = "warn"', 'seen_before = "off"'))
    assert policy.check_severity("required_fields") is Severity.REJECT
    assert policy.check_severity("budget_envelope") is Severity.WARN
    assert policy.check_severity("seen_before") is None


@pytest.mark.parametrize(
    ("given", "rule", "words"),
    [
        (draft(budget=50_000), "large", "the budget is 50,000 or more"),
        (draft(budget=49_999), "software", "category is software-design"),
        (draft("building-works"), "everything else", "always"),
    ],
)
def test_the_first_rule_that_matches_decides(given: Draft, rule: str, words: str) -> None:
    found = example_policy().rule_for(given)
    assert found is not None
    assert (found.name, str(found.when)) == (rule, words)


def test_every_part_of_when_must_hold() -> None:
    when = 'when = { category = "software-design", risk = ["high"], department = "engineering", budget_below = 10 }'
    text = TEXT.replace("when = { budget_from = 50000 }", when)
    rule = parse_policy(text).rules[0]
    assert str(rule.when) == (
        "category is software-design and department is engineering and risk is high and the budget is below 10"
    )
    assert rule.when.matches(draft(budget=9, risk="high"))
    assert not rule.when.matches(draft(budget=10, risk="high"))
    assert not rule.when.matches(draft(budget=9, risk="low"))
    assert not rule.when.matches(draft("building-works", 9, "high"))


def test_a_draft_that_no_rule_covers_has_none() -> None:
    text = TEXT.replace(
        '[[rules]]\nname = "everything else"\n', '[[rules]]\nname = "rest"\nwhen = { risk = "high" }\n'
    )
    assert parse_policy(text).rule_for(draft("building-works")) is None


def test_stages_are_read_with_their_defaults() -> None:
    large = example_policy().rules[0]
    line, finance, board = large.stages
    assert (line.need, finance.need, board.need, board.quorum) == (Need.ANY, Need.ALL, Need.QUORUM, 2)
    assert line.verdicts == (Verdict.APPROVE, Verdict.REJECT, Verdict.REQUEST_CHANGES)
    assert line.respond_within == Duration(3, "working days")
    assert (line.again_when, finance.again_when) == (None, ("budget", "department", "documents"))
    assert (line.raise_event, board.raise_event) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('currency = "EUR"', "", "currency: is missing"),
        ('start = "09:00"', 'start = "9"', "working_hours.start: is '9'; write a time like 09:00"),
        ('end = "17:00"', 'end = "08:00"', "working_hours.end: must be later than start"),
        ('required_fields = "reject"', 'required_fields = "maybe"', "checks.required_fields: is 'maybe'"),
        ('seen_before = "warn"', 'seen_befor = "warn"', "did you mean seen_before?"),
        (
            "engineering = 100000",
            'engineering = "lots"',
            "envelopes.engineering: is 'lots'; must be an amount",
        ),
        ("fields.goal", "fields.budget", "is the name of a field that every proposal has"),
        (
            "max_documents = 20",
            "max_documents = true",
            "limits.max_documents: is True; must be a whole number",
        ),
        ('category = "software-design" }', 'category = "none" }', "'none' is not a category; known are:"),
        ("budget_from = 50000 }", 'budget_from = 50000, risk = "wild" }', "'wild' is not a risk"),
        ('name = "board"\n', 'name = "The board"\n', "use lower-case letters"),
        ('name = "board"\n', 'name = "line"\n', "has 'line' twice"),
        ("quorum = 2", "quorum = 0", "quorum: must be 1 or more"),
        ("quorum = 2", 'quorum = 2\n  rule = "all"', "says something else than quorum"),
        (
            '  rule = "all"\n  respond_within',
            '  rule = "most"\n  respond_within',
            "is 'most'; write any, all",
        ),
        ("approvers = ['group(\"board\")']", "approvers = []", "approvers: is empty"),
        ("approvers = ['group(\"board\")']", "approvers = ['the board']", "'the board' is not an approver"),
        ('respond_within = "5 working days"', 'respond_within = "soon"', "'soon' is not a duration"),
        (
            'again_when = ["budget", "documents", "goal"]',
            'again_when = ["colour"]',
            "'colour' is not a field",
        ),
        (
            f'verdicts = [{EVERY_VERDICT}]\n  again_when = ["budget", "dep',
            'verdicts = ["approve", "shrug"]\n  again_when = ["budget", "dep',
            "'shrug' is not a verdict",
        ),
        (
            "condition_role = 'role(\"pmo\")'",
            "condition_role = 'pmo'",
            "condition_role: 'pmo' is not an approver",
        ),
        ('revise_within = "10 working days"', "", "revise_within: is missing"),
        ('revise_within = "10 working days"', 'revise_within = ""', "revise_within: is empty; give text"),
        ('name = "board"\n', "", "rules[0].stages[2].name: is missing; give text"),
        ('name = "software"', 'name = "large"', "rules: has 'large' twice"),
        ("max_documents = 20", "max_documents = 0", "limits.max_documents: must be 1 or more, not 0"),
        ("max_total_mb = 60", "max_total_mb = -1", "limits.max_total_mb: must be 1 or more, not -1"),
        ("engineering = 100000", "engineering = nan", "envelopes.engineering: is nan; must be an amount"),
        ("engineering = 100000", "engineering = inf", "envelopes.engineering: is inf; must be an amount"),
        ("engineering = 100000", "engineering = -1", "envelopes.engineering: is -1; must be an amount"),
        ("engineering = 100000", "engineering = true", "envelopes.engineering: is True; must be an amount"),
        ("budget_from = 50000 }", "budget_from = 50000, risk = [] }", "when.risk: is empty; leave it out"),
        (
            'types = ["application/pdf"], max_mb = 20',
            'types = ["pdf"], max_mb = 20',
            "documents.plan.types: 'pdf' is not a media type",
        ),
        (
            'types = ["application/pdf"], max_mb = 20',
            "types = [], max_mb = 20",
            "documents.plan.types: is empty",
        ),
        ('types = ["application/pdf"], max_mb = 20', "max_mb = 20", "documents.plan.types: is missing"),
        (
            'approvers = ["manager_of(author)"]',
            'approvers = ["manager_of(holder)"]',
            "manager_of(holder) asks before anybody holds the task",
        ),
        (
            "condition_role = 'role(\"pmo\")'",
            'condition_role = "manager_of(holder)"',
            "condition_role: has no holder",
        ),
        (
            "approvers = ['group(\"board\")']",
            "approvers = ['group(board)']",
            "rules[0].stages[2].approvers[0]: 'group(board)' is not an approver: at character 7",
        ),
    ],
)
def test_every_problem_is_told_with_its_path_and_mend(old: str, new: str, said: str) -> None:
    assert old in TEXT
    assert said in problems(TEXT.replace(old, new, 1))


def test_a_problem_is_told_once() -> None:
    text = TEXT.replace('name = "board"\n', "").replace("approvers = ['group(\"board\")']", "")
    assert problems(text).splitlines() == [
        "rules[0].stages[2].name: is missing; give text",
        "rules[0].stages[2].approvers: is missing; give a list of texts",
    ]


def test_without_categories_there_is_nothing_to_submit() -> None:
    start, end = TEXT.index("[categories."), TEXT.index("[[rules]]")
    assert "categories: is empty; add a [categories.NAME]" in problems(TEXT[:start] + TEXT[end:])


def test_a_stage_may_allow_abstentions_and_does_not_by_default() -> None:
    board = "approvers = ['group(\"board\")']"
    text = TEXT.replace(board, f'{board}\n  verdicts = ["approve", "reject", "abstain"]')
    listed = [stage.verdicts for rule in parse_policy(text).rules for stage in rule.stages]
    before = [stage.verdicts for rule in parse_policy(TEXT).rules for stage in rule.stages]
    assert (Verdict.APPROVE, Verdict.REJECT, Verdict.ABSTAIN) in listed
    assert all(Verdict.ABSTAIN not in verdicts for verdicts in before)


def test_a_stage_must_allow_approval_and_rejection() -> None:
    text = TEXT.replace(
        "approvers = ['group(\"board\")']", 'approvers = [\'group("board")\']\n  verdicts = ["reject"]'
    )
    assert "verdicts: must allow approve and reject" in problems(text)


def test_without_rules_or_stages_nothing_would_be_asked_and_so_it_is_refused() -> None:
    head = TEXT[: TEXT.index("[[rules]]")]
    assert "rules: is empty" in problems(head)
    assert "would approve by itself" in problems(head + '[[rules]]\nname = "free"\n')
    assert "not TOML" in problems("[rules")


def test_without_a_confirming_role_only_who_set_a_condition_confirms_it() -> None:
    lines = [line for line in TEXT.splitlines() if not line.startswith("condition_role")]
    assert parse_policy("\n".join(lines)).condition_role is None
