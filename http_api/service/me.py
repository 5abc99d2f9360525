"""Client functions about who is asking: the person, their inbox, their messages, and how to sign in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from adapters import bootstrap
from adapters.settings import IdentityMode
from approvals.model import Message
from approvals.policy.directory import Person
from approvals.stored import codec, ids
from http_api.access import Who
from http_api.bodies import Paging
from http_api.declaration import ETAG, TEXT, Answer, Header, ok
from http_api.handling import Call, answer, describes, versions
from services.deciding.assignment import is_operator
from services.reading import lists
from services.reading.inbox import InboxItem, inbox
from services.reading.lists import Page
from services.submitting.form import PersonName, PolicyForm, form, people

bp = df.Blueprint()

# App Service authentication's own addresses:
# learn.microsoft.com/azure/app-service/configure-authentication-customize-sign-in-out
SIGN_IN, SIGN_OUT = "/.auth/login/aad", "/.auth/logout"
IF_NONE_MATCH = Header("If-None-Match", "The `ETag` of what is there already", TEXT, always=False)


@dataclass(frozen=True)
class Me:
    """Who is asking. ``now`` is the app's time, for words like "due tomorrow" on a machine whose clock is wrong."""

    person: Person
    operator: bool
    now: datetime


@bp.route(route="api/me", methods=["GET"])
@describes(Who.KNOWN, "me", answers=(ok("A person of the directory"),))
async def who_am_i(call: Call) -> Me:
    """Who is asking."""
    return _me(call)


def _me(call: Call) -> Me:
    return Me(call.person, is_operator(call.ports, call.person.id), call.ports.clock.now())


@bp.route(route="api/inbox", methods=["GET"])
@describes(
    Who.KNOWN,
    "me",
    headers=(IF_NONE_MATCH,),
    answers=(
        ok("A page of tasks", ETAG, kind=Page[InboxItem]),
        Answer(HTTPStatus.NOT_MODIFIED, "Nothing changed since that version", headers=(ETAG,)),
    ),
)
async def show_inbox(call: Call, query: Paging) -> func.HttpResponse:
    """What waits for me, most urgent first."""
    page = await asyncio.to_thread(inbox, call.ports, call.person.id, query.continuation)
    etag = _version(page)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in versions(call.header(IF_NONE_MATCH.name)):
        return func.HttpResponse(status_code=int(HTTPStatus.NOT_MODIFIED), headers=headers)
    return answer(page, headers=headers)


def _version(page: Page[InboxItem]) -> str:
    return f'"{ids.sha256(codec.canonical(page))[:24]}"'


@bp.route(route="api/outbox", methods=["GET"])
@describes(Who.KNOWN, "me", answers=(ok("A page of messages"),))
async def show_outbox(call: Call, query: Paging) -> Page[Message]:
    """The messages to me, newest first."""
    return await asyncio.to_thread(lists.outbox, call.ports, call.person.id, query.continuation)


@dataclass(frozen=True)
class Session:
    """How to say who you are. ``people`` are there to choose from where ``identity`` is local, and nowhere else."""

    identity: IdentityMode
    sign_in: str
    sign_out: str
    people: tuple[PersonName, ...]


@bp.route(route="api/session", methods=["GET"])
@describes(
    Who.EVERYBODY,
    "service",
    answers=(ok("Where to sign in; locally, who there is"),),
    problems=("no-directory",),
)
async def show_session(_request: func.HttpRequest) -> Session:
    """How to say who you are."""
    return await _session()


async def _session() -> Session:
    mode = bootstrap.settings().identity
    local = mode is IdentityMode.LOCAL
    named = people(await asyncio.to_thread(bootstrap.ports().directory.current)) if local else ()
    return Session(mode, SIGN_IN, SIGN_OUT, named)


@dataclass(frozen=True)
class Start:
    """Everything that the page begins with. ``inbox_etag`` is that of `GET /api/inbox` for the same page."""

    session: Session
    me: Me
    policy: PolicyForm
    inbox: Page[InboxItem]
    inbox_etag: str


@bp.route(route="api/start", methods=["GET"])
@describes(Who.KNOWN, "me", answers=(ok("Session, person, policy and inbox"),))
async def start(call: Call) -> Start:
    """What the page begins with, at once."""
    policy, first = await asyncio.gather(
        asyncio.to_thread(form, call.ports), asyncio.to_thread(inbox, call.ports, call.person.id)
    )
    return Start(await _session(), _me(call), policy, first, _version(first))
