"""The automatic checks of the screening: one function each.

A check is pure: it gets everything it may look at and returns what it found. What it raises is reported as "could
not be checked", never as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from approvals.model import CheckResult, Document, Finding, Severity, Submission
from approvals.policy.rules import Category, Policy

Check = Callable[["CheckInput"], list[str]]
REGISTRY: dict[str, Check] = {}

# A document that many proposals carry names this many of them.
NAMED_EARLIER = 3

# How people call the types of content; others by their media type.
TYPE_NAMES = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint (.pptx)",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel (.xlsx)",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word (.docx)",
    "application/zip": "ZIP",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "text/csv": "CSV",
    "text/markdown": "Markdown (.md)",
    "text/plain": "text (.txt)",
}


@dataclass(frozen=True)
class CheckInput:
    """What a check may look at.

    ``sniffed`` maps a document to the media types that its content may be under its name (empty: unknown); ``seen``
    maps a digest to the revisions of other proposals that carried the same document, as ``{proposal}-r{n}``.
    """

    submission: Submission
    policy: Policy
    sniffed: dict[Document, frozenset[str]]
    seen: dict[str, tuple[str, ...]]

    @property
    def category(self) -> Category:
        return self.policy.categories[self.submission.draft.category]


def check(function: Check) -> Check:
    """Register a check under its name. It returns what is wrong, a sentence each; nothing: passed."""
    REGISTRY[function.__name__] = function
    return function


def run(name: str, given: CheckInput, severity: Severity) -> Finding:
    """Run one check. Raises KeyError for an unknown name, and whatever the check raises."""
    problems = REGISTRY[name](given)
    if problems:
        return Finding(name, CheckResult.FAILED, "; ".join(problems), severity)
    return Finding(name, CheckResult.PASSED, "nothing to report", severity)


@check
def required_fields(given: CheckInput) -> list[str]:
    """Every question of the category has an answer."""
    answers = given.submission.draft.fields
    return [
        f"{name} is empty: answer “{question}”"
        for name, question in given.category.fields.items()
        if not answers.get(name, "").strip()
    ]


@check
def required_documents(given: CheckInput) -> list[str]:
    """Every document that the category asks for is there."""
    kinds = {document.kind for document in given.submission.documents}
    return [
        f"{kind.title} is missing: attach it as {name}"
        for name, kind in given.category.documents.items()
        if kind.required and name not in kinds
    ]


@check
def document_types(given: CheckInput) -> list[str]:
    """Each document is of a type that its kind allows, by its content and by its name alike."""
    problems = []
    for document in given.submission.documents:
        kind = given.category.documents.get(document.kind)
        found = given.sniffed[document]
        if kind is None:
            known = ", ".join(given.category.documents) or "no documents"
            problems.append(f"{document.name} is attached as {document.kind}: this category takes {known}")
        elif not found & set(kind.types):
            is_what = f"is {_named(sorted(found))}" if found else "does not hold what its name says"
            problems.append(f"{document.name} {is_what}: attach {_named(kind.types)}")
    return problems


def _named(types: Iterable[str]) -> str:
    return " or ".join(TYPE_NAMES.get(media_type, media_type) for media_type in types)


@check
def document_sizes(given: CheckInput) -> list[str]:
    """No document is larger than its kind allows."""
    problems = []
    for document in given.submission.documents:
        kind = given.category.documents.get(document.kind)
        if kind is not None and document.size > kind.max_bytes:
            problems.append(
                f"{document.name} has {document.size:,} bytes: shorten or split it to {kind.max_bytes:,} at most"
            )
    return problems


@check
def budget_envelope(given: CheckInput) -> list[str]:
    """The budget is within what the department may spend on one proposal."""
    draft, currency = given.submission.draft, given.policy.currency
    envelope = given.policy.envelopes.get(draft.department)
    if envelope is None:
        return [f"the policy has no envelope for {draft.department}: check the department"]
    if draft.budget <= envelope:
        return []
    allowed = f"the envelope of {draft.department}, {envelope:,} {currency}"
    return [f"{draft.budget:,} {currency} is more than {allowed}: lower the budget, or say why it takes more"]


@check
def seen_before(given: CheckInput) -> list[str]:
    """No document was submitted with another proposal before."""
    return [
        f"{document.name} was submitted with {_some(given.seen[document.sha256])} too: "
        f"attach this proposal's own, or say why it is the same"
        for document in given.submission.documents
        if given.seen[document.sha256]
    ]


def _some(earlier: Sequence[str]) -> str:
    more = len(earlier) - NAMED_EARLIER
    return ", ".join(earlier[:NAMED_EARLIER]) + (f" and {more} more" if more > 0 else "")
