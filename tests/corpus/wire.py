"""What is stored or on the wire, as one table: what today's code declares, and what it is seen to write.

``python -m tests.corpus.wire`` prints what the code declares. What is only seen (lines of the trail, ids of messages,
what orchestrators and activities tell each other) the test says when it misses it.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from devhost.functions.worker import Worker
from tests.corpus.archive import FOLDER, World
from tests.corpus.code import ENUMS, STORED, ConfigurationError, Settings, forget_settings, ids, layout
from tests.devhost.inside import loaded
from tests.hosts import AZURE_MARKS, ROOT

FILE = FOLDER / "wire.json"
Table = dict[str, Any]


def listed() -> Table:
    """The file."""
    found: Table = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def declared(worker: Worker) -> Table:
    """What today's code says by itself."""
    kinds = _reachable((*STORED, *ENUMS))
    return {
        "values": {kind.__name__: [m.value for m in kind] for kind in kinds if issubclass(kind, Enum)},
        "keys": {kind.__name__: _keys(kind) for kind in kinds if is_dataclass(kind)},
        "blobs": sorted(_blobs()),
        "ids": _ids(),
        "functions": _functions(worker),
        "routes": sorted(_routes(worker)),
        "settings": sorted(_settings()),
    }


def _reachable(roots: Iterable[type]) -> list[type]:
    """The dataclasses and enums that these consist of, and these, by name."""
    found: dict[str, type] = {}

    def visit(hint: Any) -> None:
        for part in get_args(hint):
            visit(part)
        if not isinstance(hint, type) or hint.__name__ in found:
            return
        if issubclass(hint, Enum):
            found[hint.__name__] = hint
        elif is_dataclass(hint):
            found[hint.__name__] = hint
            for inner in get_type_hints(hint).values():
                visit(inner)

    for root in roots:
        visit(root)
    return [found[name] for name in sorted(found)]


def _keys(kind: type) -> dict[str, str]:
    """Key -> type; with a question mark where JSON without the key is read, too."""
    hints = get_type_hints(kind)
    return {
        f.name + ("" if f.default is MISSING and f.default_factory is MISSING else "?"): _said(hints[f.name])
        for f in fields(kind)
    }


def _said(hint: Any) -> str:
    origin, parts = get_origin(hint), [_said(part) for part in get_args(hint) if part is not Ellipsis]
    if origin in (Union, types.UnionType):
        return " or ".join("null" if part == "NoneType" else part for part in parts)
    if origin is tuple:
        return f"list of {parts[0]}"
    if origin is not None:
        return f"object of {parts[-1]}"
    return str(hint.__name__)


def _blobs() -> set[str]:
    """Every name that `layout` makes, with its parameters in braces."""
    found = set()
    for _, make in inspect.getmembers(layout, inspect.isfunction):
        flags: list[dict[str, bool]] = [{}]
        given: dict[str, Any] = {}
        for name, parameter in inspect.signature(make).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY:
                flags = [{name: False}, {name: True}]
            else:
                given[name] = {"ordinal": 999999, "day": date(9999, 12, 31)}.get(name, f"{{{name}}}")
        for flag in flags if make.__module__ == layout.__name__ else []:
            made = _tried(make, given | flag)
            if isinstance(made, str):
                found.add(made.replace("999999", "{ordinal:06}").replace("9999-12-31", "{day}"))
    return found


def _tried(make: Any, given: Mapping[str, Any]) -> object:
    try:
        return make(**given)
    except ValueError:  # the reverse of one of the others
        return None


def _ids() -> dict[str, str]:
    """Patterns, and what the deterministic ones are for given words."""
    found = {name: made.pattern for name, made in vars(ids).items() if isinstance(made, re.Pattern)}
    key = ids.submission_key("ana", "key")
    return found | {
        "event": ids.EVENT,
        "nobody": ids.SYSTEM,
        "submission of ana with key": key,
        "its proposal": ids.proposal_id(key),
        "instance": ids.instance_id("p", 2),
        "child instance": ids.child_instance_id(ids.instance_id("p", 2), "screening"),
        "seat": ids.seat_name("line", 1),
        "first task": ids.task_name("line-1", 1),
        "second task": ids.task_name("line-1", 2),
        "question": ids.question_id(2, "line-1", "3"),
    }


def _functions(worker: Worker) -> dict[str, list[str]]:
    """Names by kind of trigger; durable ones by what orchestrations call them."""
    found: dict[str, list[str]] = {}
    for function in worker.functions:
        found.setdefault(function.kind.removesuffix("Trigger"), []).append(function.durable_name)
    return {kind: sorted(names) for kind, names in sorted(found.items())}


def _routes(worker: Worker) -> set[str]:
    return {
        f"{getattr(method, 'value', method)} /{function.trigger.route}"
        for function in worker.functions
        if function.kind == "httpTrigger"
        for method in function.trigger.methods or ("ANY",)
    }


