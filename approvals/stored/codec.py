"""The one codec between frozen dataclasses and JSON.

Whatever crosses a durable boundary or lies in a blob passes here. Dataclasses become objects, tuples lists,
enums their values, datetimes ``2026-11-24T11:27:25.123456Z`` (UTC), dates ``2026-11-24``, Decimals strings.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class CodecError(ValueError):
    """The JSON does not have the shape of the class; the message names the path and what was expected."""


def said_utc(moment: datetime) -> str:
    """A moment in a sentence: ``24 Nov 2026 at 15:58 UTC``."""
    return f"{moment.astimezone(UTC):%d %b %Y at %H:%M} UTC"


def utc_text(moment: datetime) -> str:
    """An aware datetime as UTC text with microseconds and a ``Z``.

    Raises ValueError for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_utc(text: str) -> datetime:
    """The reverse of `utc_text`; any ISO 8601 text with an offset is accepted. Raises ValueError otherwise."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text} lies outside the calendar in UTC") from None


def encode(value: Any) -> Any:
    """``value`` as plain JSON data (dict, list, str, int, float, bool, None)."""
    if is_dataclass(value):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    return value


def dumps(value: Any) -> bytes:
    """``value`` as UTF-8 JSON for people to read: indented, keys in the order of the class."""
    return _utf8(json.dumps(encode(value), indent=1, ensure_ascii=False))


def canonical(value: Any) -> bytes:
    """``value`` as the one byte string that digests are made of: sorted keys, no white space."""
    return _utf8(json.dumps(encode(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def _utf8(text: str) -> bytes:
    """JSON can say half a surrogate pair, UTF-8 cannot: it stays an escape, which JSON reads again."""
    return text.encode(errors="backslashreplace")


def loads(kind: type[T], data: bytes | str) -> T:
    """Parse JSON and `decode` it. Raises CodecError."""
    try:
        plain = json.loads(data)
    except ValueError as error:
        raise CodecError(f"not JSON: {error}") from None
    return decode(kind, plain)


def decode(kind: type[T], data: Any) -> T:
    """Build ``kind`` from plain JSON data. Unknown keys are ignored, so that older code reads newer blobs.

    Raises CodecError with the path of what is missing or of the wrong type.
    """
    shape: Any = kind  # to mypy a type[T] is not hashable
    result: T = _reader(shape)(data, kind.__name__)
    return result


@cache
def _reader(kind: Any) -> Callable[[Any, str], Any]:
    """What reads a type: worked out once, because a list of proposals reads thousands of values."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return partial(_read_optional, next(option for option in arguments if option is not type(None)))
    if origin is tuple:
        return partial(_read_tuple, arguments[0])
    if origin is not None:
        return partial(_read_mapping, arguments[1])
    if is_dataclass(kind):
        return partial(_read_dataclass, kind)
    if kind is Any:
        return lambda data, _path: data
    if issubclass(kind, Enum):
        return partial(_read_enum, kind)
    return partial(_read_text if kind in (datetime, date, Decimal) else _read_plain, kind)


def _read_optional(kind: Any, data: Any, path: str) -> Any:
    return None if data is None else _reader(kind)(data, path)


def _read_tuple(kind: Any, data: Any, path: str) -> tuple[Any, ...]:
    _expect(isinstance(data, list), path, "a list", data)
    read = _reader(kind)
    return tuple(read(item, f"{path}[{i}]") for i, item in enumerate(data))


def _read_mapping(kind: Any, data: Any, path: str) -> dict[str, Any]:
    _expect(isinstance(data, dict), path, "an object", data)
    read = _reader(kind)
    return {key: read(item, f"{path}.{key}") for key, item in data.items()}


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    """Name, type, and whether it must be there."""
    hints = get_type_hints(kind)
    return tuple(
        (f.name, hints[f.name], f.default is MISSING and f.default_factory is MISSING) for f in fields(kind)
    )


def _read_dataclass(kind: Any, data: Any, path: str) -> Any:
    _expect(isinstance(data, dict), path, "an object", data)
    values = {}
    for name, hint, required in _fields(kind):
        if name in data:
            values[name] = _reader(hint)(data[name], f"{path}.{name}")
        elif required:
            raise CodecError(f"{path}.{name} is missing")
    return kind(**values)


def _read_enum(kind: type[Enum], data: Any, path: str) -> Enum:
    try:
        return kind(data)
    except ValueError:
        allowed = ", ".join(str(member.value) for member in kind)
        raise CodecError(f"{path} is {data!r}, not one of: {allowed}") from None


def _read_plain(kind: type, data: Any, path: str) -> Any:
    _expect(
        isinstance(data, kind) and not (kind is int and isinstance(data, bool)), path, kind.__name__, data
    )
    return data


def _read_text(kind: Any, data: Any, path: str) -> Any:
    _expect(isinstance(data, str), path, f"a {kind.__name__} as text", data)
    try:
        return (
            parse_utc(data) if kind is datetime else kind.fromisoformat(data) if kind is date else kind(data)
        )
    except (ValueError, InvalidOperation):
        raise CodecError(f"{path} is {data!r}, not a {kind.__name__}") from None


def _expect(holds: object, path: str, expected: str, data: Any) -> None:
    if not holds:
        raise CodecError(f"{path} is {type(data).__name__}, not {expected}")
