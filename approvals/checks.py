"""The automatic checks of the screening. Adding one is one function here and its name in the policy's `CHECKS`.

A check is pure: it gets everything it may look at and returns what it found. What it raises is reported as "could
not be checked", never as passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from approvals.model import CheckResult, Document, Finding, Severity, Submission
from approvals.policy import Category, Policy

Check = Callable[["CheckInput"], list[str]]
REGISTRY: dict[str, Check] = {}


@dataclass(frozen=True)
class CheckInput:
    """What a check may look at.

    ``sniffed`` maps a document's digest to the media types its content may be (empty: unknown); ``seen`` maps it
    to the other revisions that carried the same document, as ``{proposal}-r{n}``.
    """

    submission: Submission
    policy: Policy
    sniffed: dict[str, frozenset[str]]
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
        f"{name} is empty: {question}"
        for name, question in given.category.fields.items()
        if not answers.get(name, "").strip()
    ]


@check
def required_documents(given: CheckInput) -> list[str]:
    """Every document that the category asks for is there."""
    kinds = {document.kind for document in given.submission.documents}
    return [
        f"{kind.title} is missing; attach it as {name}"
        for name, kind in given.category.documents.items()
        if kind.required and name not in kinds
    ]


@check
def document_types(given: CheckInput) -> list[str]:
    """Each document is of a type that its kind allows, by its content and by its name alike."""
    problems = []
    for document in given.submission.documents:
        kind = given.category.documents.get(document.kind)
        if kind is None:
            known = ", ".join(given.category.documents) or "none"
            problems.append(
                f"{document.name}: {document.kind!r} is no kind of document here; use one of: {known}"
            )
        elif not given.sniffed[document.sha256] & set(kind.types):
            problems.append(_wrong_type(document, given.sniffed[document.sha256], kind.types))
    return problems


def _wrong_type(document: Document, sniffed: frozenset[str], allowed: tuple[str, ...]) -> str:
    is_what = " or ".join(sorted(sniffed)) or "of an unknown type"
    return f"{document.name} is {is_what}; attach one of: {', '.join(allowed)}"


@check
def document_sizes(given: CheckInput) -> list[str]:
    """No document is larger than its kind allows."""
    problems = []
    for document in given.submission.documents:
        kind = given.category.documents.get(document.kind)
        if kind is not None and document.size > kind.max_bytes:
            problems.append(
                f"{document.name} has {document.size:,} bytes; at most {kind.max_bytes:,} are allowed"
            )
    return problems


@check
def budget_envelope(given: CheckInput) -> list[str]:
    """The budget is within what the department may spend on one proposal."""
    draft = given.submission.draft
    envelope = given.policy.envelopes.get(draft.department)
    if envelope is None:
        return [f"no envelope is known for {draft.department}; ask the owner of the policy"]
    if draft.budget <= envelope:
        return []
    currency = given.policy.currency
    return [f"{draft.budget:,} {currency} is more than the {envelope:,} {currency} of {draft.department}"]


@check
def seen_before(given: CheckInput) -> list[str]:
    """No document was submitted with another proposal before."""
    return [
        f"{document.name} was submitted before, with {', '.join(given.seen[document.sha256])}"
        for document in given.submission.documents
        if given.seen[document.sha256]
    ]
