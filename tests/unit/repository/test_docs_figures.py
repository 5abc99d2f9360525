"""No figure without a source: a number with a unit, or a price, names where it is from and when that was read."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bench.cost import COUNTS, meters
from scripts.cost import main, prices, read_counts, table, total
from scripts.problem import ROOT, Problem
from scripts.release.infra import INFRA
from tests.arm import TEMPLATE, declared, modules

DOCS = [
    ROOT / "docs" / "logic-apps.md",
    ROOT / "docs" / "cost.md",
    *sorted(ROOT.glob("docs/operations/*.md")),
]
UNITS = (
    r"%|(?:days?|hours?|minutes?|seconds?|ms|s|[KMGT]B|GB-s|levels|requests?|transactions?|operations?|actions?"
    r"|instances?|queues?|built-in|connector calls?)\b"
)
FIGURE = re.compile(rf"\$\d|\b\d[\d,.]* ?(?:{UNITS})")
REFERENCE = re.compile(r"\[\^([\w-]+)\]")
DEFINITION = re.compile(r"^\[\^([\w-]+)\]:((?:.|\n(?= ))+)", re.MULTILINE)
READ = re.compile(r"\b(?:read|measured|counted|named) (20\d\d-\d\d-\d\d)\b")


def statements(markdown: str) -> list[str]:
    """The sentences and table cells of a page; a row whose source has a column of its own is one statement."""
    text = re.sub(
        r"^```.*?^```$|^(?: {4}|\t).*$", "", DEFINITION.sub("", markdown), flags=re.DOTALL | re.MULTILINE
    )
    found: list[str] = []
    for block in re.split(r"\n\s*\n|\n(?=[-*|#]|\d+\. )", text):
        if block.lstrip().startswith("|"):
            cells = [cell.strip() for cell in block.strip().strip("|").split("|")]
            sources = [cell for cell in cells if cell and not REFERENCE.sub("", cell).strip()]
            found += [" ".join(cells)] if sources else cells
        else:
            found += re.split(r"(?<=[.:;!?])\s+(?=[A-Z`*])", " ".join(block.split()))
    return found


def unsourced(markdown: str) -> list[str]:
    return [text for text in statements(markdown) if FIGURE.search(text) and not REFERENCE.search(text)]


def definitions(markdown: str) -> dict[str, str]:
    return {name: " ".join(text.split()) for name, text in DEFINITION.findall(markdown)}


@pytest.fixture(params=DOCS, ids=lambda path: path.stem)
def page(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text(encoding="utf-8")


def test_every_figure_has_a_source(page: str) -> None:
    assert unsourced(page) == []


def test_every_source_says_where_and_when(page: str) -> None:
    for name, text in definitions(page).items():
        paths = re.findall(r"`([\w./-]+)[` ]", text)
        assert "https://" in text or any((ROOT / path).exists() for path in paths), (
            f"[^{name}] says not where"
        )
        assert READ.search(text), f"[^{name}] says not when it was read"


def test_sources_and_references_fit(page: str) -> None:
    body = DEFINITION.sub("", page)
    used = set(REFERENCE.findall(body)) | set(REFERENCE.findall(" ".join(definitions(page).values())))
    assert used == set(definitions(page))


@pytest.mark.parametrize(
    ("markdown", "wanted"),
    [
        ("It keeps 90 days.", 1),
        ("It keeps 90 days[^a]. It costs $3.", 1),
        ("| 120 s | 100 MB[^a] |", 1),
        ("| `x` | $0.054 | 10,000 operations | [^a] |", 0),
        ("- a list item of 5 %\n- and another[^a]", 1),
        ("```\n90 days\n```\n\n    90 days\n\nversion 4.12, HTTP 202, r1", 0),
        ("keeps\n90\ndays[^a] until\nthe end", 0),
    ],
)
def test_the_test_sees_figures(markdown: str, wanted: int) -> None:
    assert len(unsourced(markdown)) == wanted


# --- what the pages compute ---------------------------------------------------------------------------


def page_text(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_logic_app_costs_what_the_pages_say() -> None:
    workflow: Any = json.loads((INFRA / "logic-app" / "workflow.json").read_text(encoding="utf-8"))
    taken = [workflow["triggers"]["manual"]]
    taken += [action for name, action in workflow["actions"].items() if name != "Escalate"]
    taken += workflow["actions"]["Somebody_answered"]["actions"].values()
    connectors = [each for each in taken if each["type"].startswith("ApiConnection")]
    counts = {
        "logic-action": Decimal(len(taken) - len(connectors)),
        "logic-connector": Decimal(len(connectors)),
    }
    assert counts == {"logic-action": 6, "logic-connector": 1}
    cost = total(counts, prices(page_text("cost.md")))
    for name in ("cost.md", "logic-apps.md"):
        assert f"${cost.normalize()}" in page_text(name)


def test_the_page_of_costs_knows_every_resource_that_the_template_makes() -> None:
    made = {
        resource["type"]
        for template in [TEMPLATE, *modules().values()]
        for resource in declared(template)
        if not resource.get("existing")
    }
    text = page_text("cost.md")
    table = text[text.index("## What the template makes") : text.index("## Against the alternatives")]
    assert set(re.findall(r"`(Microsoft[\w./]+)`", table)) == made


def test_what_is_billed_by_the_hour_is_what_costs_while_nothing_happens() -> None:
    text = page_text("cost.md")
    idle = text[text.index("## What costs money while") : text.index("## What the template makes")]
    (hourly,) = re.findall(r"^\| by the hour, while it exists \| (.+) \|$", text, re.MULTILINE)
    said = {
        "privateEndpoints": "private endpoints",
        "privateDnsZones": "their zones",
        "schedulers": "dedicated",
    }
    said["serverfarms"] = "kept ready"
    for kind in re.findall(r"`Microsoft[\w./]+/(\w+)`", hourly):
        assert said[kind] in idle


def test_idle_polling_is_what_host_json_says() -> None:
    durable = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["extensions"]["durableTask"]
    provider = durable["storageProvider"]
    seconds = int(provider["maxQueuePollingInterval"].rpartition(":")[2])
    queues = provider["partitionCount"] + 1
    assert f"{queues} x {60 // seconds} = {queues * 60 // seconds} requests a minute" in page_text("cost.md")


def test_the_quotas_are_those_of_the_code() -> None:
    durable = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["extensions"]["durableTask"]
    text = page_text("operations/quotas.md")
    assert (
        f"| activities at once on an instance | {durable['maxConcurrentActivityFunctions']}[^host] |" in text
    )
    assert (
        f"| orchestrators at once on an instance | {durable['maxConcurrentOrchestratorFunctions']}[^host]"
        in text
    )
    assert f"| partitions of the hub | {durable['storageProvider']['partitionCount']}[^host] |" in text
    waits = (ROOT / "http_api" / "proposal" / "proposals.py").read_text(encoding="utf-8")
    assert "MAX_WAIT_SECONDS = 30\n" in waits
    events = (ROOT / "services" / "deciding" / "events.py").read_text(encoding="utf-8")
    assert "AUDITED_EVENTS = 100\n" in events


def test_counted_requests_are_priced_by_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = prices(
        "| `blob-write` | a write | $0.054 | 10,000 | [^a] |\n| `gb-second` | x | $0.5 | 1 | [^b] |\n"
    )
    counts = tmp_path / "counts.json"
    counts.write_text('{"blob-write": 100, "gb-second": 0.5}')
    assert total(read_counts(counts), known) == Decimal("0.25054")
    assert table(read_counts(counts), known).splitlines()[2:] == [
        "| `blob-write` | 100 | $0.000540 |",
        "| `gb-second` | 0.5 | $0.250000 |",
        "| **Total** | | **$0.250540** |",
    ]
    monkeypatch.setattr("sys.argv", ["cost", str(counts)])
    assert main() == 0


def test_says_what_it_cannot_price(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="has no price of egress"):
        total({"egress": Decimal(1)}, {"table": Decimal(1)})
    with pytest.raises(Problem, match="restore its table"):
        prices("no table")
    (tmp_path / "counts.json").write_text("[1]")
    with pytest.raises(Problem, match="not a JSON object of numbers"):
        read_counts(tmp_path / "counts.json")


def test_the_table_of_an_approval_is_what_was_counted() -> None:
    markdown = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    assert table(read_counts(COUNTS), prices(markdown)) in markdown, (
        "run make cost, and put its table into the page"
    )


def test_requests_are_counted_by_what_they_are_billed_as() -> None:
    start = '127.0.0.1 - - [24/Nov/2026:13:41:19 +0000] "'
    requests = {
        "POST /devstoreaccount1/$batch": "table",
        "GET /devstoreaccount1/SomeHubHistory()?$filter=x": "table",
        "MERGE /devstoreaccount1/SomeHubInstances(PartitionKey='a',RowKey='')": "table",
        "PUT /devstoreaccount1/greenlight/proposals/a.json": "blob-write",
        "GET /devstoreaccount1/greenlight?restype=container&comp=list&prefix=a": "blob-write",
        "GET /devstoreaccount1/greenlight/proposals/a.json": "blob-read",
        "DELETE /devstoreaccount1/greenlight/inbox/a": "blob-read",
    }
    lease = "PUT /devstoreaccount1/somehub-applease?comp=lease&restype=container"
    log = "".join(f'{start}{each} HTTP/1.1" 200 -\n' for each in [*requests, lease])
    assert list(meters(f"Azurite Blob service is starting\n{log}", "SomeHub")) == list(requests.values())
