"""Where everything lies in the container: the one list of blob names, readable by a person in any storage browser."""

from __future__ import annotations

from datetime import date


def submission_once(key: str) -> str:
    return f"submissions/{key}.json"


PROPOSALS = "proposals/"


def proposal(proposal: str) -> str:
    return f"{PROPOSALS}{proposal}/proposal.json"


def audit(proposal: str, *, erased: bool = False) -> str:
    """The trail; ``erased``: what is left of it."""
    return f"{PROPOSALS}{proposal}/audit{'-erased' * erased}.jsonl"


def revision(proposal: str, revision: int) -> str:
    return f"{PROPOSALS}{proposal}/r{revision}/"


SUBMISSION = "submission"


def submission(proposal: str, n: int, *, erased: bool = False) -> str:
    """What was submitted; ``erased``: what is left of it."""
    return f"{revision(proposal, n)}{'erased' if erased else SUBMISSION}.json"


def route(proposal: str, n: int) -> str:
    """Who is asked, in which order: frozen when the revision is opened."""
    return f"{revision(proposal, n)}route.json"


def documents(proposal: str, n: int) -> str:
    return f"{revision(proposal, n)}documents/"


def document(proposal: str, n: int, sha256: str) -> str:
    return f"{documents(proposal, n)}{sha256}"


def screening(proposal: str, n: int) -> str:
    return f"{revision(proposal, n)}screening.json"


def tasks(proposal: str, n: int) -> str:
    return f"{revision(proposal, n)}tasks/"


def task(proposal: str, n: int, task: str) -> str:
    return f"{tasks(proposal, n)}{task}.json"


def conditions(proposal: str, n: int) -> str:
    return f"{revision(proposal, n)}conditions/"


def condition(proposal: str, n: int, condition: str) -> str:
    return f"{conditions(proposal, n)}{condition}.json"


def questions(proposal: str, n: int) -> str:
    return f"{revision(proposal, n)}questions/"


def question(proposal: str, n: int, question: str) -> str:
    return f"{questions(proposal, n)}{question}.json"


def events(proposal: str, n: int) -> str:
    return f"{revision(proposal, n)}events/"


def event(proposal: str, n: int, listener: str, ordinal: int) -> str:
    """``listener`` is the orchestration's name: approval and conditions count their events each for itself."""
    return f"{events(proposal, n)}{listener}-{ordinal:06d}.json"


def record(proposal: str, n: int, suffix: str) -> str:
    return f"{revision(proposal, n)}record.{suffix}"


def published_record(proposal: str, n: int, suffix: str) -> str:
    """The name in the records archive, not in the proposals' container."""
    return f"{proposal}-r{n}.{suffix}"


def certificate(proposal: str) -> str:
    """The name in the records archive of what says that, and how, a proposal was erased."""
    return f"{proposal}-erased.json"


def inbox(person: str) -> str:
    return f"inbox/{person}/"


def inbox_entry(person: str, proposal: str, n: int, name: str) -> str:
    """``name``: the task, condition or question that waits for the person, or `REVISE`."""
    return f"{inbox(person)}{proposal}/r{n}/{name}"


REVISE = "revise"


def inbox_matter(person: str, name: str) -> tuple[str, int, str]:
    """Proposal, revision and name of an entry in a person's inbox."""
    proposal, revision, matter = name.removeprefix(inbox(person)).split("/")
    return proposal, int(revision.removeprefix("r")), matter


def open_marker(proposal: str) -> str:
    return f"{OPEN}{proposal}"


OPEN = "open/"


def closed_marker(day: date, proposal: str) -> str:
    """Closed on ``day``, its instances not purged yet; the names sort by day."""
    return f"{CLOSED}{day.isoformat()}/{proposal}"


CLOSED = "closed/"


def purged_marker(day: date, proposal: str) -> str:
    """Closed on ``day``, its instances purged."""
    return f"{PURGED}{day.isoformat()}/{proposal}"


PURGED = "purged/"


def erasing_marker(proposal: str) -> str:
    """What people wrote about it is being erased."""
    return f"{ERASING}{proposal}"


ERASING = "erasing/"


def by_author(person: str) -> str:
    return f"by-author/{person}/"


def by_author_entry(person: str, proposal: str) -> str:
    return f"{by_author(person)}{proposal}"


OUTBOX = "outbox/"


def outbox(person: str) -> str:
    return f"{OUTBOX}{person}/"


def message(person: str, message: str) -> str:
    return f"{outbox(person)}{message}.json"


UNDELIVERED = "undelivered/"


def undelivered(person: str, message: str) -> str:
    return f"{UNDELIVERED}{person}/{message}"


def policy(digest: str) -> str:
    return f"policies/{digest}.json"


DIRECTORIES = "directories/"


def directory(digest: str) -> str:
    return f"{DIRECTORIES}{digest}.json"


def seen_documents(sha256: str) -> str:
    return f"documents/{sha256}/"


def seen_document(sha256: str, proposal: str, n: int) -> str:
    return f"{seen_documents(sha256)}{proposal}-r{n}"
