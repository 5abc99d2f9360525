"""What comes from outside is checked field by field, by models of pydantic; errors name the field and how to mend it.

Both doors use these models: request bodies, and what events carry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

from approvals.refusals import FieldError, invalid
from approvals.texts import Wording, wording

M = TypeVar("M", bound="Body")
MAX_KEY = 64


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _one_line(text: str) -> str:
    """Titles become subjects of messages, words become ids. Raises ValueError."""
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


def _whole_characters(text: object) -> object:
    """JSON can say half of a surrogate pair, UTF-8 cannot: it becomes a question mark."""
    return text.encode(errors="replace").decode() if isinstance(text, str) else text


ONE_LINE = AfterValidator(_one_line)
WHOLE_CHARACTERS = BeforeValidator(_whole_characters)
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), ONE_LINE]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]


FIELDS_WRONG = wording("refusal.fields-wrong")


def parse(model: type[M], fields: Mapping[str, Any], what: Wording | str = FIELDS_WRONG) -> M:
    """Validate. Raises Refusal (INVALID) naming every field, in words for people."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        errors = [FieldError(_path(each["loc"]), _mend(each)) for each in error.errors()]
        raise invalid(what, *errors) from None


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part[:MAX_KEY]}" if path else part[:MAX_KEY]
    return path or "body"


def _mend(error: Any) -> Wording | str:
    """The rest is the library's English, or that of a validator of ours."""
    if error["type"] == "missing":
        return wording("fix.missing")
    if error["type"] == "extra_forbidden":
        return wording("fix.unknown-field")
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[0].lower() + message[1:]
