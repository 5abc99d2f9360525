"""Durable entities: operations in the order of their senders, each once, state and answers in one commit.

An entity is an instance ``@name@key`` whose input is its state. The answers of a batch are stored with it, so that
they survive a crash; the next batch is committed only once they have arrived.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from devhost.engine.ports import Instances
from devhost.functions.worker import FunctionFailed
from devhost.protocol.events import Event, Kind, compact, event, kind_of, net_time, parse_time
from devhost.protocol.messages import Posted, TooLong, started_event
from devhost.protocol.rows import Instance, fits_a_key
from devhost.protocol.walk import ASSEMBLY, ticks

log = logging.getLogger("devhost")
RESPONSE_MESSAGE = f"{ASSEMBLY}.ResponseMessage, {ASSEMBLY}"
# How long an entity remembers a sender that is over.
REMEMBERED = timedelta(minutes=30)


@dataclass
class _Operation:
    message: dict[str, Any]
    taken: asyncio.Future[None]


class Entities:
    """The entities of one engine."""

    def __init__(self, engine: Instances) -> None:
        self._engine = engine
        self._queues: dict[str, list[_Operation]] = defaultdict(list)
        self._pumping: set[str] = set()
        self._owed: dict[str, list[Event]] = {}
        self._sent: dict[str, set[asyncio.Future[None]]] = defaultdict(set)

    def deliver(self, entity_id: str, message: dict[str, Any]) -> asyncio.Future[None]:
        """Queue an operation; the result is set once it is done and stored."""
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sender = message.get("parent")
        if sender is not None:
            self._sent[sender].add(taken)
            taken.add_done_callback(lambda done: self._forget(sender, done))
        self._queues[entity_id].append(_Operation(message, taken))
        self._wake(entity_id)
        return taken

    def _wake(self, entity_id: str) -> None:
        if entity_id not in self._pumping:
            self._pumping.add(entity_id)
            self._engine.spawn(self._pump(entity_id))

    def _forget(self, sender: str, done: asyncio.Future[None]) -> None:
        _ = (
            done.cancelled() or done.exception()
        )  # looked at, so that asyncio does not report it as overlooked
        self._sent[sender].discard(done)
        if not self._sent[sender]:
            del self._sent[sender]

    async def signal(self, entity_id: str, operation: str, text: str | None) -> None:
        """An operation without a sender; returns once it is done and stored."""
        message = {"op": operation, "signal": True, "id": str(uuid.uuid4())}
        if text is not None:
            message["input"] = text
        await self.deliver(entity_id, message)

    async def taken(self, instance: Instance) -> None:
        """Return once everything that this instance has sent is stored by who got it; raises where it cannot be."""
        await asyncio.gather(*self._sent.get(instance.id, ()))

    def resend(self, instance: Instance) -> None:
        """After a restart: what an instance has sent; entities drop what they had."""
        for found in instance.history:
            if kind_of(found) is Kind.EventSent:
                _ = self.deliver(found["InstanceId"], json.loads(found["Input"]))

    def adopt(self, entity: Instance) -> None:
        """After a restart: its state as committed (the row may be older), and what it may still owe its callers."""
        if (started := entity.started) is not None:
            entity.input, entity.execution_id = (
                started["Input"],
                started["OrchestrationInstance"]["ExecutionId"],
            )
            entity.status, entity.created = "Running", parse_time(started["Timestamp"])
            entity.custom_status = _custom_status(json.loads(entity.input or "{}"))
            self._owed[entity.id] = [found for found in entity.history if kind_of(found) is Kind.EventSent]
        self._engine.instances[entity.id] = entity

    def go_on(self, entity: Instance) -> None:
        """Settle what it owes, once who waits for that is there."""
        self._wake(entity.id)

    # -- batches -----------------------------------------------------------------------------------------

    async def _pump(self, entity_id: str) -> None:
        try:
            await self._settle(entity_id)
            while batch := self._queues.pop(entity_id, None):
                try:
                    await self._run(entity_id, batch)
                except BaseException as error:
                    for operation in batch:
                        if not operation.taken.done():  # who waited was stopped, too
                            operation.taken.set_exception(error)
                    raise
                for operation in batch:
                    if not operation.taken.done():
                        operation.taken.set_result(None)
        finally:
            self._pumping.discard(entity_id)

    async def _run(self, entity_id: str, batch: list[_Operation]) -> None:
        if not fits_a_key(entity_id):
            await self._refuse(str(TooLong(entity_id)), batch)
            return
        entity = self._engine.instances.get(entity_id) or await self._load(entity_id)
        state = json.loads(entity.input or "{}")
        senders = state.setdefault("sorter", {}).setdefault("ReceivedFromInstance", {})
        messages = [found for operation in batch if _is_new(found := operation.message, senders)]
        if not messages:
            return
        answer = await self._call(entity_id, state, messages)
        state |= {"exists": answer["entityExists"], "state": answer["entityState"]}
        horizon = self._engine.clock.now() - REMEMBERED
        state["sorter"] = {
            "ReceivedFromInstance": self._remembered(senders, net_time(horizon)),
            "ReceiveHorizon": net_time(horizon),
        }
        answers = await self._commit(entity, state, messages, answer["results"])
        await self._answer(answers)

    async def _refuse(self, why: str, batch: list[_Operation]) -> None:
        log.error("an entity cannot be reached: %s", why)
        result = {"isError": True, "result": compact(why)}
        calls = [operation.message for operation in batch if not operation.message.get("signal")]
        await self._answer([_answer_event(message, result, 0, self._engine) for message in calls])

    async def _load(self, entity_id: str) -> Instance:
        """An entity that has no row: new, or one whose first commit was the last thing before a crash."""
        made = self._new(entity_id)
        await self._engine.hub.load_history(made)
        if made.history:
            self.adopt(made)
            await self._settle(entity_id)
        return made

    async def _settle(self, entity_id: str) -> None:
        """What the last batch before a restart owes: its row, and its answers; callers drop what they had."""
        if (owed := self._owed.pop(entity_id, None)) is not None:
            await self._engine.hub.describe(self._engine.instances[entity_id])
            await self._answer(owed)

    def _new(self, entity_id: str) -> Instance:
        made = self._engine.new_instance(entity_id, entity_id, None, uuid.uuid4().hex)
        made.generation, made.version = None, ""
        return made

    async def _call(
        self, entity_id: str, state: dict[str, Any], messages: list[dict[str, Any]]
    ) -> dict[str, Any]:
        _, name, key = entity_id.split("@", 2)
        batch = [
            {
                "name": message["op"],
                "input": message.get("input"),
                "isSignal": message.get("signal", False),
                "id": message["id"],
            }
            for message in messages
        ]
        exists, content = state.get("exists", False), state.get("state")
        context = {"self": {"name": name, "key": key}, "exists": exists, "state": content, "batch": batch}
        invocation, began = str(uuid.uuid4()), time.perf_counter()
        try:
            answer = await self._engine.worker.run_entity(name, compact(context), invocation)
        except (FunctionFailed, LookupError) as failure:
            log.warning("%s failed: %s [%s]", entity_id, failure, invocation)
            failed = {"isError": True, "result": compact(str(failure))}
            return {"entityExists": exists, "entityState": content, "results": [failed] * len(batch)}
        took = (time.perf_counter() - began) * 1000
        log.info("%s: %d operations (%.0f ms) [%s]", entity_id, len(batch), took, invocation)
        return answer

    def _remembered(self, senders: dict[str, Any], horizon: str) -> dict[str, Any]:
        instances = self._engine.instances
        return {
            sender: seen
            for sender, seen in senders.items()
            if ticks(seen["Last"]) >= ticks(horizon)
            or (sender in instances and not instances[sender].is_over)
        }

    async def _commit(
        self,
        entity: Instance,
        state: dict[str, Any],
        messages: list[dict[str, Any]],
        results: list[dict[str, Any]],
    ) -> list[Event]:
        now = self._engine.clock.now()
        changed = replace(entity, execution_id=uuid.uuid4().hex, status="Running", stored_rows=0, created=now)
        changed.input = compact({name: state[name] for name in ("exists", "state", "sorter")})
        changed.custom_status = _custom_status(state)
        answers = [
            _answer_event(message, result, number, self._engine)
            for number, (message, result) in enumerate(zip(messages, results, strict=True))
            if not message.get("signal")
        ]
        begun = [event(Kind.OrchestratorStarted, now), started_event(changed, None, now)]
        new = [*begun, *answers, event(Kind.OrchestratorCompleted, self._engine.clock.now())]
        changed.updated = parse_time(new[-1]["Timestamp"])
        await self._engine.hub.commit(changed, new)
        await self._engine.hub.describe(changed)
        changed.history = new
        self._engine.instances[entity.id] = changed
        return answers

    async def _answer(self, answers: list[Event]) -> None:
        arrived = []
        for found in answers:
            committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            raised = event(
                Kind.EventRaised, self._engine.clock.now(), Name=found["Name"], Input=found["Input"]
            )
            self._engine.deliver(found["InstanceId"], Posted(raised, None, committed, once=True))
            arrived.append(committed)
        if arrived:
            await asyncio.wait(arrived)


def _custom_status(state: dict[str, Any]) -> str:
    return compact({"entityExists": state.get("exists", False)})


def _is_new(message: dict[str, Any], senders: dict[str, Any]) -> bool:
    """Each sender's messages come in order: what is not later than the last was here before."""
    sender = message.get("parent")
    if sender is None:
        return True
    seen = senders.get(sender)
    if (
        seen is not None
        and seen["ExecutionId"] == message["parentExecution"]
        and ticks(message["Timestamp"]) <= ticks(seen["Last"])
    ):
        return False
    senders[sender] = {"Last": message["Timestamp"], "ExecutionId": message["parentExecution"]}
    return True


def _answer_event(message: dict[str, Any], result: dict[str, Any], number: int, engine: Instances) -> Event:
    answer = {"$type": RESPONSE_MESSAGE, "result": result.get("result")}
    if result["isError"]:
        answer["exceptionType"] = "Error"
    members = {"InstanceId": message["parent"], "Name": message["id"], "Input": compact(answer)}
    return event(Kind.EventSent, engine.clock.now(), number, **members)
