"""Queries, alerts and the workbook ask for what the code writes: names and values come from lines that were made."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.graph.source import KeptDirectory
from approvals.metrics import APPLIED_WITHIN, METRICS
from approvals.model import Outcome
from approvals.policy.directory import Directory, DirectoryError
from scripts.problem import ROOT
from scripts.release.infra import INFRA
from services.closing import publishing
from services.store.outbox import retry_undelivered
from tests.arm import TEMPLATE, modules, only
from tests.fakes import ListMeter, ListNotifier
from tests.unit.http_api.api import Api, DurableClient
from tests.watching import eventful, watching
from timers import sweep as timer

ANSWERS = sorted(INFRA.glob("answers/*.kql"))
OBJECTIVES = sorted(INFRA.glob("objectives/*.kql"))
QUERIES = [*ANSWERS, *OBJECTIVES, *sorted(INFRA.glob("queries/*.kql"))]
DIMENSION = re.compile(r'customDimensions\["(\w+)"\]')
DOCS = ROOT / "docs" / "operations"
SCHEMA = Path(__file__).parent / "log_schema.json"


# -- what the code writes --------------------------------------------------------------------------------


def a_way_with_a_broken_notifier() -> None:
    notifier = ListNotifier()
    notifier.broken = True
    with eventful(notifier=notifier) as way:
        way.play()
        ports = way.world.ports
        way.world.clock.advance(timedelta(minutes=5))
        notifier.broken = False
        retry_undelivered(ports, 100)


def a_way_in_silence() -> None:
    with eventful() as way:
        way.world.submit()
        way.world.host.run()


def an_activity_that_fails() -> None:
    with eventful() as way:

        def fail(operation: str, name: str) -> None:
            if operation == "append":
                raise OSError(name)

        way.world.store.before = fail
        way.world.submit()


def a_publication_that_fails() -> None:
    api = Api()
    with pytest.MonkeyPatch.context() as patch:
        api.install(patch)
        proposal = api.submit()
        api.open(proposal)
        publishing.settle_outcome(api.ports, proposal, 1, Outcome.REJECTED, "")
        publishing.report_failure(api.ports, proposal, "seal_record", "full")


def a_sweep() -> None:
    api = Api()
    with pytest.MonkeyPatch.context() as patch:
        api.install(patch)
        patch.setattr(timer, "ports", lambda: api.ports)
        api.submit()
        api.clock.advance(timedelta(minutes=5))
        swept: Any = timer.sweep
        asyncio.run(swept._function.get_user_function().client_function(None, DurableClient()))


def a_directory_that_cannot_be_read() -> None:
    def read() -> Directory:
        raise DirectoryError(["Graph answers 503"])

    with pytest.raises(DirectoryError):
        KeptDirectory(read, timedelta(minutes=10), timedelta(hours=12)).current()


HAPPENINGS: tuple[Callable[[], None], ...] = (
    a_way_with_a_broken_notifier,
    a_way_in_silence,
    an_activity_that_fails,
    a_publication_that_fails,
    a_sweep,
    a_directory_that_cannot_be_read,
)


@cache
def written() -> dict[str, frozenset[str]]:
    """Each dimension that some line or measurement carried, and the values it had."""
    found: dict[str, set[str]] = defaultdict(set)
    with watching() as watcher:
        for happening in HAPPENINGS:
            happening()
    for each in watcher.attributes:
        for name, value in each.items():
            found[name].add(str(value))
    meter = ListMeter()
    with eventful(meter) as way:
        way.play()
    for _, _, attributes in meter.measured:
        for name, value in attributes.items():
            found[name].add(value)
    return {name: frozenset(values) for name, values in found.items()}


# -- what the queries ask --------------------------------------------------------------------------------


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def by_name(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


# What Azure itself writes: nothing of ours is in it.
WITHOUT_OURS = re.compile(r"^(_LogOperation|availabilityResults)$", re.MULTILINE)


@cache
def diagnostics() -> dict[str, list[str]]:
    """What Microsoft's own language service says of each query: syntax, tables, columns, types."""
    command: list[str | Path] = ["node", ROOT / "tests" / "kql.cjs", SCHEMA, *QUERIES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("query", QUERIES, ids=by_name)
def test_queries_parse_and_ask_for_tables_and_columns_that_exist(query: Path) -> None:
    assert diagnostics()[str(query)] == []


def test_the_parser_finds_mistakes(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.kql"
    wrong.write_text("requests | where nothing == false", encoding="utf-8")
    command: list[str | Path] = ["node", ROOT / "tests" / "kql.cjs", SCHEMA, wrong]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (found,) = json.loads(done.stdout).values()
    assert ["'nothing' does not refer to any known column" in each for each in found] == [True]


@pytest.mark.parametrize("query", QUERIES, ids=by_name)
def test_queries_ask_for_dimensions_that_lines_or_metrics_carry(query: Path) -> None:
    assert "customDimensions." not in text(query), 'write customDimensions["name"], which this test reads'
    asked = set(DIMENSION.findall(text(query)))
    measured = {metric.name: set(metric.attributes) for metric in METRICS}
    named = set(re.findall(r'\bname == "([^"]+)"', text(query)))
    assert named <= set(measured)
    carried = set.union(*(measured[name] for name in named)) if named else set(written())
    assert asked <= carried
    assert asked or named or "operation_Name" in text(query) or WITHOUT_OURS.search(text(query))


@pytest.mark.parametrize("query", QUERIES, ids=by_name)
def test_values_that_queries_compare_with_are_written(query: Path) -> None:
    pairs = re.findall(r'customDimensions\["(\w+)"\] == "([^"]+)"', text(query))
    for listed in re.findall(r"\baction in \(([^)]+)\)", text(query)):
        pairs += [("action", value) for value in re.findall(r'"([^"]+)"', listed)]
    pairs += [("action", value) for value in re.findall(r'\baction == "([^"]+)"', text(query))]
    for name, value in pairs:
        assert value in written()[name], f"no line has {name}={value}"


def test_the_stuck_alert_finds_the_sweeps_chores() -> None:
    asked = set(DIMENSION.findall(text(INFRA / "queries" / "stuck.kql")))
    with watching() as watcher:
        a_sweep()
    [line] = [each for each in watcher.attributes if "chore" in each]
    assert asked <= set(line)
    assert line["function"] == "sweep"


def test_a_failure_is_an_exception_with_ids() -> None:
    """`answers/stuck.kql` reads exceptions: lines with exc_info."""
    with watching() as watcher:
        an_activity_that_fails()
    failures = [record for record in watcher.records if record.exc_info]
    assert failures
    for record in failures:
        assert {"function", "proposal", "instance"} <= set(vars(record))


def test_a_message_that_got_through_is_told_under_the_same_id() -> None:
    assert written()["delivered"]
    assert written()["delivered"] <= written()["message_id"]


# -- where they are shown --------------------------------------------------------------------------------


def test_every_answer_is_in_the_workbook_and_in_the_documentation() -> None:
    variables = modules()["answers"]["variables"]
    loaded = {value.strip() for value in variables.values() if isinstance(value, str)}
    assert {text(path).strip() for path in ANSWERS} == loaded
    assert TEMPLATE["parameters"]["workbook"]["defaultValue"] is True
    data = only("Microsoft.Insights/workbooks")["properties"]
    assert data["sourceId"] == "[parameters('componentId')]"
    page = text(DOCS / "metrics.md")
    for path in ANSWERS:
        assert f"`{path.stem}.kql`" in page


def test_every_metric_is_in_the_documentation_with_what_is_said_beside_it() -> None:
    rows = {
        line.split("|")[1].strip(" `"): line
        for line in text(DOCS / "metrics.md").splitlines()
        if line.startswith("| `greenlight.")
    }
    for metric in METRICS:
        for name in metric.attributes:
            assert f"`{name}`" in rows[metric.name]


def test_every_objective_is_in_the_documentation_with_its_query() -> None:
    page = text(DOCS / "objectives.md")
    for path in OBJECTIVES:
        assert f"`{path.name}`" in page
    assert f"within {APPLIED_WITHIN} s" in page
    assert f"within {APPLIED_WITHIN} seconds" in text(INFRA / "objectives" / "applied.kql")
