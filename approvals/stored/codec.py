"""The one codec between frozen dataclasses and JSON.

Whatever crosses a durable boundary or lies in a blob passes here. Dataclasses become objects, tuples lists,
enums their values, datetimes ``2026-11-24T11:27:25.123456Z`` (UTC), dates ``2026-11-24``, Decimals strings.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
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
    result: T = _decode(kind, data, kind.__name__)
    return result


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _decode(kind: Any, data: Any, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_optional(kind, data, path)
    if origin is tuple:
        _expect(isinstance(data, list), path, "a list", data)
        return tuple(_decode(get_args(kind)[0], item, f"{path}[{i}]") for i, item in enumerate(data))
    if origin is not None:
        _expect(isinstance(data, dict), path, "an object", data)
        return {key: _decode(get_args(kind)[1], item, f"{path}.{key}") for key, item in data.items()}
    if is_dataclass(kind):
        return _decode_dataclass(kind, data, path)
    return _decode_scalar(kind, data, path)


def _decode_optional(kind: Any, data: Any, path: str) -> Any:
    if data is None:
        return None
    inner = next(option for option in get_args(kind) if option is not type(None))
    return _decode(inner, data, path)


def _decode_dataclass(kind: Any, data: Any, path: str) -> Any:
    _expect(isinstance(data, dict), path, "an object", data)
    hints, values = _hints(kind), {}
    for f in fields(kind):
        if f.name in data:
            values[f.name] = _decode(hints[f.name], data[f.name], f"{path}.{f.name}")
        elif f.default is MISSING and f.default_factory is MISSING:
            raise CodecError(f"{path}.{f.name} is missing")
    return kind(**values)


def _decode_scalar(kind: Any, data: Any, path: str) -> Any:
    if kind is Any:
        return data
    if issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError:
            allowed = ", ".join(str(member.value) for member in kind)
            raise CodecError(f"{path} is {data!r}, not one of: {allowed}") from None
    if kind in (datetime, date, Decimal):
        return _decode_text(kind, data, path)
    _expect(
        isinstance(data, kind) and not (kind is int and isinstance(data, bool)), path, kind.__name__, data
    )
    return data


def _decode_text(kind: Any, data: Any, path: str) -> Any:
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
