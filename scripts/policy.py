"""What the approval policy says, before anybody relies on it.

    python -m scripts.policy lint
    python -m scripts.policy preview --category software-design --department engineering --budget 12000 --author ana

`lint` looks for rules that are never reached, stages that nobody can settle and escalation that leads nowhere; exit
code 1 where there is an error. `preview` says who would have to approve, why and by when, and stores nothing. Both
read config/policy.toml and config/directory.toml, or the files that are named.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from adapters.files.catalogue import english
from adapters.holidays import PublicHolidays
from approvals.draft import RISKS, Draft
from approvals.policy.directory import Directory, DirectoryError, parse_directory
from approvals.policy.lint import Level, lint
from approvals.policy.parse import PolicyError, parse_policy
from approvals.policy.routing import route
from approvals.policy.rules import Policy
from approvals.refusals import Refusal
from approvals.writing.messages import in_zone
from scripts.problem import ROOT, Problem
from services.submitting.preview import Calendar, PolicyPreview, PreviewHolder, PreviewSeat, forecast

T = TypeVar("T")
CONFIG = ROOT / "config"


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    try:
        policy = read(arguments.policy, parse_policy)
        directory = read(arguments.directory, parse_directory)
        if arguments.command == "lint":
            return run_lint(policy, directory)
        draft = Draft("", arguments.category, arguments.department, arguments.budget, arguments.risk, "", {})
        print(told(policy, directory, draft, arguments.author, datetime.now(UTC)))
    except Problem as problem:
        print(f"policy: {problem}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    files = argparse.ArgumentParser(add_help=False)
    files.add_argument("--policy", type=Path, default=CONFIG / "policy.toml", metavar="FILE")
    files.add_argument("--directory", type=Path, default=CONFIG / "directory.toml", metavar="FILE")
    parser = argparse.ArgumentParser(description="Check the approval policy, or see what it would ask for.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("lint", parents=[files], help="what is wrong with policy and directory together")
    preview = commands.add_parser("preview", parents=[files], help="who would have to approve, why, by when")
    preview.add_argument("--category", required=True)
    preview.add_argument("--department", required=True)
    preview.add_argument(
        "--budget", required=True, type=_money, help="in the policy's currency, like 12000.50"
    )
    preview.add_argument("--risk", choices=RISKS, default=RISKS[0])
    preview.add_argument("--author", required=True, help="who would submit it: an id of the directory")
    return parser


def _money(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount of money; write it like 12000.50")
    return amount


def read(path: Path, parse: Callable[[str], T]) -> T:
    """What a file holds. Raises Problem, which says everything that is wrong with it."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (PolicyError, DirectoryError) as error:
        raise Problem("\n  ".join([f"{path} cannot be used:", *error.problems])) from error
    except UnicodeDecodeError as error:
        raise Problem(f"{path} is not UTF-8: save it as UTF-8 text.") from error
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from error


def run_lint(policy: Policy, directory: Directory) -> int:
    """Print every remark; 1 where one of them is an error."""
    remarks = lint(policy, directory)
    for remark in remarks:
        print(remark)
    if not remarks:
        print(f"nothing to remark: {len(policy.rules)} rules, {len(directory.people)} people")
    return 1 if any(remark.level is Level.ERROR for remark in remarks) else 0


def told(policy: Policy, directory: Directory, draft: Draft, author: str, now: datetime) -> str:
    """Who would have to approve, for people to read, in the author's time zone.

    Raises Problem for a category or an author that is unknown, and where nobody can approve.
    """
    if draft.category not in policy.categories:
        known = ", ".join(policy.categories)
        raise Problem(f"{draft.category!r} is not a category of the policy: use one of {known}.")
    person = directory.person(author)
    if person is None:
        known = ", ".join(person.id for person in directory.people)
        raise Problem(f"{author!r} is nobody of the directory: use one of {known}.")
    try:
        found = route(policy, directory, draft, author)
    except Refusal as refusal:
        raise Problem(refusal.words(english())) from refusal
    calendar = Calendar(policy, directory, PublicHolidays())
    preview = forecast(calendar, found, author, frozenset({author}), now)
    return "\n".join(_lines(preview, person.time_zone))


def _lines(preview: PolicyPreview, zone: str) -> Iterator[str]:
    yield f"Rule {preview.rule!r}: {preview.why}."
    for n, stage in enumerate(preview.stages, start=1):
        yield f"{n}. {stage.title}: {stage.need}, by {in_zone(stage.due_at, zone)}"
        for seat in stage.seats:
            yield from _seat(seat, zone)
    days = "1 working day" if preview.working_days == 1 else f"{preview.working_days} working days"
    yield f"{days} altogether if all of them take their whole time: {in_zone(preview.due_at, zone)}."


def _seat(seat: PreviewSeat, zone: str) -> Iterator[str]:
    first, *others = seat.chain
    yield f"   - {_who(first)}"
    for holder in others:
        yield f"     after silence {_who(holder)}, by {in_zone(holder.due_at, zone)}"
    for reason in seat.passed_over:
        yield f"     passed over: {reason}"


def _who(holder: PreviewHolder) -> str:
    behalf = f" on behalf of {holder.on_behalf_of}" if holder.on_behalf_of else ""
    return f"{holder.name}{behalf} ({holder.why})"


if __name__ == "__main__":
    sys.exit(main())
