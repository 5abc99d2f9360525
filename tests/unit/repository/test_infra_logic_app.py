"""The Logic App beside Greenlight: what it takes, what it sends, what it hides."""

from __future__ import annotations

import json
import re
from typing import Any

from approvals.stored.ids import EVENT
from approvals.verdicts import Verdict
from scripts.release.infra import INFRA
from services.deciding.ballots import parse_decision
from tests.arm import modules, only


def workflow() -> Any:
    return json.loads((INFRA / "logic-app" / "workflow.json").read_text(encoding="utf-8"))


def test_the_logic_app_runs_this_definition_and_takes_no_signatures() -> None:
    template = json.dumps(modules()["approvalByMail"])
    for action in ("Ask_by_mail", "Tell_Greenlight"):
        assert action in template
    access = only("Microsoft.Logic/workflows")["properties"]["accessControl"]["triggers"]
    assert access["sasAuthenticationPolicy"]["state"] == "Disabled"
    claims = access["openAuthenticationPolicies"]["policies"]["greenlight"]["claims"]
    assert [claim["name"] for claim in claims] == ["iss", "aud", "oid"]
    assert list(workflow()["triggers"]) == ["manual"]


def test_the_logic_app_raises_an_event_that_greenlight_takes() -> None:
    call = workflow()["actions"]["Somebody_answered"]["actions"]["Tell_Greenlight"]["inputs"]
    assert call["uri"].endswith(f"/raiseEvent/{EVENT}")
    by, task, ballot = parse_decision(call["body"] | {"verdict": "approve", "by": "ben", "task": "line-1"})
    assert (by, task, ballot.verdict) == ("ben", "line-1", Verdict.APPROVE)
    verdicts = set(re.findall(r", '(\w+)'", call["body"]["verdict"])) - {"Approve"}
    assert verdicts == {Verdict.APPROVE.value, Verdict.REJECT.value}
    asked = workflow()["triggers"]["manual"]["inputs"]["schema"]["properties"]
    assert set(re.findall(r"triggerBody\(\)\?\['(\w+)'\]", json.dumps(workflow()))) == set(asked)


def test_the_logic_app_hides_the_system_key_from_its_run_history() -> None:
    actions = workflow()["actions"]["Somebody_answered"]["actions"]
    assert actions["Read_the_system_key"]["runtimeConfiguration"]["secureData"]["properties"] == ["outputs"]
    assert actions["Tell_Greenlight"]["runtimeConfiguration"]["secureData"]["properties"] == ["inputs"]
