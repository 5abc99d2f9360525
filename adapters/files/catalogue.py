"""What people read, in English: Project Fluent messages in ``locales/en``, one file a subject.

Syntax: https://projectfluent.org/fluent/guide/. ``page.ftl`` is the page's own and is read by the browser.
"""

from __future__ import annotations

import logging
import uuid
from functools import cache

from fluent.runtime import FluentBundle, FluentResource

from adapters.settings import ROOT
from approvals.texts import Texts

log = logging.getLogger("greenlight.texts")

LOCALES = ROOT / "locales"
OF_THE_PAGE = "page.ftl"
LONGEST = 200


class Catalogue:
    """Texts of one language. ``strict``: what is missing raises LookupError; otherwise it is logged and left out.

    A message with a gap is better than a decision that nobody hears about. Tests are strict.
    """

    def __init__(self, language: str, sources: list[str], *, strict: bool = False) -> None:
        # texts go into mails and records: the marks around what is put in would be visible there
        self._bundle = FluentBundle([language], use_isolating=False)
        for source in sources:
            self._bundle.add_resource(FluentResource(source))
        self._strict = strict

    def __call__(self, name: str, /, **arguments: str | int) -> str:
        message, _, attribute = name.partition(".")
        whole = {f"\ue000{uuid.uuid4().hex}": value for value in arguments.values() if _is_long(value)}
        marks = {value: mark for mark, value in whole.items()}
        given = {key: marks.get(value, _value(value)) for key, value in arguments.items()}
        try:
            found = self._bundle.get_message(message)
            patterns = found.attributes | ({"": found.value} if found.value else {})
            text, errors = self._bundle.format_pattern(patterns[attribute], given)
        except LookupError as error:
            text, errors = name, [error]
        if errors:
            self._missing(name, errors)
        text = str(text)
        for mark, value in whole.items():
            text = text.replace(mark, str(value))
        return text

    def _missing(self, name: str, errors: list[Exception]) -> None:
        if self._strict:
            raise LookupError(f"{name}: {errors}")
        log.error("the text %s has gaps: %s", name, errors)


def _is_long(value: str | int) -> bool:
    """Fluent cuts off what is longer than 2,500 characters, so it gets a mark in its place."""
    return isinstance(value, str) and len(value) > LONGEST


def _value(value: str | int) -> str | int:
    return ("yes" if value else "no") if isinstance(value, bool) else value


def sources(language: str) -> dict[str, str]:
    """The files of a language that are Python's to read, by name."""
    paths = sorted((LOCALES / language).glob("*.ftl"))
    return {path.name: path.read_text(encoding="utf-8") for path in paths if path.name != OF_THE_PAGE}


@cache
def english(*, strict: bool = False) -> Texts:
    """The one catalogue there is so far, read once."""
    return Catalogue("en", list(sources("en").values()), strict=strict)
