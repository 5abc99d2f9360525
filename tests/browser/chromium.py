"""Which Chromium the tests drive: the system's, so that nothing is downloaded beside the packages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SYSTEM = "/usr/bin/chromium"


class NoChromium(Exception):
    """There is none; the message says how to get one."""


def find_chromium(environment: Mapping[str, str]) -> str:
    """Its path: CHROMIUM, or where Debian puts it. Raises NoChromium."""
    path = environment.get("CHROMIUM", SYSTEM)
    if not os.access(path, os.X_OK) or Path(path).is_dir():
        raise NoChromium(
            f"The browser tests need Chromium and there is none at {path}: install it (for example 'apt-get install"
            " chromium') or name it with 'make test-browser CHROMIUM=/path/to/chromium'."
        )
    return path


def may_sandbox() -> bool:
    """Chromium refuses to start with its sandbox for root."""
    return not hasattr(os, "geteuid") or os.geteuid() != 0


@dataclass(frozen=True)
class Look:
    """How wide the window is, in CSS pixels, and which colours its user prefers."""

    width: int = 1280
    scheme: Literal["light", "dark"] = "light"
    height: int = 800
