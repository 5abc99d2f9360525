"""Builds the package that is deployed: this checkout without what .funcignore names, the same bytes each time.

    python -m scripts.release.package [--out build/greenlight.zip] [--engine azureManaged]

host.json in the package says which engine it is for: Azure Storage, as in this checkout, or Durable Task Scheduler. The
scale controller of Azure reads it there.

Dependencies are not in it: Azure installs requirements.txt, every file of it pinned by hash, when it is deployed.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from scripts.problem import ROOT, Problem

MOMENT = (2020, 1, 1, 0, 0, 0)  # of every file, so that the same sources make the same package
MODE = 0o100644 << 16
HOST = "host.json"
AZURE_STORAGE, SCHEDULER = "azureStorage", "azureManaged"
# The setting that infra/modules/function-app.bicep writes.
CONNECTION = "DURABLE_TASK_SCHEDULER_CONNECTION_STRING"


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the package that is deployed.")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "greenlight.zip", help="where to write it"
    )
    parser.add_argument(
        "--engine",
        choices=[AZURE_STORAGE, SCHEDULER],
        default=AZURE_STORAGE,
        help="where orchestrations are kept (azureStorage)",
    )
    arguments = parser.parse_args()
    try:
        count = build(ROOT, arguments.out, arguments.engine)
    except Problem as problem:
        print(f"package: {problem}", file=sys.stderr)
        return 1
    print(f"package: {arguments.out}, {count} files, {arguments.out.stat().st_size:,} bytes")
    return 0


def build(root: Path, out: Path, engine: str = AZURE_STORAGE) -> int:
    """Write the package for an engine to ``out``. Returns how many files are in it. Raises Problem."""
    names = sorted(shipped(root))
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in names:
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.external_attr = MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = (root / name).read_bytes()
            package.writestr(
                entry, for_scheduler(content) if (name, engine) == (HOST, SCHEDULER) else content
            )
    return len(names)


def for_scheduler(host: bytes) -> bytes:
    """host.json for Durable Task Scheduler: another storage provider, everything else as it is."""
    content = json.loads(host)
    content["extensions"]["durableTask"]["storageProvider"] = {
        "type": SCHEDULER,
        "connectionStringName": CONNECTION,
    }
    return f"{json.dumps(content, indent=2)}\n".encode()


def shipped(root: Path) -> Iterator[str]:
    """The names of the files that are deployed, relative to ``root``. Raises Problem."""
    ignored = patterns((root / ".funcignore").read_text(encoding="utf-8"))
    yield from _walk(root, root, ignored)


def patterns(text: str) -> Sequence[str]:
    """The lines of a .funcignore: names, with ``*`` and ``[...]``, that are ignored at every depth.

    Raises Problem for what git's ignore files can say beyond that: two readers could understand it differently.
    """
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    for pattern in found:
        if pattern.startswith("!") or "/" in pattern or "**" in pattern:
            raise Problem(
                f".funcignore: {pattern!r} is more than a name with '*': write names of files or folders."
            )
    return found


def _walk(root: Path, folder: Path, ignored: Sequence[str]) -> Iterator[str]:
    for path in folder.iterdir():
        if any(fnmatchcase(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _walk(root, path, ignored)
        else:
            yield path.relative_to(root).as_posix()


if __name__ == "__main__":
    sys.exit(main())
