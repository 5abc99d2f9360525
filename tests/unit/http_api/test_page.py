"""The page's files: served as they are, under a policy that lets nothing else in."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from adapters.settings import ROOT
from http_api.page import FOLDER, KINDS, files
from tests.unit.http_api.api import Api


def test_the_page_is_at_the_root_and_under_its_name(api: Api) -> None:
    root, named = api.get("/", None), api.get("/index.html", None)
    assert root.status == named.status == 200
    assert root.content == named.content == (FOLDER / "index.html").read_bytes()
    assert root.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_every_file_is_served_with_its_type_and_the_policy(api: Api, name: str) -> None:
    answer = api.get(f"/{name}", None)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == KINDS["." + name.rpartition(".")[2]]
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= {
        part.strip() for part in policy.split(";")
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_browser_that_has_a_file_gets_it_no_second_time(api: Api) -> None:
    etag = api.get("/app.css", None).headers["ETag"]
    again = api.get("/app.css", None, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status, again.content) == (304, b"")
    assert api.get("/app.css", None, headers={"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize("name", ["missing.js", "..%2ffunction_app.py", "function_app.py", ".", "INDEX.HTML"])
def test_nothing_else_is_served(api: Api, name: str) -> None:
    answer = api.get(f"/{name}", None)
    assert answer.status == 404
    assert answer.json["type"] == "/problems/not-found"


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    page = (FOLDER / "index.html").read_text()
    assert not re.search(r"\sstyle=|\son\w+=|<style", page)
    for found in re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL):
        assert "src=" in found[0]
        assert not found[1].strip()
    for address in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert address.startswith(("/", "#"))


def test_no_module_makes_markup_from_text() -> None:
    for name, file in files().items():
        assert not re.search(rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", file.data), (
            name
        )


def test_every_module_that_is_imported_is_there() -> None:
    names = set(files())
    for name, file in files().items():
        wanted = set(re.findall(rb'(?:from|import) "\./([\w.-]+)"', file.data))
        assert {each.decode() for each in wanted} <= names, name


TOKENS = """
const { webLightTheme, webDarkTheme } = require("@fluentui/tokens");
console.log(JSON.stringify([webLightTheme, webDarkTheme]));
"""


def test_the_colours_and_sizes_are_fluent_ui_s() -> None:
    told = subprocess.run(["node", "-e", TOKENS], cwd=ROOT, capture_output=True, check=True).stdout
    light, dark = json.loads(told)
    style = (FOLDER / "app.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    assert len(blocks) == 2
    for block, theme in zip(blocks, (light, dark), strict=True):
        declared = dict(re.findall(r"--(\w+): ([^;]+);", block))
        assert declared
        assert {name: str(theme[name]) for name in declared} == declared
    names = set(re.findall(r"--(\w+): ", blocks[0]))
    assert set(re.findall(r"var\(--(\w+)\)", style)) == names, "declared and used"
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", style.rpartition(blocks[1])[2]), "a colour that is no token"
