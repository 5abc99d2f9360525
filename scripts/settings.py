"""local.settings.json, the file that Core Tools and devhost read, as far as start.py needs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from scripts.problem import Problem

SETTINGS = "local.settings.json"


def read(app: Path) -> dict[str, str]:
    """The settings' ``Values``; the file is made from the example where it is missing.

    Raises Problem where it is not what Core Tools could read, or names no storage.
    """
    path = app / SETTINGS
    if not path.exists():
        shutil.copyfile(app / f"{SETTINGS}.example", path)
        print(f"start: made {SETTINGS} from {SETTINGS}.example")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Problem(f"{path} is not JSON ({error}): mend it, or delete it and start again.") from error
    values = content.get("Values") if isinstance(content, dict) else None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise Problem(
            f"{path} needs an object 'Values' with texts in it: compare it with {SETTINGS}.example."
        )
    if content.get("IsEncrypted"):
        raise Problem(f"{path} is encrypted: run 'func settings decrypt' first.")
    if not values.get("AzureWebJobsStorage"):
        raise Problem(f"{path} names no AzureWebJobsStorage: add 'UseDevelopmentStorage=true' for Azurite.")
    return values
