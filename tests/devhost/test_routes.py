"""Routes as the Functions host matches them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from devhost.functions.routes import Route, routes_of
from tests.devhost.inside import hosting, loaded

HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"
TEMPLATES = {
    "everything": "files/{*path}",
    "by_name": "files/{name}",
    "by_number": "files/{number:int}",
    "fixed": "files/list",
    "optional": "maybe/{what?}",
    "guid": "ids/{id:guid}",
    "letters": "words/{word:alpha}",
    "deep": "files/{name}/parts/{part}",
    "deep_fixed": "files/{name}/parts/all",
}


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    folder = tmp_path_factory.mktemp("routes")
    functions = "".join(
        f"@app.route(route={template!r}, methods=['GET'])\ndef {name}(req): pass\n"
        for name, template in TEMPLATES.items()
    )
    (folder / "function_app.py").write_text(HEAD + functions, encoding="utf-8")
    with loaded(folder) as worker:
        return routes_of(worker.functions, "api")


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        ("/api/files/list", "fixed", {}),
        ("/api/FILES/LIST", "fixed", {}),
        ("/api/files/list/", "fixed", {}),
        ("/api/files/12", "by_number", {"number": "12"}),
        ("/api/files/a%20b", "by_name", {"name": "a%20b"}),
        ("/api/files/a/b/c", "everything", {"path": "a/b/c"}),
        ("/api/files", "everything", {}),
        ("/api/files/x/parts/all", "deep_fixed", {"name": "x"}),
        ("/api/files/x/parts/1", "deep", {"name": "x", "part": "1"}),
        ("/api/maybe", "optional", {}),
        ("/api/maybe/so", "optional", {"what": "so"}),
        (
            "/api/ids/c91ab59d-4083-586a-ae3e-38613ded7be6",
            "guid",
            {"id": "c91ab59d-4083-586a-ae3e-38613ded7be6"},
        ),
        ("/api/ids/none", None, {}),
        ("/api/words/abc", "letters", {"word": "abc"}),
        ("/api/words/ab1", None, {}),
        ("/api/maybe/so/not", None, {}),
        ("/files/list", None, {}),
        ("/api", None, {}),
    ],
)
def test_the_best_match_wins(
    path: str, name: str | None, values: dict[str, str], routes: list[Route]
) -> None:
    matches = [(route, found) for route in routes if (found := route.pattern.match(path))]
    if name is None:
        assert matches == []
    else:
        route, found = matches[0]
        assert route.function.name == name
        assert {key: value for key, value in found.groupdict().items() if value is not None} == values


def test_a_function_without_a_route_is_reached_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(
        HEAD + "@app.function_name('Hello')\n@app.route()\ndef hello(req): pass\n", encoding="utf-8"
    )
    with loaded(tmp_path) as worker:
        (route,) = routes_of(worker.functions, "")
    assert route.pattern.match("/hello")
    assert "DELETE" in route.methods


async def test_bindings_that_are_not_run_are_told(
    azurite: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    queue = "@app.queue_trigger(arg_name='msg', queue_name='q', connection='S')\ndef listens(msg): pass\n"
    (tmp_path / "function_app.py").write_text(HEAD + queue, encoding="utf-8")
    with loaded(tmp_path) as worker, caplog.at_level(logging.WARNING):
        async with hosting(worker, azurite):
            pass
    assert "listens uses a binding of type queueTrigger" in caplog.text
