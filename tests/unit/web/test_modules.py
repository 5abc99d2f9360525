"""The page's modules: their own tests run, what is copied is what is pinned, what is generated is current."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from adapters.settings import ROOT
from http_api.discovery import routes
from http_api.openapi.document import document

WEB = ROOT / "web"


def node(*arguments: object, given: str = "") -> str:
    done = subprocess.run(
        ["node", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False, input=given
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_modules_pass_their_own_tests() -> None:
    told = node("--test", "--test-reporter=tap", *sorted((ROOT / "tests" / "page").glob("*.test.js")))
    summary = dict(line[2:].split() for line in told.splitlines()[-8:])
    assert int(summary["pass"]) > 15
    assert summary["fail"] == summary["skipped"] == summary["todo"] == "0"


def test_what_the_api_gives_is_typed_as_it_is_described(tmp_path: Path) -> None:
    made = tmp_path / "schemas.d.ts"
    node("scripts/page/api-types.js", made, given=json.dumps(document(routes())))
    assert made.read_text() == (WEB / "core" / "schemas.d.ts").read_text(), "run make api-types"


def test_the_libraries_are_those_that_are_pinned(tmp_path: Path) -> None:
    node("scripts/page/vendor.js", tmp_path)
    copied = {path.name: path.read_text() for path in tmp_path.iterdir()}
    lying = {path.name: path.read_text() for path in (WEB / "vendor").glob("*.js")}
    assert copied == lying, "run make vendor"
    assert "Apache License" in (WEB / "vendor" / "LICENSE").read_text()


def test_every_icon_that_is_shown_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="(\w+)"', (WEB / "styles" / "icons.svg").read_text()))
    code = "".join(path.read_text() for path in WEB.glob("*/*.js"))
    named = set(re.findall(r'\bicon\("(\w+)"', code))
    assert {"document", "gear"} <= named <= sprite
    assert all(f'"{name}"' in code for name in sprite), "an icon that nothing shows"


@pytest.mark.parametrize("path", sorted(WEB.rglob("*.js")), ids=lambda path: path.name)
def test_no_module_is_longer_than_a_few_screens(path: Path) -> None:
    assert "vendor" in path.parts or len(path.read_text().splitlines()) <= 450
    assert "vendor" in path.parts or max(map(len, path.read_text().splitlines())) <= 120
