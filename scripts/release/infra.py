"""Builds infra/main.json and infra/snapshots/ from the sources, and says whether they still fit. `make infra` calls it.

    python -m scripts.release.infra --bicep bicep    format, lint and build; write main.json and sources.sha256
    python -m scripts.release.infra --check          compare digests; needs no compiler, `make test` does the same

A compiler (https://github.com/Azure/bicep/releases) is needed only where infra/ changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from scripts.problem import ROOT, Problem

INFRA = ROOT / "infra"
TEMPLATE = "main.json"
DIGESTS = "sources.sha256"
SOURCES = (
    "*.bicep",
    "*.bicepparam",
    "bicepconfig.json",
    "environments/*.yaml",
    "snapshots/*.json",
    "modules/*.bicep",
    "answers/*.kql",
    "queries/*.kql",
    "logic-app/*.json",
)
PARAMETERS = "main.bicepparam"
# Made-up ids: a snapshot is computed here, without Azure.
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
TENANT = "22222222-2222-2222-2222-222222222222"
LOCATION = "westeurope"


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
    for path in [*bicep_files, infra / PARAMETERS]:
        _run(compiler, "format", path)
    for path in bicep_files:
        _run(compiler, "lint", path)
    # the parameter file reads the defaults from the template, so that comes first
    _run(compiler, "build", infra / "main.bicep", "--outfile", infra / TEMPLATE)
    _run(compiler, "lint", infra / PARAMETERS)
    names = environments(infra)
    for name in names:
        _snapshot(compiler, infra, name)
    lines = [f"{digest}  {name}\n" for name, digest in digests(infra).items()]
    (infra / DIGESTS).write_text("".join(lines), encoding="utf-8")
    print(f"infra: {len(bicep_files)} Bicep files, {len(names)} environments, no diagnostics")


def environments(infra: Path) -> Sequence[str]:
    """The names of the environments that have a file."""
    return sorted(path.stem for path in infra.glob("environments/*.yaml"))


def _snapshot(compiler: str, infra: Path, name: str) -> None:
    """Write what a deployment of an environment would send, as far as it is known without Azure."""
    chosen = {"PARAMETER_FILE": name, "AZURE_ENV_NAME": name, "AZURE_LOCATION": LOCATION}
    ids = ["--subscription-id", SUBSCRIPTION, "--tenant-id", TENANT, "--location", LOCATION]
    _run(compiler, "snapshot", infra / PARAMETERS, "--mode", "overwrite", *ids, **chosen)
    (infra / "snapshots").mkdir(exist_ok=True)
    made = infra / "main.snapshot.json"
    content = json.loads(made.read_text(encoding="utf-8"))
    text = json.dumps(content, indent=2, sort_keys=True)  # the compiler writes outputs in an order of its own
    (infra / "snapshots" / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    made.unlink()


def _run(compiler: str, *command: str | Path, **environment: str) -> None:
    """Bicep ends with 0 after a warning, so whatever it says on stderr counts."""
    done = subprocess.run(
        [compiler, *map(str, command)],
        env=os.environ | environment,
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
