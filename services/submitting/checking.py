"""Running the automatic checks: fetch what a check may look at, then let it look."""

from __future__ import annotations

from approvals.model import CheckResult, Document, Finding
from approvals.policy import checks
from approvals.policy.checks import CheckInput
from approvals.policy.rules import Policy
from approvals.ports import Ports
from approvals.stored import layout
from approvals.wire import CheckAnswer
from services.store.cases import load_case

# Checks that read documents or look elsewhere: each of them runs by itself, beside the others.
READING = frozenset({"document_types", "seen_before"})


def checks_for(policy: Policy) -> tuple[str, ...]:
    """The checks that the policy has not switched off."""
    return tuple(policy.checks)


def groups_for(policy: Policy) -> tuple[tuple[str, ...], ...]:
    """The same, in groups that run side by side: those that need nothing but the submission are one."""
    checks = checks_for(policy)
    plain = tuple(check for check in checks if check not in READING)
    return (*([plain] if plain else []), *((check,) for check in checks if check in READING))


def finding(ports: Ports, answer: CheckAnswer) -> Finding:
    """What a check found. One that broke never counts as passed."""
    if answer.finding is not None:
        return answer.finding
    said = ports.texts("check.broken", error=answer.broken or "")
    return Finding(answer.check, CheckResult.NOT_CHECKED, said)


def run_check(ports: Ports, proposal: str, revision: int, name: str) -> Finding:
    """Run one check on a revision. What is stored is read only for the check that looks at it.

    Raises whatever breaks; the caller reports that as "could not be checked".
    """
    case = load_case(ports, proposal, revision)
    documents = case.submission.documents
    given = CheckInput(
        submission=case.submission,
        policy=case.policy,
        sniffed={d: _sniffed(ports, proposal, revision, d) for d in documents}
        if name == "document_types"
        else {},
        seen={d.sha256: _seen(ports, proposal, d) for d in documents} if name == "seen_before" else {},
        say=ports.texts,
    )
    return checks.run(name, given, case.policy.checks[name])


def _sniffed(ports: Ports, proposal: str, revision: int, document: Document) -> frozenset[str]:
    blob = ports.store.read(layout.document(proposal, revision, document.sha256))
    if blob is None:
        raise LookupError(f"{document.name} is missing from the store")
    return ports.sniffer.media_types(blob.data, document.name)


def _seen(ports: Ports, proposal: str, document: Document) -> tuple[str, ...]:
    prefix = layout.seen_documents(document.sha256)
    names = (name.removeprefix(prefix) for name in ports.store.names(prefix))
    return tuple(name for name in names if not name.startswith(f"{proposal}-"))
