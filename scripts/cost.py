"""What an approval costs: counted requests times the list prices of docs/cost.md.

    python -m scripts.cost counts.json      counts.json: {"blob-write": 41, "table": 180, ...}, for one approval

The prices are read from the one table in docs/cost.md, so that nothing can be computed with others.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from scripts.problem import ROOT, Problem

PRICES = ROOT / "docs" / "cost.md"
ROW = re.compile(r"^\| `([a-z-]+)` \|[^|]*\| \$([\d.]+) \| ([\d,]+) ", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(description="Price counted requests by the table in docs/cost.md.")
    parser.add_argument("counts", type=Path, help="a JSON object: how many of each meter one approval took")
    arguments = parser.parse_args()
    try:
        print(table(read_counts(arguments.counts), prices(PRICES.read_text(encoding="utf-8"))), end="")
    except Problem as problem:
        print(f"cost: {problem}", file=sys.stderr)
        return 1
    return 0


def prices(markdown: str) -> dict[str, Decimal]:
    """US dollars for one unit of each meter. Raises Problem where there is no table."""
    found = {
        name: Decimal(price) / Decimal(per.replace(",", "")) for name, price, per in ROW.findall(markdown)
    }
    if not found:
        raise Problem(
            "docs/cost.md has no row like '| `blob-write` | ... | $0.054 | 10,000 |': restore its table."
        )
    return found


def read_counts(path: Path) -> dict[str, Decimal]:
    """How many units of each meter. Raises Problem."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): Decimal(str(count)) for name, count in content.items()}
    except (OSError, ValueError, AttributeError, InvalidOperation) as error:
        text = f'{path} is not a JSON object of numbers ({error}): write it like {{"blob-write": 41}}.'
        raise Problem(text) from error


def total(counts: Mapping[str, Decimal], of: Mapping[str, Decimal]) -> Decimal:
    """US dollars. Raises Problem for a meter without a price."""
    unknown = sorted(counts.keys() - of.keys())
    if unknown:
        raise Problem(f"docs/cost.md has no price of {', '.join(unknown)}: it knows {', '.join(sorted(of))}.")
    return sum((count * of[name] for name, count in counts.items()), Decimal(0))


def table(counts: Mapping[str, Decimal], of: Mapping[str, Decimal]) -> str:
    """Markdown: a row for each meter, and the sum."""
    rows = [f"| `{name}` | {count:,} | ${total({name: count}, of):.6f} |\n" for name, count in counts.items()]
    head = "| Meter | In one approval | US dollars |\n|---|---|---|\n"
    return f"{head}{''.join(rows)}| **Total** | | **${total(counts, of):.6f}** |\n"


if __name__ == "__main__":
    sys.exit(main())
