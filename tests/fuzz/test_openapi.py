"""Requests made from the API's description: whatever is sent, the answer is one that it describes."""

from __future__ import annotations

import random
from typing import Any

import pytest
import schemathesis
from schemathesis import Case, GenerationMode

from http_api.discovery import routes
from http_api.openapi.document import document
from tests.fuzz.world import PEOPLE, World, realistic

# The same requests in every run: what it finds, it finds again.
SEED = 20261124
EXAMPLES = 15
MOSTLY = 0.9
LONGEST_WAIT_SECONDS = 1
REFUSED = [400, 401, 403, 404, 409, 415, 422, 428]

CONFIG = schemathesis.Config.from_dict(
    {
        "seed": SEED,
        "generation": {
            "max-examples": EXAMPLES,
            "database": "none",
            "with-security-parameters": False,  # who is asking is chosen below
        },
        "phases": {"coverage": {"unexpected-methods": []}},
        "checks": {
            # a method that no function has is answered by the Functions host, which says 404
            "unsupported_method": {"enabled": False},
            # who may not see a proposal learns nothing of what it takes
            "missing_required_header": {"expected-statuses": [401, 403, 404, 428]},
            "negative_data_rejection": {"expected-statuses": REFUSED},
            # a well-formed request may still come at the wrong time, or name what is not there
            "positive_data_acceptance": {"expected-statuses": ["2xx", 304, 412, *REFUSED]},
        },
    }
)
DESCRIPTION = document(routes())
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION, config=CONFIG)


def as_described(case: Case[Any], world: World) -> None:
    """Send it as one of several people, mostly about something that is there."""
    sent = case.body if case.media_type else None
    chance = random.Random(repr((case.path, case.path_parameters, case.query, sent)))
    person = chance.choice(PEOPLE)
    make_real(case, world, chance)
    headers = {"X-Greenlight-User": person} if person else {}
    case.call_and_validate(base_url=world.greenlight.host.url, headers=headers)


def make_real(case: Case[Any], world: World, chance: random.Random) -> None:
    well_formed = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
    target = world.aim(chance, case.path_parameters) if chance.random() < MOSTLY else None
    if target and case.headers.get("If-Match") is not None and chance.random() < MOSTLY:
        case.headers["If-Match"] = world.etag(target)
    if well_formed and isinstance(case.body, dict) and chance.random() < MOSTLY:
        case.body = realistic(chance, case.body)
    if "wait" in case.query:
        case.query["wait"] = LONGEST_WAIT_SECONDS


test_every_answer_is_described = pytest.mark.timeout(60)(SCHEMA.parametrize()(as_described))


def test_the_description_that_is_served_is_the_one_that_is_tested(world: World) -> None:
    assert world.greenlight.get(None, "/api/openapi.json").json() == DESCRIPTION
    assert len(SCHEMA) == sum(len(methods) for methods in DESCRIPTION["paths"].values())
