"""The routes of all modules of this package: whoever adds one declares it in its module, and nowhere else."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import azure.durable_functions as df
from azure.functions.decorators.function_app import FunctionBuilder

import http_api
from http_api.declaration import Declaration


@dataclass(frozen=True)
class Route:
    """A function of the app. ``template`` is its path, without the slash before it."""

    methods: tuple[str, ...]
    template: str
    declared: Declaration


@cache
def modules() -> tuple[ModuleType, ...]:
    """Every module that has a blueprint, in the order of their names."""
    names = [found.name for found in pkgutil.walk_packages(http_api.__path__, "http_api.")]
    found = [import_module(name) for name in sorted(names)]
    return tuple(module for module in found if isinstance(getattr(module, "bp", None), df.Blueprint))


def blueprints() -> tuple[df.Blueprint, ...]:
    """For the app to register. Raises AttributeError for a function that is not declared: it would be for nobody."""
    routes()
    return tuple(module.bp for module in modules())


@cache
def routes() -> tuple[Route, ...]:
    """Raises AttributeError for a function that no `http_api.handling.describes` declares."""
    values = [value for module in modules() for value in vars(module).values()]
    return tuple(_route(value.build()) for value in values if isinstance(value, FunctionBuilder))


def _route(function: Any) -> Route:
    trigger = function.get_trigger()
    methods = tuple(method.value for method in trigger.methods)
    return Route(methods, trigger.route, function.get_user_function().declared)
