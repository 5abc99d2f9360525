"""The fields of a proposal: each is declared once, in `Draft`, with everything that the rest needs to know of it.

The doors check it by its shape and limit, the form of the page asks for it by its label, a revision compares it, the
policy's ``again_when`` may name it, message and record tell of it, an erasure takes it. None of them lists fields.
``docs/adding-a-field.md`` adds one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Annotated, Any, get_type_hints

RISKS = ("low", "medium", "high")
# The documents are no field: they come as files. A revision compares them under this name.
DOCUMENTS = "documents"


class Shape(Enum):
    """What a value looks like. The page has a control for each, the doors a check, the record words."""

    LINE = "line"
    WORD = "word"  # an id, a code: short, and one line
    TEXT = "text"  # paragraphs
    MONEY = "money"  # in the policy's currency, two decimals at most
    CATEGORY = "category"  # one of the policy's; it brings questions and documents along
    DEPARTMENT = "department"
    CHOICE = "choice"  # one of the field's ``choices``
    ANSWERS = "answers"  # to the category's questions, by their names
    PEOPLE = "people"  # ids of the directory


@dataclass(frozen=True)
class ProposalField:
    """What there is to know of a field.

    ``limit``: characters of a text, entries of answers and people. ``required``: the doors refuse it empty.
    ``routes``: who must approve may depend on it, so the preview needs it. ``again``: a revision that changes it can
    be asked about again, so it is compared and the policy may name it. ``erased``: what people wrote in it goes with
    an erasure. ``told``: the message that asks for a decision has it. ``of_revision``: only a revision has it.
    ``if_empty`` stands in the record where it is empty.
    """

    label: str
    shape: Shape
    again: bool
    erased: bool
    limit: int = 0
    required: bool = False
    routes: bool = False
    told: bool = False
    of_revision: bool = False
    choices: tuple[str, ...] = ()
    help: str = ""
    if_empty: str = "-"


@dataclass(frozen=True)
class Draft:
    """What somebody wants to submit: checked for shape, not yet stored. ``budget`` in the policy's currency.

    A field that earlier releases did not have needs a default: submissions that lack it stay readable.
    """

    title: Annotated[
        str, ProposalField("Title", Shape.LINE, limit=200, required=True, again=True, erased=True)
    ]
    category: Annotated[
        str,
        ProposalField(
            "Category",
            Shape.CATEGORY,
            limit=64,
            required=True,
            routes=True,
            again=True,
            erased=False,
            told=True,
        ),
    ]
    department: Annotated[
        str,
        ProposalField(
            "Department", Shape.DEPARTMENT, limit=64, required=True, routes=True, again=True, erased=False
        ),
    ]
    budget: Annotated[
        Decimal,
        ProposalField("Budget", Shape.MONEY, required=True, routes=True, again=True, erased=False, told=True),
    ]
    risk: Annotated[
        str,
        ProposalField(
            "Risk", Shape.CHOICE, choices=RISKS, required=True, routes=True, again=True, erased=False
        ),
    ]
    summary: Annotated[
        str,
        ProposalField(
            "Summary",
            Shape.TEXT,
            limit=10_000,
            required=True,
            again=True,
            erased=True,
            help="What do you propose? Approvers read this first.",
        ),
    ]
    fields: Annotated[
        dict[str, str], ProposalField("Questions", Shape.ANSWERS, limit=50, again=True, erased=True)
    ]
    prepared_by: Annotated[
        tuple[str, ...],
        ProposalField(
            "Prepared by",
            Shape.PEOPLE,
            limit=50,
            again=True,
            erased=False,
            help="People who helped to prepare it cannot approve it. Leave this empty if you did it alone.",
            if_empty="the author",
        ),
    ] = ()
    note: Annotated[
        str,
        ProposalField(
            "What changed",
            Shape.TEXT,
            limit=10_000,
            again=False,
            erased=True,
            of_revision=True,
            help="Approvers see this next to the new revision.",
        ),
    ] = ""


def _declared() -> Mapping[str, ProposalField]:
    hints = get_type_hints(Draft, include_extras=True)
    return MappingProxyType({name: hint.__metadata__[0] for name, hint in hints.items()})


# By name, in the order of the form.
FIELDS: Mapping[str, ProposalField] = _declared()
# What ``again_when`` may name beside the questions of a category, which it names one by one.
AGAIN_FIELDS = (
    *(name for name, each in FIELDS.items() if each.again and each.shape is not Shape.ANSWERS),
    DOCUMENTS,
)


def compared(draft: Draft) -> dict[str, Any]:
    """What a revision is compared by: fields, and answers by the names of their questions. Order of people is none."""
    values: dict[str, Any] = {}
    for name, each in FIELDS.items():
        value = getattr(draft, name)
        if each.again and each.shape is Shape.ANSWERS:
            values |= value
        elif each.again:
            values[name] = set(value) if each.shape is Shape.PEOPLE else value
    return values


def in_words(name: str, draft: Draft) -> str:
    """A field as people read it. Raises ValueError for answers: those are several."""
    shape, value = FIELDS[name].shape, getattr(draft, name)
    match shape:
        case Shape.ANSWERS:
            raise ValueError(f"{name} holds several answers")
        case Shape.MONEY:
            return f"{value:,}"
        case Shape.PEOPLE:
            return ", ".join(value) or FIELDS[name].if_empty
        case _:
            return str(value) or FIELDS[name].if_empty
