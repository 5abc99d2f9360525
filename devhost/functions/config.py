"""What host.json and local.settings.json say."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from devhost.problems import Problem
from devhost.protocol.versions import Failure, Match, Versions

_HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,44}\Z")
_SETTING = re.compile(r"%([^%]+)%")
# What the extension allows by itself on two cores.
MAX_CONCURRENT = 20
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class Config:
    """The host's settings. ``prefix`` stands in front of every route."""

    hub: str
    prefix: str
    max_activities: int
    max_orchestrators: int
    versions: Versions = field(default_factory=Versions)


def read_config(folder: Path, hub: str | None = None) -> Config:
    """Read host.json; local settings go into the environment, which wins. Raises Problem."""
    use_local_settings(folder)
    extensions = _object(_json_file(folder / "host.json"), "extensions", "host.json")
    durable = _object(extensions, "durableTask", "host.json")
    name = hub or with_settings(str(durable.get("hubName", "TestHubName")))
    if not _HUB_NAME.match(name):
        raise Problem(
            f"the task hub's name is {name!r}: it must have 3 to 45 letters and digits, a letter first. It comes from"
            " --hub, or from extensions.durableTask.hubName in host.json."
        )
    return Config(
        hub=name,
        prefix=str(_object(extensions, "http", "host.json").get("routePrefix", "api")),
        max_activities=_limit(durable, "maxConcurrentActivityFunctions"),
        max_orchestrators=_limit(durable, "maxConcurrentOrchestratorFunctions"),
        versions=_versions(durable),
    )


def use_local_settings(folder: Path) -> None:
    """Put the ``Values`` of local.settings.json into the environment, which wins. Raises Problem."""
    values = _object(_json_file(folder / "local.settings.json"), "Values", "local.settings.json")
    for name, value in values.items():
        os.environ.setdefault(name, str(value))


def with_settings(text: str) -> str:
    """A text with the values of settings for ``%NAME%``. Raises Problem for one that is not there."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise Problem(
                f"the setting {found[1]} is used as {found[0]}, but it has no value: put it into the environment, or"
                " into Values of local.settings.json."
            )
        return os.environ[found[1]]

    return _SETTING.sub(value, text)


def _versions(durable: dict[str, Any]) -> Versions:
    default = durable.get("defaultVersion")
    if default is not None and (isinstance(default, bool) or not isinstance(default, str | int | float)):
        raise Problem(
            f'host.json: extensions.durableTask.defaultVersion must be a text like "2.1", not {default!r}.'
        )
    return Versions(
        default=(str(default).strip() or None) if default is not None else None,
        match=_choice(durable, "versionMatchStrategy", Match.CURRENT_OR_OLDER),
        failure=_choice(durable, "versionFailureStrategy", Failure.REJECT),
    )


def _choice(durable: dict[str, Any], name: str, default: Choice) -> Choice:
    """One of a setting's names, whatever its letter case, as .NET reads them."""
    value = durable.get(name, default)
    found = next((each for each in type(default) if each.lower() == str(value).lower()), None)
    if found is None:
        names = ", ".join(type(default))
        raise Problem(f"host.json: extensions.durableTask.{name} must be one of {names}, not {value!r}.")
    return found


def _limit(durable: dict[str, Any], name: str) -> int:
    value = durable.get(name, MAX_CONCURRENT)
    if not isinstance(value, int) or value < 1:
        raise Problem(f"host.json: extensions.durableTask.{name} must be a number above zero, not {value!r}.")
    return value


def _object(found: dict[str, Any], name: str, file: str) -> dict[str, Any]:
    value = found.get(name, {})
    if not isinstance(value, dict):
        raise Problem(f"{file}: {name} must be a JSON object, not {value!r}.")
    return value


def _json_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise Problem(f"{path.name} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Problem(f"{path.name} must hold a JSON object.")
    return found
