"""scripts/release/rollback.sh: the package of an earlier commit, with a stand-in for azd."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.problem import ROOT

SHIPPED = ("__init__.py", "problem.py", "release/__init__.py", "release/package.py", "release/rollback.sh")


@dataclass
class Repository:
    """A repository of two releases, and what was deployed."""

    folder: Path
    first: str

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
            env=self.environment(),
        )
        return done.stdout.strip()

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join(
            [str(self.folder.parent / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        who = {
            f"GIT_{role}_{what}": "ci@example.com"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        return {"PATH": path, "DEPLOYED": str(self.deployed), "HOME": str(self.folder.parent), **who}

    @property
    def deployed(self) -> Path:
        return self.folder.parent / "deployed.zip"

    def roll_back(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "scripts" / "release" / "rollback.sh", *arguments],
            cwd=self.folder,
            env=self.environment() | variables,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tmp_path / "repository"
    for name in SHIPPED:
        (folder / "scripts" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "scripts" / name, folder / "scripts" / name)
    (folder / ".funcignore").write_text("scripts\nreplay\nbuild\n.*\nlocal.settings*\n")
    (folder / "replay").mkdir()
    (folder / "replay" / "__main__.py").write_text("import sys\nprint('replayed', *sys.argv[1:])\n")
    (folder / "local.settings.json.example").write_text("{}\n")
    (folder / "function_app.py").write_text("VERSION = 1\n")
    (tmp_path / "bin").mkdir()
    azd = tmp_path / "bin" / "azd"
    azd.write_text('#!/bin/sh\n[ "$1 $2 $3" = "deploy api --from-package" ] && cp "$4" "$DEPLOYED"\n')
    azd.chmod(0o755)
    made = Repository(folder, "")
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "one")
    made.first = made.git("rev-parse", "HEAD")
    (folder / "function_app.py").write_text("VERSION = 2\n")
    made.git("commit", "--quiet", "--all", "--message", "two")
    return made


def test_the_earlier_package_is_deployed_and_the_checkout_stays(repository: Repository) -> None:
    done = repository.roll_back(repository.first[:10])
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(repository.deployed) as package:
        assert package.read("function_app.py") == b"VERSION = 1\n"
    assert f"{repository.first} is deployed" in done.stdout
    assert "nothing was replayed" in done.stdout
    assert (repository.folder / "function_app.py").read_text() == "VERSION = 2\n"
    assert repository.git("worktree", "list").count("\n") == 0, "nothing is left behind"


def test_what_is_under_way_is_replayed_first(repository: Repository) -> None:
    done = repository.roll_back(repository.first, REPLAY_STORAGE="sthost1")
    assert "replayed --hub --storage sthost1" in done.stdout
    assert repository.deployed.exists()


def test_a_commit_with_the_gate_of_today_is_replayed_by_it(repository: Repository) -> None:
    (repository.folder / "devhost" / "replay").mkdir(parents=True)
    (repository.folder / "devhost" / "replay" / "gate.py").touch()
    (repository.folder / "devhost" / "__main__.py").write_text(
        "import sys\nprint('devhost', *sys.argv[1:])\n"
    )
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "three")
    done = repository.roll_back("HEAD", REPLAY_STORAGE="sthost1")
    assert "devhost gate --hub --storage sthost1" in done.stdout


def test_code_that_does_not_fit_what_is_under_way_is_not_deployed(repository: Repository) -> None:
    (repository.folder / "replay" / "__main__.py").write_text("raise SystemExit(1)\n")
    repository.git("commit", "--quiet", "--all", "--message", "three")
    assert repository.roll_back("HEAD", REPLAY_STORAGE="sthost1").returncode == 1
    assert not repository.deployed.exists()
    assert repository.git("worktree", "list").count("\n") == 0


@pytest.mark.parametrize("arguments", [(), ("no-such-commit",)])
def test_a_commit_must_be_named(repository: Repository, arguments: tuple[str, ...]) -> None:
    done = repository.roll_back(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("rollback: ")
    assert not repository.deployed.exists()
