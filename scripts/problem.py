from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Problem(Exception):
    """What is in the way, in one sentence that says how to mend it."""
