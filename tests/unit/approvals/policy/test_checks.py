"""The automatic checks: what each finds, how it says it, and what it may look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest

from adapters.files.catalogue import english
from approvals.draft import Draft
from approvals.model import CheckResult, Document, Finding, Severity, Submission
from approvals.policy.checks import REGISTRY, CheckInput, check, run
from approvals.policy.rules import Category, DocumentKind, Policy
from approvals.ports import Ports
from approvals.stored import ids, layout
from services.submitting.checking import checks_for, run_check
from services.submitting.submission import Upload, submit
from tests.fakes import MONDAY, MemoryStore, example_policy, fake_ports

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DESIGN = Document("d" * 64, "design.pdf", 1000, PDF, "design")
DIAGRAM = Document("e" * 64, "diagram.png", 2000, "image/png", "diagram")
DRAFT = Draft(
    title="New sorting hall",
    category="software",
    department="engineering",
    budget=Decimal(12000),
    risk="low",
    summary="Replace the sorting software.",
    fields={"goal": "Half the errors", "alternatives": "Keep it"},
)
CATEGORY = Category(
    title="Software",
    fields={"goal": "What shall be better?", "alternatives": "What else?"},
    documents={
        "design": DocumentKind("Design document", (PDF, DOCX), required=True, max_bytes=1000),
        "diagram": DocumentKind("Diagram", ("image/png", "image/svg+xml"), required=False, max_bytes=5000),
    },
)


def policy(**changes: object) -> Policy:
    return replace(
        example_policy(),
        categories={"software": CATEGORY, "bare": Category("Bare", {}, {})},
        envelopes={"engineering": Decimal(12000)},
        **changes,  # type: ignore[arg-type]  # replace() checks names at run time
    )


def given(*documents: Document, **changes: object) -> CheckInput:
    submission = Submission(
        proposal="p-abcdefghijkl",
        revision=1,
        author="ana",
        submitted_at=MONDAY,
        draft=replace(DRAFT, **changes),  # type: ignore[arg-type]  # as above
        documents=documents,
        policy="0" * 64,
        directory="0" * 64,
        orchestration_version=1,
    )
    return CheckInput(submission, policy(), sniffed={}, seen={}, say=english(strict=True))


def sniffed(document: Document, *types: str) -> CheckInput:
    return replace(given(document), sniffed={document: frozenset(types)})


def seen(**found: tuple[str, ...]) -> CheckInput:
    digests = {"design": DESIGN.sha256, "diagram": DIAGRAM.sha256}
    return replace(given(DESIGN, DIAGRAM), seen={digests[name]: found.get(name, ()) for name in digests})


GOOD = {
    "required_fields": [given(), given(category="bare", fields={})],
    "required_documents": [given(DESIGN), given(DESIGN, DESIGN, DIAGRAM), given(category="bare")],
    "document_types": [
        given(),
        sniffed(DESIGN, PDF),
        sniffed(DIAGRAM, "image/apng", "image/png"),
    ],
    "document_sizes": [given(DESIGN, DIAGRAM), given(replace(DESIGN, kind="letter", size=10**9))],
    "budget_envelope": [given(), given(budget=Decimal("11999.99"))],
    "seen_before": [given(), seen()],
}

BAD = [
    (
        "required_fields",
        given(fields={"goal": " \n", "other": "x"}),
        "goal is empty: answer “What shall be better?”; alternatives is empty: answer “What else?”",
    ),
    ("required_documents", given(DIAGRAM), "Design document is missing: attach it as design"),
    (
        "document_types",
        sniffed(DESIGN),
        "design.pdf does not hold what its name says: attach PDF or Word (.docx)",
    ),
    ("document_types", sniffed(DIAGRAM, PDF), "diagram.png is PDF: attach PNG or image/svg+xml"),
    (
        "document_types",
        sniffed(DIAGRAM, "image/bmp", "image/jpeg"),
        "diagram.png is image/bmp or JPEG: attach PNG or image/svg+xml",
    ),
    (
        "document_types",
        sniffed(replace(DESIGN, kind="letter"), PDF),
        "design.pdf is attached as letter: this category takes design, diagram",
    ),
    (
        "document_types",
        replace(given(DESIGN, category="bare"), sniffed={DESIGN: frozenset({PDF})}),
        "design.pdf is attached as design: this category takes no documents",
    ),
    (
        "document_sizes",
        given(replace(DESIGN, size=1001), DIAGRAM),
        "design.pdf has 1,001 bytes: shorten or split it to 1,000 at most",
    ),
    (
        "budget_envelope",
        given(budget=Decimal("12000.01")),
        (
            "12,000.01 EUR is more than the envelope of engineering, 12,000 EUR: "
            "lower the budget, or say why it takes more"
        ),
    ),
    (
        "budget_envelope",
        given(department="sales"),
        "the policy has no envelope for sales: check the department",
    ),
    (
        "seen_before",
        seen(design=("p-bbbbbbbbbbbb-r1", "p-cccccccccccc-r2")),
        (
            "design.pdf was also submitted with p-bbbbbbbbbbbb-r1, p-cccccccccccc-r2: "
            "attach this proposal's own, or say why it is the same"
        ),
    ),
]


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, n, id=f"{name}-{n}") for name in GOOD for n in range(len(GOOD[name]))],
)
def test_what_is_in_order_passes(name: str, case: int) -> None:
    assert run(name, GOOD[name][case], Severity.REJECT) == Finding(
        name, CheckResult.PASSED, "nothing to report", Severity.REJECT
    )


@pytest.mark.parametrize(
    ("name", "case", "message"),
    [pytest.param(*row, id=f"{row[0]}-{n}") for n, row in enumerate(BAD)],
)
def test_what_is_not_in_order_is_said_with_its_mend(name: str, case: CheckInput, message: str) -> None:
    assert run(name, case, Severity.WARN) == Finding(name, CheckResult.FAILED, message, Severity.WARN)


def test_every_check_is_shown_here_good_and_bad() -> None:
    assert set(REGISTRY) == set(GOOD) == {name for name, _, _ in BAD}


def test_a_check_is_one_function() -> None:
    @check
    def title_is_short(given: CheckInput) -> list[str]:
        return ["too long"] if len(given.submission.draft.title) > 20 else []

    try:
        assert run("title_is_short", given(), Severity.WARN).result is CheckResult.PASSED
        assert run("title_is_short", given(title="x" * 21), Severity.WARN).message == "too long"
    finally:
        del REGISTRY["title_is_short"]


def test_a_check_that_there_is_not_never_passes() -> None:
    with pytest.raises(KeyError):
        run("nothing", given(), Severity.WARN)


# -- run on what is stored --------------------------------------------------------------------------------


def submitted(ports: Ports, *uploads: Upload, author: str = "ana") -> str:
    return submit(ports, author, replace(DRAFT, category="software"), uploads, None).proposal


def ports() -> Ports:
    return fake_ports(policy(checks={"document_types": Severity.REJECT, "seen_before": Severity.WARN}))


def pdf(name: str = "design.pdf", kind: str = "design", text: bytes = b"%PDF-1.4 one") -> Upload:
    return Upload(name, kind, PDF, text)


def reads(store: object, of: Iterable[str]) -> list[str]:
    assert isinstance(store, MemoryStore)
    return [name for operation, name in store.log if name.startswith(tuple(of))]


def test_only_what_is_not_switched_off_is_checked() -> None:
    assert checks_for(ports().policy.current()) == ("document_types", "seen_before")
    assert set(checks_for(example_policy())) <= set(REGISTRY)


def test_the_policy_says_how_bad_it_is() -> None:
    world = ports()
    proposal = submitted(world, pdf(text=b"not a PDF"))
    assert run_check(world, proposal, 1, "document_types").severity is Severity.REJECT
    assert run_check(world, proposal, 1, "seen_before").severity is Severity.WARN


def test_types_are_of_the_stored_content() -> None:
    world = ports()
    good, bad = submitted(world, pdf()), submitted(world, pdf(text=b"<html>"))
    assert run_check(world, good, 1, "document_types").result is CheckResult.PASSED
    assert run_check(world, bad, 1, "document_types").result is CheckResult.FAILED


class ByName:
    """Believes the name."""

    def media_types(self, data: bytes, name: str) -> frozenset[str]:
        return frozenset({PDF if name.endswith(".pdf") else "image/png"})


def test_the_same_content_under_two_names_is_looked_at_under_both() -> None:
    world = replace(ports(), sniffer=ByName())
    proposal = submitted(world, pdf(), pdf("design.png"))
    assert (
        run_check(world, proposal, 1, "document_types").message
        == "design.png is PNG: attach PDF or Word (.docx)"
    )


def test_a_document_that_is_missing_from_the_store_breaks_the_check() -> None:
    world = ports()
    proposal = submitted(world, pdf())
    world.store.delete(layout.document(proposal, 1, ids.sha256(b"%PDF-1.4 one")))
    with pytest.raises(LookupError, match=r"design\.pdf is missing"):
        run_check(world, proposal, 1, "document_types")


def test_a_document_of_another_proposal_is_seen_from_both_but_not_from_its_own_revisions() -> None:
    world = ports()
    first = submitted(world, pdf())
    assert run_check(world, first, 1, "seen_before").result is CheckResult.PASSED
    world.store.create(layout.seen_document(ids.sha256(b"%PDF-1.4 one"), first, 2), b"")
    assert run_check(world, first, 1, "seen_before").result is CheckResult.PASSED
    second = submitted(world, pdf("copy.pdf"), author="ben")
    assert f"{first}-r1, {first}-r2" in run_check(world, second, 1, "seen_before").message
    assert (
        f"design.pdf was also submitted with {second}-r1:"
        in run_check(world, first, 1, "seen_before").message
    )


def test_documents_are_read_only_for_the_check_that_looks_at_them() -> None:
    world = fake_ports(policy(checks=dict.fromkeys(REGISTRY, Severity.WARN)))
    proposal = submitted(world, pdf())
    documents = [layout.document(proposal, 1, ""), "documents/"]
    for name in REGISTRY:
        world.store.log.clear()  # type: ignore[attr-defined]  # a MemoryStore
        run_check(world, proposal, 1, name)
        expected = {"document_types": documents[:1], "seen_before": documents[1:]}.get(name, [])
        assert [n for n in documents if reads(world.store, [n])] == expected


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (3, "p-1-r1, p-2-r1, p-3-r1"),
        (4, "p-1-r1, p-2-r1, p-3-r1 and 1 more"),
        (5000, "p-1-r1, p-2-r1, p-3-r1 and 4,997 more"),
    ],
)
def test_of_many_proposals_with_one_document_three_are_named(count: int, named: str) -> None:
    earlier = tuple(f"p-{n}-r1" for n in range(1, count + 1))
    finding = run("seen_before", seen(design=earlier), Severity.WARN)
    assert finding.message.startswith(f"design.pdf was also submitted with {named}: ")
