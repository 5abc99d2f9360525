"""``devhost COMMAND``; without one, ``start``."""

from __future__ import annotations

import sys

from devhost.tool import gate_command, history_command, start_command

COMMANDS = {
    "start": start_command.main,
    "history": history_command.history,
    "doctor": history_command.doctor,
    "gate": gate_command.main,
}
HELP = """\
usage: devhost COMMAND [options]       devhost COMMAND --help tells a command's options

  start      run the app on this machine (also without a command)
  history    what an instance did, step by step, and what it waits for
  doctor     which instances hang, and why
  gate       would what is under way go on with the code of today?
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in ("help", "--help", "-h"):
        print(HELP, end="")
        return 0
    if given and given[0] in COMMANDS:
        return COMMANDS[given[0]](given[1:])
    return start_command.main(given)
