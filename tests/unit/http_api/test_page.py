"""The page's files: compressed, kept by content, under a policy that lets nothing else in."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.settings import ROOT
from http_api.service.bundle import NotBundled, bundle, needed
from http_api.service.page import FOLDER, KINDS, site
from tests.unit.http_api.api import Api


def address(name: str) -> str:
    return f"/assets/{site().version}/{name}"


def test_the_page_is_at_the_root_and_under_its_name(api: Api) -> None:
    root, named = api.get("/", None), api.get("/index.html", None)
    assert root.status == named.status == 200
    assert root.content == named.content
    assert root.headers["Content-Type"] == "text/html; charset=utf-8"
    assert root.headers["Cache-Control"] == "no-cache"
    assert "{version}" not in root.content.decode()


@pytest.mark.parametrize(
    "path", ["/index.html", "/icon.svg", "/robots.txt", *map(address, sorted(site().assets))]
)
def test_every_file_is_served_with_its_type_and_the_policy(api: Api, path: str) -> None:
    answer = api.get(path, None)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == KINDS["." + path.rpartition(".")[2]]
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    } <= {part.strip() for part in policy.split(";")}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_every_file_of_the_folder_is_part_of_what_is_served() -> None:
    lying = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix in KINDS}
    modules = {name: (FOLDER / name).read_text() for name in lying if name.endswith(".js")}
    assert sorted(needed(modules, "core/app.js")) == sorted(modules), "a module that nothing imports"
    styles = {name for name in lying if name.endswith(".css")}
    style = site().assets["styles/page.css"].data.decode()
    assert all((FOLDER / name).read_text() in style for name in styles)
    others = lying - set(modules) - styles
    assert others == {"index.html", "icon.svg", "robots.txt", "styles/icons.svg"}
    assert set(site().top) == {"index.html", "icon.svg", "robots.txt"}
    assert set(site().assets) == {"core/page.js", "styles/page.css", "styles/icons.svg", "en/page.ftl"}


@pytest.mark.parametrize("path", ["/", address("styles/page.css")])
def test_a_browser_that_has_a_file_gets_it_no_second_time(api: Api, path: str) -> None:
    for accepted in ({}, {"Accept-Encoding": "gzip"}):
        etag = api.get(path, None, headers=accepted).headers["ETag"]
        again = api.get(path, None, headers={"If-None-Match": f'"other", W/{etag}', **accepted})
        assert (again.status, again.content) == (304, b"")
    assert api.get(path, None, headers={"If-None-Match": '"other"'}).status == 200


def test_what_the_page_is_made_of_is_kept_for_good_under_the_digest_of_all_of_it(
    api: Api, tmp_path: Path
) -> None:
    assert api.get(address("core/page.js"), None).headers["Cache-Control"].endswith("immutable")
    shutil.copytree(FOLDER, tmp_path / "web")
    assert site(tmp_path / "web").version == site().version
    (tmp_path / "web" / "core" / "dom.js").write_text("// another release")
    assert site(tmp_path / "web").version == site().version, "read once"
    site.cache_clear()
    assert site(tmp_path / "web").version != site().version


def test_files_of_another_release_are_not_mixed_in(api: Api) -> None:
    assert api.get("/assets/0123/core/app.js", None).status == 404


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, GZIP;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.0", None),
        ("br", None),
        ("", None),
    ],
)
def test_who_takes_gzip_gets_it(api: Api, accepted: str, encoding: str | None) -> None:
    plain = site().assets["core/page.js"].data
    answer = api.get(address("core/page.js"), None, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert (gzip.decompress(answer.content) if encoding else answer.content) == plain
    assert (len(answer.content) < len(plain) / 2) == bool(encoding)


@pytest.mark.parametrize(
    "name",
    [
        "missing.js",
        "..%2ffunction_app.py",
        "function_app.py",
        ".",
        "INDEX.HTML",
        address("core/none.js"),
        address("../index.html"),
        address("core/..%2f..%2fhost.json"),
        address("core/app"),
    ],
)  # fmt: skip - a list of names
def test_nothing_else_is_served(api: Api, name: str) -> None:
    answer = api.get(f"/{name.lstrip('/')}", None)
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


def test_the_start_page_names_what_it_is_made_of() -> None:
    text = site().top["index.html"].data.decode()
    for name in ("core/page.js", "styles/page.css", "en/page.ftl"):
        assert address(name) in text
    assert 'href="/api/start"' in text, "the data, asked for while the rest is on its way"


A, B = 'import { b as c } from "./b.js";\nexport const a = c();\n', "export function b() {\n  return 1;\n}\n"


def test_modules_are_put_together_each_after_what_it_needs() -> None:
    text = bundle({"core/a.js": A, "core/b.js": B, "core/unused.js": "export const x = 1;"}, "core/a.js")
    assert text.index("$core_b =") < text.index("$core_a =")
    assert "const { b: c } = $core_b;" in text
    assert "return { a };" in text
    assert "unused" not in text
    told = subprocess.run(["node", "-e", text + "\nconsole.log($core_a.a)"], capture_output=True, check=True)
    assert told.stdout == b"1\n"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ('import { a } from "./a.js";', "in a circle"),
        ('import { x } from "./none.js";', "which is not there"),
        ("export default 1;", "named imports and exports alone"),
        ('import * as x from "./b.js";', "named imports and exports alone"),
    ],
)
def test_what_cannot_be_put_together_is_an_error(code: str, what: str) -> None:
    with pytest.raises(NotBundled, match=what):
        bundle({"core/a.js": A, "core/b.js": B + code}, "core/a.js")


def test_no_module_makes_markup_from_text() -> None:
    for name, file in site().assets.items():
        assert not re.search(rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", file.data), (
            name
        )


TOKENS = """
const { webLightTheme, webDarkTheme } = require("@fluentui/tokens");
console.log(JSON.stringify([webLightTheme, webDarkTheme]));
"""


def test_the_colours_and_sizes_are_fluent_ui_s() -> None:
    told = subprocess.run(["node", "-e", TOKENS], cwd=ROOT, capture_output=True, check=True).stdout
    light, dark = json.loads(told)
    style = "".join(path.read_text() for path in sorted((FOLDER / "styles").glob("*.css"), reverse=True))
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    assert len(blocks) == 2
    for block, theme in zip(blocks, (light, dark), strict=True):
        declared = dict(re.findall(r"--(\w+): ([^;]+);", block))
        assert declared
        assert {name: str(theme[name]) for name in declared} == declared
    names = set(re.findall(r"--(\w+): ", blocks[0]))
    assert set(re.findall(r"var\(--(\w+)\)", style)) == names, "declared and used"
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", style.rpartition(blocks[1])[2]), (
        "a colour that is not a token"
    )
