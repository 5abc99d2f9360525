"""Reading the policy from TOML: compiled once, checked as a whole, every problem named with its path."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from approvals.draft import AGAIN_FIELDS, FIELDS, RISKS
from approvals.model import Duration, Need, Severity
from approvals.policy.checks import REGISTRY
from approvals.policy.retention import parse_retention
from approvals.policy.rules import (
    Category,
    DocumentKind,
    Limits,
    Policy,
    Rule,
    StageRule,
    When,
)
from approvals.policy.selectors import Selector, parse_selector
from approvals.policy.toml_tables import Problems, Table
from approvals.policy.working_time import WorkingHours, parse_duration
from approvals.stored import ids
from approvals.verdicts import Allowed, Verdict, named, names

CHECKS = tuple(REGISTRY)
MEGABYTE = 1_000_000
_OPENING = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*\Z")
_HOLDERS_MANAGER = Selector("manager_of", "holder")


class PolicyError(ValueError):
    """The policy cannot be used; ``problems`` lists every reason with its path."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("the policy has problems:\n  " + "\n  ".join(problems))
        self.problems = tuple(problems)


def parse_policy(toml_text: str) -> Policy:
    """Read ``policy.toml``. Raises PolicyError with every problem found."""
    problems = Problems()
    try:
        root = Table(tomllib.loads(toml_text), "", problems)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError([f"not TOML: {error}"]) from None
    categories = {name: _category(table) for name, table in root.named("categories").items()}
    envelopes = root.table("envelopes")
    policy = Policy(
        currency=root.text("currency"),
        working_hours=_hours(root.table("working_hours")),
        limits=_limits(root.table("limits")),
        categories=categories,
        checks=_checks(root.table("checks")),
        envelopes={name: envelopes.money(name) or Decimal(0) for name in envelopes.data},
        rules=tuple(_rule(table, categories) for table in root.tables("rules")),
        revise_within=root.parsed("revise_within", parse_duration, Duration(10, "working days")),
        condition_role=_condition_role(root),
        operator_role=root.text("operator_role"),
        retention=parse_retention(root.table("retention")),
    )
    root.done()
    if not policy.categories:
        problems.add("categories", "is empty; add a [categories.NAME], so that there is something to submit")
    if not policy.rules:
        problems.add("rules", "is empty; add [[rules]] with at least one stage each")
    for name in _repeated(rule.name for rule in policy.rules):
        problems.add("rules", f"has {name!r} twice; name each rule differently")
    if problems.found:
        raise PolicyError(problems.found)
    return policy


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if name and count > 1]


def _condition_role(table: Table) -> Selector | None:
    key = "condition_role"
    selector = table.parsed(key, parse_selector, None) if table.has(key) else None
    if selector == _HOLDERS_MANAGER:
        table.problems.add(table.at(key), "has no holder to speak of; write manager_of(author) or a role")
    return selector


def _hours(table: Table) -> WorkingHours:
    hours = WorkingHours(table.text("start", "09:00"), table.text("end", "17:00"))
    table.done()
    for key in ("start", "end"):
        if not _OPENING.match(getattr(hours, key)):
            table.problems.add(table.at(key), f"is {getattr(hours, key)!r}; write a time like 09:00")
    if hours.end <= hours.start:
        table.problems.add(table.at("end"), "must be later than start")
    return hours


def _limits(table: Table) -> Limits:
    limits = Limits(
        table.number("max_documents", 20),
        table.number("max_document_mb", 20) * MEGABYTE,
        table.number("max_total_mb", 60) * MEGABYTE,
    )
    table.done()
    return limits


def _category(table: Table) -> Category:
    fields = table.table("fields")
    documents = {name: _document(kind) for name, kind in table.named("documents").items()}
    category = Category(table.text("title"), {name: fields.text(name) for name in fields.data}, documents)
    table.done()
    for name in category.fields:
        if name in FIELDS or name in AGAIN_FIELDS:
            table.problems.add(
                fields.at(name), "is the name of a field that every proposal has; choose another"
            )
    return category


def _document(table: Table) -> DocumentKind:
    kind = DocumentKind(
        title=table.text("title"),
        types=table.texts("types"),
        required=table.flag("required", default=True),
        max_bytes=table.number("max_mb", 20) * MEGABYTE,
    )
    table.done()
    if table.has("types") and not kind.types:
        table.problems.add(table.at("types"), "is empty; name the media types it may have")
    for media_type in kind.types:
        if not _MEDIA_TYPE.match(media_type):
            text = f"{media_type!r} is not a media type; write one like application/pdf"
            table.problems.add(table.at("types"), text)
    return kind


