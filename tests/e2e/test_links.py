"""Links of messages over HTTP: who follows them, as scanners do, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from adapters.blob_store import client_options
from tests.e2e.greenlight import Greenlight, eventually, greenlight_host
from tests.hosts import running_host

PEOPLE = ("ana", "ben", "carl", "fay", "hugo", "olga")


@pytest.fixture
def signing(azurite: str, tmp_path: Path) -> Iterator[Greenlight]:
    """An app that signs links."""
    with running_host(greenlight_host(azurite, tmp_path, LINK_SIGNING_KEYS=f"{'n' * 32},{'o' * 32}")) as host:
        yield Greenlight(host)


def blobs(greenlight: Greenlight, azurite: str) -> dict[str, str]:
    """Every blob with its ETag."""
    container = greenlight.host.settings["PROPOSALS_CONTAINER"]
    with BlobServiceClient.from_connection_string(azurite, **client_options()) as service:
        client = service.get_container_client(container)
        return {str(blob.name): str(blob.etag) for blob in client.list_blobs()}


def is_settled(greenlight: Greenlight, proposal: str) -> bool:
    """Is everything that was decided and opened in the trail?"""
    stages = greenlight.picture("ana", proposal)["revisions"][-1]["stages"]
    return not any(view["task"]["unaudited"] for stage in stages for view in stage["tasks"])


def follow(greenlight: Greenlight, method: str, who: str | None, path: str) -> requests.Response:
    return greenlight.call(method, who, path, allow_redirects=False)


def test_following_every_link_twice_decides_nothing(signing: Greenlight, azurite: str) -> None:
    proposal = signing.submit()
    assert signing.decide("ben", proposal, "line-1").status_code == 200
    for who, task in (("fay", "review-1"), ("carl", "review-2")):
        signing.wait_for_task(who, task, proposal)
    sent = {who: signing.get(who, "/api/outbox").json()["items"] for who in PEOPLE}
    paths = {message["path"]: who for who, messages in sent.items() for message in messages}
    assert {who for path, who in paths.items() if path.startswith("/link/")} == {"ana", "ben", "carl", "fay"}
    eventually(lambda: is_settled(signing, proposal), "nothing is under way")
    before = blobs(signing, azurite)
    for path, named in paths.items():
        asking: tuple[str | None, ...] = (None, named, "hugo") * 2
        for asked_by in asking:
            for method in ("HEAD", "GET"):
                answer = follow(signing, method, asked_by, path)
                assert answer.status_code == 303, answer.text
                place = answer.headers["Location"]
                assert place.startswith(f"/#/proposals/{proposal}")
                assert ("note=not-yours" in place) == (asked_by == "hugo")
                assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert blobs(signing, azurite) == before
    assert signing.status("ana", proposal)["state"] == "deciding"
    assert follow(signing, "GET", None, "/link/made-up").headers["Location"] == "/#/?note=bad-link"
