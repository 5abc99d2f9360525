"""Identifiers: what they look like and how they are derived from each other.

The Durable Functions client builds URLs from instance ids without quoting them, so every id keeps to
``^[A-Za-z0-9_-]{1,64}$`` (task names, which never become instance ids, may also hold a dot).
"""

from __future__ import annotations

import base64
import hashlib
import re

INSTANCE_PATTERN = re.compile(r"^[A-Za-z0-9_-]{1,64}\Z")
PROPOSAL_PATTERN = re.compile(r"^p-[a-z2-7]{12}\Z")
TASK_PATTERN = re.compile(r"^[a-z][a-z0-9_]{0,30}-[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2})?\Z")
QUESTION_PATTERN = re.compile(r"^r([1-9][0-9]{0,5})-" + TASK_PATTERN.pattern[1:-2] + r"-q[1-9][0-9]?\Z")
CONDITION_PATTERN = re.compile(TASK_PATTERN.pattern[:-2] + r"-c[1-9][0-9]?\Z")
STAGE_PATTERN = re.compile(r"^[a-z][a-z0-9_]{0,30}\Z")
PERSON_PATTERN = re.compile(r"^[a-z0-9][a-z0-9._-]{0,62}\Z")

_OF_REVISION = re.compile(r"^(p-[a-z2-7]{12})-r([1-9][0-9]{0,5})(?:-g([1-9][0-9]{0,5}))?(?:-[a-z]+)?\Z")

# The one event that everything concerning a revision is raised by.
EVENT = "decision"
# Who acts in the audit trail when nobody does; no person has this id.
SYSTEM = "greenlight"
FIRST_GENERATION = 1
# The instance that is in every task hub in which the app has run.
SENTINEL = "greenlight-sentinel"


def sha256(data: bytes) -> str:
    """The digest of ``data``: 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def submission_key(author: str, idempotency_key: str) -> str:
    """The name under which a submission is stored once: a digest of author and Idempotency-Key."""
    return sha256(f"{author}\n{idempotency_key}".encode())


def proposal_id(key: str) -> str:
    """The proposal id that belongs to a submission key: ``p-`` and 12 base32 letters (60 bits)."""
    return "p-" + base64.b32encode(bytes.fromhex(key)).decode().lower()[:12]


def instance_id(proposal: str, revision: int, generation: int = FIRST_GENERATION) -> str:
    """The orchestration instance of a revision: ``{proposal}-r{n}``, of a later generation ``{proposal}-r{n}-g{k}``."""
    return f"{proposal}-r{revision}" + ("" if generation == FIRST_GENERATION else f"-g{generation}")


def child_instance_id(instance: str, child: str) -> str:
    """The instance of a revision's child orchestration: ``screening``, ``conditions`` or ``publication``."""
    return f"{instance}-{child}"


def of_instance(instance: str) -> tuple[str, int, int] | None:
    """Proposal, revision and generation of an orchestration instance or one of its children; None for any other."""
    found = _OF_REVISION.match(instance)
    return (found[1], int(found[2]), int(found[3] or FIRST_GENERATION)) if found else None


def listener(orchestrator: str, generation: int) -> str:
    """Whose events are counted together: those of one instance."""
    return orchestrator if generation == FIRST_GENERATION else f"{orchestrator}-g{generation}"


def seat_name(stage: str, position: int) -> str:
    """The seat at ``position`` (1 is the first) of a stage; also the name of its first task."""
    return f"{stage}-{position}"


def question_id(revision: int, task: str, number: str) -> str:
    """A question of a task, unlike every question of other revisions; without a number their common beginning."""
    return f"r{revision}-{task}-q{number}"


def question_revision(question: str) -> int | None:
    """The revision that a question is about; None where it is not a question's id."""
    found = QUESTION_PATTERN.match(question)
    return int(found[1]) if found else None


def task_name(seat: str, generation: int) -> str:
    """The seat's task of a generation: ``finance-1`` first, its successor ``finance-1.2``."""
    return seat if generation == FIRST_GENERATION else f"{seat}.{generation}"
