"""The automatic checks of the screening: one function each.

A check is pure: it gets everything it may look at, and the words to say it in, and returns what it found. What it
raises is reported as "could not be checked", never as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from approvals.model import CheckResult, Document, Finding, Severity, Submission
from approvals.policy.rules import Category, Policy
from approvals.texts import Texts

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
    maps a digest to the revisions of other proposals that carried the same document, as ``{proposal}-r{n}``. ``say``
    has the words (``locales/*/checks.ftl``).
    """

    submission: Submission
    policy: Policy
    sniffed: dict[Document, frozenset[str]]
    seen: dict[str, tuple[str, ...]]
    say: Texts

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
    return Finding(name, CheckResult.PASSED, given.say("check.passed"), severity)


@check
def required_fields(given: CheckInput) -> list[str]:
    """Every question of the category has an answer."""
    answers = given.submission.draft.fields
    return [
        given.say("required-fields", name=name, question=question)
        for name, question in given.category.fields.items()
        if not answers.get(name, "").strip()
    ]


@check
def required_documents(given: CheckInput) -> list[str]:
    """Every document that the category asks for is there."""
    kinds = {document.kind for document in given.submission.documents}
    return [
        given.say("required-documents", title=kind.title, kind=name)
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
            problems.append(_unknown_kind(given, document))
        elif not found & set(kind.types):
            problems.append(_other_type(given, document.name, sorted(found), kind.types))
    return problems


def _unknown_kind(given: CheckInput, document: Document) -> str:
    known = ", ".join(given.category.documents)
    if not known:
        return given.say("document-types.no-kinds", name=document.name, kind=document.kind)
    return given.say("document-types.unknown-kind", name=document.name, kind=document.kind, known=known)


def _other_type(given: CheckInput, name: str, found: Sequence[str], allowed: Sequence[str]) -> str:
    wanted = _either(given.say, allowed)
    if not found:
        return given.say("document-types.unknown-type", name=name, allowed=wanted)
    return given.say("document-types.other-type", name=name, found=_either(given.say, found), allowed=wanted)


def _either(say: Texts, types: Iterable[str]) -> str:
    named = [TYPE_NAMES.get(media_type, media_type) for media_type in types]
    return reduce(lambda first, second: say("document-types.either", first=first, second=second), named)


@check
def document_sizes(given: CheckInput) -> list[str]:
    """No document is larger than its kind allows."""
    problems = []
    for document in given.submission.documents:
        kind = given.category.documents.get(document.kind)
        if kind is not None and document.size > kind.max_bytes:
            limit = kind.max_bytes
            problems.append(given.say("document-sizes", name=document.name, size=document.size, limit=limit))
    return problems


@check
def budget_envelope(given: CheckInput) -> list[str]:
    """The budget is within what the department may spend on one proposal."""
    draft, currency = given.submission.draft, given.policy.currency
    envelope = given.policy.envelopes.get(draft.department)
    if envelope is None:
        return [given.say("budget-envelope.none", department=draft.department)]
    if draft.budget <= envelope:
        return []
    allowed = {"department": draft.department, "envelope": f"{envelope:,}", "currency": currency}
    return [given.say("budget-envelope.exceeded", budget=f"{draft.budget:,}", **allowed)]


@check
def seen_before(given: CheckInput) -> list[str]:
    """No document was submitted with another proposal before."""
    return [
        _seen(given.say, document.name, given.seen[document.sha256])
        for document in given.submission.documents
        if given.seen[document.sha256]
    ]


def _seen(say: Texts, name: str, earlier: Sequence[str]) -> str:
    named, more = ", ".join(earlier[:NAMED_EARLIER]), len(earlier) - NAMED_EARLIER
    if more > 0:
        return say("seen-before.many", name=name, earlier=named, more=more)
    return say("seen-before.some", name=name, earlier=named)
