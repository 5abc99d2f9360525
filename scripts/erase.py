"""Erase what people wrote about proposals, where the policy allows it.

    python -m scripts.erase --by olga --proposal p-uoammrmj2ew2     one proposal, or several: name it again
    python -m scripts.erase --by olga --person ana                  everything that somebody submitted
    python -m scripts.erase --people                                names and addresses in directories of former days

It says what it would do; with --yes it does it. Only proposals are erased that are closed, published and purged from
the task hub, and that `[retention]` in the policy gives free. It reads the app's settings from the environment. Exit
code 1 where something could not be erased. docs/operations/erasure.md tells what stays, and for how long.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from adapters import bootstrap
from adapters.files.catalogue import english
from adapters.settings import ConfigurationError
from approvals.ports import Ports
from approvals.refusals import Refusal
from scripts.problem import Problem
from services.store.cases import load_proposal
from services.upkeep import erasing


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    try:
        ports = _ports()
        if arguments.people:
            return forget_people(ports, sure=arguments.yes)
        return erase(ports, arguments.by, chosen(ports, arguments), sure=arguments.yes)
    except Problem as problem:
        print(f"erase: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Erase what people wrote about proposals, where the policy allows it."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--proposal", action="append", metavar="ID", help="a proposal; may be given again")
    what.add_argument("--person", metavar="ID", help="every proposal that this person submitted")
    what.add_argument(
        "--people", action="store_true", help="names in directories that nothing needs any more"
    )
    parser.add_argument("--by", metavar="ID", help="who orders it: an id of the directory; the trail says so")
    parser.add_argument("--yes", action="store_true", help="do it; there is no way back")
    return parser


def _ports() -> Ports:
    try:
        return bootstrap.ports()
    except ConfigurationError as error:
        raise Problem(str(error)) from error


def chosen(ports: Ports, arguments: argparse.Namespace) -> list[str]:
    """Ids of proposals. Raises Problem where nobody orders it, or there is nothing."""
    person = ports.directory.current().person(arguments.by) if arguments.by else None
    if person is None:
        raise Problem("say with --by who orders it: the id of a person of the directory.")
    if arguments.proposal:
        return list(arguments.proposal)
    found = erasing.submitted_by(ports, arguments.person)
    if not found:
        raise Problem(f"{arguments.person!r} has submitted nothing.")
    return found


def erase(ports: Ports, by: str, proposals: list[str], *, sure: bool) -> int:
    """Say for each proposal what happens to it, and do it where ``sure``. 1 where one of them must stay."""
    free = [proposal for proposal in proposals if _is_free(ports, proposal)]
    if sure:
        try:
            erasing.erase(ports, free, by)
        except ExceptionGroup as group:
            raise Problem(
                "; ".join(f"{error.__notes__[0]}: {error}" for error in group.exceptions)
            ) from group
        print(f"erased: {len(free)} of {len(proposals)}")
    elif free:
        print("Nothing is erased yet. Say --yes to erase for good what is marked so.")
    return 0 if len(free) == len(proposals) else 1


def _is_free(ports: Ports, proposal: str) -> bool:
    try:
        current, _ = load_proposal(ports.store, proposal)
        if current.erased_at is None:
            erasing.refuse(ports, current)
    except Refusal as refusal:
        print(f"{proposal}: stays. {refusal.words(english())}")
        return False
    print(f"{proposal}: erase")
    return True


def forget_people(ports: Ports, *, sure: bool) -> int:
    """Names and addresses in kept directories."""
    if not sure:
        print("Nothing is erased yet. Say --yes to take the names out of every directory that nothing needs.")
        return 0
    print(f"directories without names: {len(erasing.forget_people(ports))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
