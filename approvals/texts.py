"""How what people read is worded: whoever has something to say names a message, a catalogue has the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Texts(Protocol):
    """A catalogue in one language (`adapters.files.catalogue`)."""

    def __call__(self, name: str, /, **arguments: str | int) -> str:
        """The words of a message, or of its attribute (``message.attribute``), with ``arguments`` in their places.

        Numbers choose plural forms and are grouped. True and False choose the variants ``yes`` and ``no``.
        """
        ...


@dataclass(frozen=True)
class Wording:
    """What is to be said, without the words, by whoever has no catalogue at hand: `in_words` finds them later."""

    name: str
    arguments: Mapping[str, str | int]

    def __str__(self) -> str:
        """For programmers."""
        given = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        return f"{self.name}({given})"


def wording(name: str, /, **arguments: str | int) -> Wording:
    return Wording(name, arguments)


def in_words(said: Wording | str, say: Texts) -> str:
    """The words; text that has its words stays as it is."""
    return said if isinstance(said, str) else say(said.name, **said.arguments)