def _checks(table: Table) -> dict[str, Severity]:
    checks = {}
    for check in CHECKS:
        word = table.text(check, "warn")
        if word == "off":
            continue
        checks[check] = table.try_parse(table.at(check), word, _severity, Severity.WARN)
    table.done()
    return checks


def _severity(word: str) -> Severity:
    if word not in ("reject", "warn"):
        raise ValueError(f"is {word!r}; write reject, warn or off")
    return Severity(word)


def _rule(table: Table, categories: dict[str, Category]) -> Rule:
    rule = Rule(
        name=table.text("name"),
        when=_when(table.table("when"), categories),
        stages=tuple(_stage(stage, categories) for stage in table.tables("stages")),
    )
    table.done()
    if not rule.stages:
        table.problems.add(table.at("stages"), "is empty; a rule without a stage would approve by itself")
    for name in _repeated(stage.name for stage in rule.stages):
        table.problems.add(table.at("stages"), f"has {name!r} twice; name each stage differently")
    return rule


def _when(table: Table, categories: dict[str, Category]) -> When:
    when = When(
        category=table.texts("category", ()),
        department=table.texts("department", ()),
        risk=table.texts("risk", ()),
        budget_from=table.money("budget_from"),
        budget_below=table.money("budget_below"),
    )
    table.done()
    for key in ("category", "department", "risk"):
        if table.has(key) and not table.data[key]:
            table.problems.add(
                table.at(key), "is empty; leave it out to match all, or name what it must match"
            )
    for name in when.category:
        if name not in categories:
            table.problems.add(
                table.at("category"), f"{name!r} is not a category; known are: {', '.join(categories)}"
            )
    for name in when.risk:
        if name not in RISKS:
            table.problems.add(table.at("risk"), f"{name!r} is not a risk; known are: {', '.join(RISKS)}")
    return when


def _stage(table: Table, categories: dict[str, Category]) -> StageRule:
    need, quorum = _need(table)
    name = table.text("name")
    stage = StageRule(
        name=name,
        title=table.text("title", name),
        approvers=_selectors(table, "approvers"),
        need=need,
        quorum=quorum,
        respond_within=table.parsed("respond_within", parse_duration, Duration(3, "working days")),
        remind_every=table.parsed("remind_every", parse_duration, None)
        if table.has("remind_every")
        else None,
        escalate_to=_selectors(table, "escalate_to"),
        verdicts=_verdicts(table),
        again_when=table.texts("again_when") if table.has("again_when") else None,
        raise_event=table.flag("raise_event", default=True),
    )
    table.done()
    if name and not ids.STAGE_PATTERN.match(name):
        table.problems.add(
            table.at("name"), f"is {name!r}; use lower-case letters, digits, underscores (31 at most)"
        )
    known = {*AGAIN_FIELDS, *(name for category in categories.values() for name in category.fields)}
    for field in stage.again_when or ():
        if field not in known:
            table.problems.add(
                table.at("again_when"), f"{field!r} is not a field; known are: {', '.join(sorted(known))}"
            )
    if not table.data.get("approvers", True):
        table.problems.add(table.at("approvers"), "is empty; name at least one approver")
    if _HOLDERS_MANAGER in stage.approvers:
        text = "asks before anybody holds the task; write manager_of(author), or move it to escalate_to"
        table.problems.add(table.at("approvers"), f"{_HOLDERS_MANAGER} {text}")
    return stage


def _need(table: Table) -> tuple[Need, int]:
    if table.has("quorum"):
        quorum = table.number("quorum")
        if table.has("rule"):
            table.problems.add(table.at("rule"), "says something else than quorum; keep one of the two")
        return Need.QUORUM, quorum
    word = table.text("rule", "all")
    if word not in ("any", "all"):
        table.problems.add(table.at("rule"), f"is {word!r}; write any, all, or quorum = 2 instead of it")
        return Need.ALL, 1
    return Need(word), 1


def _selectors(table: Table, key: str) -> tuple[Selector, ...]:
    found = []
    for n, text in enumerate(table.texts(key)):
        selector = table.try_parse(f"{table.at(key)}[{n}]", text, parse_selector, None)
        if selector is not None:
            found.append(selector)
    return tuple(found)


def _verdicts(table: Table) -> tuple[Verdict, ...]:
    always, every = names(Allowed.ALWAYS), names()
    found = []
    for word in table.texts("verdicts", names(Allowed.ALWAYS, Allowed.BY_DEFAULT)):
        verdict = named(word)
        if verdict is not None:
            found.append(verdict)
        else:
            table.problems.add(
                table.at("verdicts"), f"{word!r} is not a verdict; known are: {', '.join(every)}"
            )
    if not {named(word) for word in always} <= set(found):
        table.problems.add(table.at("verdicts"), f"must allow {' and '.join(always)}")
    return tuple(found)
