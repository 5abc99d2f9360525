"""Where today's code declares what is stored: the one place of the corpus that knows the app's modules."""

from adapters import bootstrap
from adapters.settings import ConfigurationError, Settings
from approvals.model import (
    ApprovalTask,
    ConditionFile,
    EventFate,
    Message,
    Proposal,
    QuestionFile,
    Route,
    Screening,
    Submission,
)
from approvals.policy.directory import Directory
from approvals.policy.rules import Policy
from approvals.stored import ids, layout
from approvals.tally import StageResult
from approvals.writing.record import DecisionRecord

__all__ = ["ENUMS", "STORED", "ConfigurationError", "Settings", "forget_settings", "ids", "layout"]

# What lies in blobs as JSON; what these consist of is found by their type hints.
STORED = (
    *(Proposal, Submission, Route, Screening, ApprovalTask, ConditionFile, QuestionFile, EventFate, Message),
    *(DecisionRecord, Policy, Directory),
)
# What is on the wire and in none of these.
ENUMS = (StageResult,)


def forget_settings() -> None:
    """The app reads its settings once a process; a test has others."""
    bootstrap.settings.cache_clear()
    bootstrap.ports.cache_clear()
