"""Builds infra/main.json from the Bicep sources, and says whether it still fits them. `make infra` calls it.

    python -m scripts.release.infra --bicep bicep    format, lint and build; write main.json and sources.sha256
    python -m scripts.release.infra --check          compare digests; needs no compiler, `make test` does the same

A compiler (https://github.com/Azure/bicep/releases) is needed only where infra/ changes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.problem import ROOT, Problem

INFRA = ROOT / "infra"
TEMPLATE = "main.json"
DIGESTS = "sources.sha256"
SOURCES = (
    "*.bicep",
    "*.bicepparam",
    "bicepconfig.json",
    "modules/*.bicep",
    "answers/*.kql",
    "queries/*.kql",
    "logic-app/*.json",
)
# What the parameter files ask for; the linter only has to see that they fit.
ENVIRONMENT = {"AUTH_CLIENT_ID": "00000000-0000-0000-0000-000000000000"}


def main() -> int:
    arguments = _arguments()
    try:
        if arguments.check:
            check(INFRA)
        else:
            build(INFRA, arguments.bicep)
    except Problem as problem:
        print(f"infra: {problem}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build infra/main.json from the Bicep sources.")
    parser.add_argument("--bicep", default="bicep", help="the Bicep compiler (bicep, on the PATH)")
    parser.add_argument("--check", action="store_true", help="only compare digests")
    return parser.parse_args()


def check(infra: Path) -> None:
    """Raises Problem where main.json was not built from the sources as they are."""
    drift = sorted(changed(infra))
    if drift:
        raise Problem(f"infra/{TEMPLATE} does not fit {', '.join(drift)}: run 'make infra'.")


def build(infra: Path, bicep: str) -> None:
    """Format, lint and build; every diagnostic is an error. Raises Problem."""
    compiler = shutil.which(bicep)
    if compiler is None:
        raise Problem(
            f"there is no Bicep compiler {bicep!r}: install it, or say where it is: make infra BICEP=PATH."
        )
    bicep_files = sorted([*infra.glob("*.bicep"), *infra.glob("modules/*.bicep")])
    parameter_files = sorted(infra.glob("*.bicepparam"))
    for path in [*bicep_files, *parameter_files]:
        _run(compiler, "format", path)
    for path in [*bicep_files, *parameter_files]:
        _run(compiler, "lint", path)
    for path in parameter_files:
        _run(compiler, "build-params", path, "--outfile", os.devnull)
    _run(compiler, "build", infra / "main.bicep", "--outfile", infra / TEMPLATE)
    lines = [f"{digest}  {name}\n" for name, digest in digests(infra).items()]
    (infra / DIGESTS).write_text("".join(lines), encoding="utf-8")
    print(f"infra: {len(bicep_files)} Bicep and {len(parameter_files)} parameter files, no diagnostics")


def _run(compiler: str, *command: str | Path) -> None:
    """Bicep ends with 0 after a warning, so whatever it says on stderr counts."""
    done = subprocess.run(
        [compiler, *map(str, command)],
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or done.stderr.strip():
        raise Problem(f"bicep {command[0]} {command[1]}:\n{done.stderr.strip() or done.stdout.strip()}")


def digests(infra: Path) -> dict[str, str]:
    """SHA-256 of every source, and of the template that was built from them."""
    paths: Iterable[Path] = {path for pattern in SOURCES for path in infra.glob(pattern)} - {infra / TEMPLATE}
    names = sorted(path.relative_to(infra).as_posix() for path in [*paths, infra / TEMPLATE])
    return {name: hashlib.sha256((infra / name).read_bytes()).hexdigest() for name in names}


def stored(infra: Path) -> Mapping[str, str]:
    """What the last build wrote down."""
    lines = (infra / DIGESTS).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def changed(infra: Path) -> Iterable[str]:
    """The files that are not, or no longer, as they were at the last build."""
    now, then = digests(infra), stored(infra)
    return (name for name in now.keys() | then.keys() if now.get(name) != then.get(name))


if __name__ == "__main__":
    sys.exit(main())
