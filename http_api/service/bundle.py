"""The page's modules in one file: one request instead of forty, without a build step.

They are put together when the app starts. What they may be written like is narrow: named imports and exports at the
beginning of a line, no default, no circles; anything else is an error at start, which a test finds before.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[\w./-]+)";$', re.MULTILINE)
_PASSED_ON = re.compile(r'^export \{([^}]*)\} from "(\.[\w./-]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
# Comments that have their lines to themselves; three quarters of them are types, which a browser does not read.
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


class NotBundled(ValueError):
    """A module is written in a way that cannot be put together; the message says which and how."""


def bundle(modules: Mapping[str, str], entry: str) -> str:
    """All that ``entry`` needs, each module after those it imports. ``modules`` by path. Raises NotBundled."""
    return "\n".join(_wrapped(name, modules[name]) for name in needed(modules, entry))


def needed(modules: Mapping[str, str], entry: str) -> list[str]:
    """The modules that ``entry`` needs, and itself, last. Raises NotBundled for a circle or a missing one."""
    found: list[str] = []
    _collect(modules, entry, (), found)
    return found


def _collect(modules: Mapping[str, str], name: str, above: tuple[str, ...], found: list[str]) -> None:
    if name in above:
        raise NotBundled(f"{' -> '.join((*above, name))}: modules import each other in a circle; part them")
    if name not in modules:
        raise NotBundled(f"{above[-1] if above else 'the page'} imports {name}, which is not there")
    if name in found:
        return
    for target in _targets(name, modules[name]):
        _collect(modules, target, (*above, name), found)
    found.append(name)


def _targets(name: str, text: str) -> list[str]:
    return [_path(name, found) for _, found in (*_IMPORT.findall(text), *_PASSED_ON.findall(text))]


def _path(name: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), target))


def _variable(path: str) -> str:
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))


def _wrapped(name: str, text: str) -> str:
    """A module as a function that is called once and returns what it exports."""
    text = _COMMENT.sub("", text)
    given = [each for names, _ in _PASSED_ON.findall(text) for each in _names(names)]
    given += _EXPORT.findall(text)

    def taken(found: re.Match[str]) -> str:
        names = ", ".join(each.replace(" as ", ": ") for each in _names(found[1]))
        return f"const {{ {names} }} = {_variable(_path(name, found[2]))};"

    code = _EXPORT.sub("", _IMPORT.sub(taken, _PASSED_ON.sub(taken, text)))
    left = _LEFT.search(code)
    if left:
        raise NotBundled(f"{name}: {left[0]!r}; write named imports and exports alone")
    return f"const {_variable(name)} = (() => {{\n{code.rstrip()}\nreturn {{ {', '.join(given)} }};\n}})();"


def _names(text: str) -> list[str]:
    return [" ".join(each.split()) for each in text.split(",") if each.strip()]
