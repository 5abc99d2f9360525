"""How what people read is worded: whoever has something to say names a message, a catalogue has the words."""

from __future__ import annotations

from typing import Protocol


class Texts(Protocol):
    """A catalogue in one language (`adapters.files.catalogue`)."""

    def __call__(self, name: str, /, **arguments: str | int) -> str:
        """The words of a message, or of its attribute (``message.attribute``), with ``arguments`` in their places.

        Numbers choose plural forms and are grouped. True and False choose the variants ``yes`` and ``no``.
        """
        ...
