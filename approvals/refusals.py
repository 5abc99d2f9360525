"""Why something is refused: one exception with a stable kind, turned into HTTP answers and audit lines elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from approvals.texts import Texts, Wording, in_words


class RefusalKind(Enum):
    """Stable names: they are part of the HTTP API (problem ``type``) and of the audit trail."""

    INVALID = "invalid"  # the input is malformed; ``field`` says where
    TOO_LARGE = "too-large"  # what was sent, or one of its documents; ``field`` says which
    NOT_FOUND = "not-found"
    NOT_ALLOWED = "not-allowed"  # this person may not do that
    NOT_YOUR_TASK = "not-your-task"
    TASK_OVER = "task-over"  # decided, superseded or cancelled before: detail says by whom
    PROPOSAL_OVER = "proposal-over"  # closing or closed
    WRONG_STATE = "wrong-state"  # the proposal is at another point of its life
    SUPERSEDED_REVISION = "superseded-revision"
    STALE = "stale"  # the caller looked at an older version
    VERDICT_NOT_ALLOWED = "verdict-not-allowed"
    COMMENT_REQUIRED = "comment-required"
    KEY_REUSED = "idempotency-key-reused"
    NOBODY_CAN_APPROVE = "nobody-can-approve"
    CONFLICT = "conflict"
    ERASED = "erased"  # it was there, and what people wrote was erased: detail says when


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field: ``field`` is a dotted path, ``message`` says how to mend it."""

    field: str
    message: Wording | str


@dataclass
class Refusal(Exception):
    """Raised where the domain says no. Nothing was stored.

    ``what`` is one sentence for the person; ``detail`` holds facts for programs (who was first, since when).
    """

    kind: RefusalKind
    what: Wording | str
    errors: tuple[FieldError, ...] = ()
    detail: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        fields = "; ".join(f"{error.field}: {error.message}" for error in self.errors)
        return f"{self.what} ({fields})" if fields else f"{self.what}"

    def words(self, say: Texts) -> str:
        """All of it in one line, for the trail and for the command line."""
        what = in_words(self.what, say)
        fields = "; ".join(f"{error.field}: {in_words(error.message, say)}" for error in self.errors)
        return f"{what} ({fields})" if fields else what


def invalid(what: Wording | str, *errors: FieldError) -> Refusal:
    """A refusal of malformed input that names the fields."""
    return Refusal(RefusalKind.INVALID, what, errors)