class _Asked(dict[str, str]):
    """An environment in which everything is set, that remembers what it was asked for."""

    def __init__(self, **known: str) -> None:
        super().__init__(known)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def _settings() -> set[str]:
    """What the app asks its environment for, and host.json."""
    told = {"SMTP_HOST": "mail.example.com", "LOGIC_APP_URI": "https://example.com", "DIRECTORY": "graph"}
    insights = {"APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=1"}
    by_identity = {"PROPOSALS_STORAGE__blobServiceUri": "https://example.com"}
    found = set(re.findall(r"%(\w+)%", (ROOT / "host.json").read_text(encoding="utf-8")))
    for known in ({}, told | insights, by_identity, {"IDENTITY": "easyauth"}):
        asked = _Asked(**known)
        with suppress(ConfigurationError):  # about the values; the names are what counts
            Settings.from_env(asked)
        found |= asked.names
    return found


# -- what is seen ----------------------------------------------------------------------------------------


# What differs from proposal to proposal, in the order in which it is looked for.
VARIABLE = (
    (r"p-[a-z2-7]{12}", "{proposal}"),
    (r"\br\d+-[a-z_]+-\d+(\.\d+)?-q\d+", "{question}"),
    (r"\b[a-z_]+-\d+(\.\d+)?-c\d+", "{condition}"),
    (r"[0-9a-f]{64}", "{digest}"),
    (r"\d{4}-\d\d-\d\dT\d\d", "{hour}"),
    (r"\d{4}-\d\d-\d\d", "{day}"),
    (r"\b(event|evidence|refused)-\d+", r"\1-{number}"),
    (r"\b(approval|conditions)-\d{6}", r"\1-{ordinal}"),
    (r"\br\d+\b", "r{n}"),
    (r"\b[a-z_]+-\d+(\.\d+)?\b", "{task}"),
    (r"\b(ana|ben|carl|dora|eli|fay|greta|hugo|ines|jon|kim|olga|vera)\b", "{person}"),
)


def pattern(text: str) -> str:
    """A text with what differs from proposal to proposal in braces."""
    for found, name in VARIABLE:
        text = re.sub(found, name, text)
    return text


def seen_in(world: World) -> Table:
    """What lies in a world: lines of trails, messages, results of activities, inputs and statuses of instances."""
    seen: Table = {"trail": {}, "messages": {}, "results": {}, "inputs": {}, "statuses": {}}
    for name, data in world.under("").items():
        if name.endswith(".jsonl"):
            for line in map(json.loads, data.splitlines()):
                note(seen["trail"], line["action"], pattern(line["id"]))
                for key in line["detail"]:
                    note(seen["trail"], line["action"], f"detail: {_detail(key)}")
        if name.startswith("outbox/"):
            message = json.loads(data)
            note(seen["messages"], message["kind"], pattern(message["id"]))
    for row in world.rows["Instances"]:
        note(seen["inputs"], row["Name"], *_plain(row["Input"]))
        status = json.loads(row.get("CustomStatus") or "null")
        if status:
            note(seen["statuses"], status["state"], *status)
    scheduled = {
        (row["PartitionKey"], row["EventId"]): row["Name"]
        for row in world.rows["History"]
        if row.get("EventType") == "TaskScheduled"
    }
    for row in world.rows["History"]:
        if row.get("EventType") == "TaskCompleted" and row.get("Result"):
            result = json.loads(row["Result"])
            name = scheduled[row["PartitionKey"], row["TaskScheduledId"]]
            note(seen["results"], name, *(result if isinstance(result, dict) else ["nothing"]))
    return seen


def note(found: dict[str, list[str]], name: str, *parts: str) -> None:
    """Add to what was seen under a name."""
    known = found.setdefault(name, [])
    known[:] = sorted({*known, *parts})


def _plain(text: Any) -> dict[str, Any]:
    """An instance's input: JSON once, or in JSON again where an orchestrator started it."""
    while isinstance(text, str):
        text = json.loads(text)
    found: dict[str, Any] = text
    return found


def _detail(key: str) -> str:
    """Documents and conditions are told under their names."""
    return "{document}" if "." in key and not re.search(r"-c\d+", key) else pattern(key)


def merged(tables: Iterable[Table]) -> Table:
    """All that was seen in any."""
    whole: Table = {}
    for table in tables:
        for section, entries in table.items():
            for name, parts in entries.items():
                note(whole.setdefault(section, {}), name, *parts)
    return whole


@contextmanager
def app_of_today() -> Iterator[Worker]:
    """The functions of this checkout, with settings that let it start anywhere."""
    with pytest.MonkeyPatch.context() as environment:
        for mark in AZURE_MARKS:
            environment.delenv(mark, raising=False)
        environment.setenv("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "1")
        environment.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
        environment.setenv("IDENTITY", "local")
        forget_settings()
        with loaded(ROOT) as worker:
            yield worker
    forget_settings()


def main() -> None:
    with app_of_today() as worker:
        json.dump(declared(worker), sys.stdout, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
