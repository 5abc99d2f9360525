"""What a page needs to ask the right questions: today's categories, limits, verdicts and people. Reading only."""

from __future__ import annotations

from dataclasses import dataclass

from approvals.draft import FIELDS, RISKS, ProposalField, Shape
from approvals.policy.directory import Directory
from approvals.policy.rules import Category, Limits, Policy
from approvals.ports import Ports
from approvals.verdicts import RULES, Counts, Verdict, VerdictRule


@dataclass(frozen=True)
class PersonName:
    """Somebody to choose: nothing of the directory but how they are called."""

    id: str
    name: str


@dataclass(frozen=True)
class FieldForm:
    """A question of the category. ``required``: a check looks for the answer."""

    id: str
    title: str
    required: bool


@dataclass(frozen=True)
class Choice:
    id: str
    title: str


@dataclass(frozen=True)
class ProposalFieldForm:
    """A field that every proposal has. ``shape`` says which control it takes, ``limit`` how much goes into it.

    ``of_revision``: only a revision is asked for it. ``choices`` are all that there are, or all that are known.
    """

    id: str
    label: str
    help: str
    shape: Shape
    required: bool
    limit: int
    of_revision: bool
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class DocumentForm:
    """A kind of document to bring along, as the part ``document:ID``. ``types`` are media types."""

    id: str
    title: str
    required: bool
    types: tuple[str, ...]
    max_bytes: int


@dataclass(frozen=True)
class CategoryForm:
    id: str
    title: str
    fields: tuple[FieldForm, ...]
    documents: tuple[DocumentForm, ...]


@dataclass(frozen=True)
class VerdictForm:
    """A way to decide; which of them a stage allows is said with the stage's tasks.

    ``title`` is the choice and ``consequence`` its help, ``act`` the button, ``said`` follows who decided so.
    """

    id: str
    counts: Counts
    title: str
    act: str
    said: str
    consequence: str
    comment_required: bool
    takes_conditions: bool


@dataclass(frozen=True)
class PolicyForm:
    """Everything that there is to choose from. Money is in ``currency``; ``people`` are the active ones, by name."""

    currency: str
    fields: tuple[ProposalFieldForm, ...]
    categories: tuple[CategoryForm, ...]
    departments: tuple[str, ...]
    risks: tuple[str, ...]
    limits: Limits
    verdicts: tuple[VerdictForm, ...]
    people: tuple[PersonName, ...]


def form(ports: Ports) -> PolicyForm:
    """The form by the policy and the directory of today. Raises PolicyError, DirectoryError."""
    policy, directory = ports.policy.current(), ports.directory.current()
    return PolicyForm(
        currency=policy.currency,
        fields=tuple(_field(policy, directory, name, each) for name, each in FIELDS.items()),
        categories=tuple(_category(policy, name, each) for name, each in policy.categories.items()),
        departments=_departments(policy, directory),
        risks=RISKS,
        limits=policy.limits,
        verdicts=tuple(_verdict(verdict, rule) for verdict, rule in RULES.items()),
        people=people(directory),
    )


def _field(policy: Policy, directory: Directory, name: str, field: ProposalField) -> ProposalFieldForm:
    choices = tuple(Choice(each, each.capitalize()) for each in field.choices)
    if field.shape is Shape.CATEGORY:
        choices = tuple(Choice(name, category.title) for name, category in policy.categories.items())
    elif field.shape is Shape.DEPARTMENT:
        choices = tuple(Choice(each, each.capitalize()) for each in _departments(policy, directory))
    return ProposalFieldForm(
        id=name,
        label=field.label,
        help=field.help,
        shape=field.shape,
        required=field.required,
        limit=field.limit,
        of_revision=field.of_revision,
        choices=choices,
    )


def people(directory: Directory) -> tuple[PersonName, ...]:
    """Everybody who is active, by name."""
    named = (PersonName(person.id, person.name) for person in directory.people if person.active)
    return tuple(sorted(named, key=lambda person: (person.name, person.id)))


def _category(policy: Policy, name: str, category: Category) -> CategoryForm:
    answers = policy.check_severity("required_fields") is not None
    documents = policy.check_severity("required_documents") is not None
    return CategoryForm(
        id=name,
        title=category.title,
        fields=tuple(FieldForm(field, title, answers) for field, title in category.fields.items()),
        documents=tuple(
            DocumentForm(
                id_, kind.title, kind.required and documents, kind.types, _largest(policy, kind.max_bytes)
            )
            for id_, kind in category.documents.items()
        ),
    )


def _largest(policy: Policy, of_kind: int) -> int:
    """The door refuses what is larger than the limit of every document, whatever its kind may have."""
    return min(of_kind, policy.limits.max_document_bytes)


def _departments(policy: Policy, directory: Directory) -> tuple[str, ...]:
    """Where people are, what has an envelope, and what a rule speaks of."""
    known = {person.department for person in directory.people if person.active} | set(policy.envelopes)
    return tuple(sorted(known.union(*(rule.when.department for rule in policy.rules))))


def _verdict(verdict: Verdict, rule: VerdictRule) -> VerdictForm:
    return VerdictForm(
        id=verdict.value,
        counts=rule.counts,
        title=rule.title,
        act=rule.act,
        said=rule.said,
        consequence=rule.consequence,
        comment_required=rule.comment_required,
        takes_conditions=rule.takes_conditions,
    )
