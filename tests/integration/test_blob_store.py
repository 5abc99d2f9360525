"""Both stores keep the one contract: the dictionary that the tests run on, and Azure Blob Storage."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient

from adapters.blob_store import AzureBlobStore, client_options
from approvals.ports import Blob, BlobStore, Changed
from tests.azurite import KEY
from tests.fakes import MemoryStore


def container(azurite: str) -> ContainerClient:
    """A container of its own, which nobody has created yet."""
    service = BlobServiceClient.from_connection_string(azurite, **client_options())
    return service.get_container_client(f"store-{uuid.uuid4().hex}")


@pytest.fixture(params=["memory", "azure"])
def store(request: pytest.FixtureRequest) -> BlobStore:
    if request.param == "memory":
        return MemoryStore()
    return AzureBlobStore(container(request.getfixturevalue("azurite")))


def read(store: BlobStore, name: str) -> Blob:
    blob = store.read(name)
    assert blob is not None
    return blob


def test_what_is_created_can_be_read_with_its_etag(store: BlobStore) -> None:
    etag = store.create("a/b.json", b'{"a": 1}')
    assert store.read("a/b.json") == Blob(b'{"a": 1}', etag)


def test_there_is_nothing_where_nothing_was_written(store: BlobStore) -> None:
    assert store.read("nothing") is None
    assert list(store.names("")) == []
    store.delete("nothing")


def test_an_empty_blob_is_there(store: BlobStore) -> None:
    etag = store.create("open/p-1", b"", "text/plain")
    assert store.read("open/p-1") == Blob(b"", etag)


def test_a_large_blob_comes_back_whole(store: BlobStore) -> None:
    data = bytes(range(256)) * 4096 * 36  # more than the SDK asks for at once
    store.create("large", data, "application/octet-stream")
    assert read(store, "large").data == data


def test_creating_what_is_there_changes_nothing(store: BlobStore) -> None:
    etag = store.create("a", b"first")
    with pytest.raises(Changed):
        store.create("a", b"second")
    assert store.read("a") == Blob(b"first", etag)


def test_what_was_deleted_can_be_created_again(store: BlobStore) -> None:
    store.create("a", b"first")
    store.delete("a")
    assert store.read("a") is None
    store.create("a", b"second")
    assert read(store, "a").data == b"second"


def test_replacing_goes_on_from_the_version_that_was_read(store: BlobStore) -> None:
    first = store.create("a", b"1")
    second = store.replace("a", b"2", first)
    assert store.read("a") == Blob(b"2", second)
    third = store.replace("a", b"3", second)
    assert len({first, second, third}) == 3


def test_replacing_an_older_version_changes_nothing(store: BlobStore) -> None:
    first = store.create("a", b"1")
    second = store.replace("a", b"2", first)
    with pytest.raises(Changed):
        store.replace("a", b"3", first)
    assert store.read("a") == Blob(b"2", second)


def test_replacing_the_same_content_is_a_new_version(store: BlobStore) -> None:
    first = store.create("a", b"1")
    store.replace("a", b"1", first)
    with pytest.raises(Changed):
        store.replace("a", b"2", first)


def test_replacing_what_is_gone_creates_nothing(store: BlobStore) -> None:
    etag = store.create("a", b"1")
    store.delete("a")
    with pytest.raises(Changed):
        store.replace("a", b"2", etag)
    assert store.read("a") is None


def test_appending_goes_on_from_the_length_that_was_read(store: BlobStore) -> None:
    store.append("trail", b"one\n", 0)
    store.append("trail", b"two\n", 4)
    assert read(store, "trail").data == b"one\ntwo\n"


@pytest.mark.parametrize("length", [0, 3, 5])
def test_appending_at_another_length_changes_nothing(store: BlobStore, length: int) -> None:
    store.append("trail", b"one\n", 0)
    with pytest.raises(Changed):
        store.append("trail", b"two\n", length)
    assert read(store, "trail").data == b"one\n"


def test_appending_behind_the_start_of_nothing_creates_nothing(store: BlobStore) -> None:
    with pytest.raises(Changed):
        store.append("trail", b"two\n", 4)
    assert store.read("trail") is None


def test_names_are_those_with_the_prefix_in_order(store: BlobStore) -> None:
    for name in ("b/2", "a/1.2", "b/10", "a/1", "ab", "a-1/x"):
        store.create(name, b"")
    assert list(store.names("a/")) == ["a/1", "a/1.2"]
    assert list(store.names("b")) == ["b/10", "b/2"]
    assert list(store.names("")) == ["a-1/x", "a/1", "a/1.2", "ab", "b/10", "b/2"]
    assert list(store.names("c/")) == []


def test_of_many_creators_one_wins(store: BlobStore) -> None:
    assert race(store, 16, lambda n: store.create("a", str(n).encode())) == 1


def test_of_many_replacers_of_one_version_one_wins(store: BlobStore) -> None:
    etag = store.create("a", b"0")
    assert race(store, 16, lambda n: store.replace("a", str(n).encode(), etag)) == 1


def test_of_many_first_appenders_one_wins(store: BlobStore) -> None:
    assert race(store, 16, lambda n: store.append("trail", f"{n:02}\n".encode(), 0)) == 1
    assert len(read(store, "trail").data) == 3


def race(store: BlobStore, count: int, write: Callable[[int], object]) -> int:
    """Everybody writes at the same moment; how many did."""
    start = threading.Barrier(count)

    def run(n: int) -> bool:
        start.wait()
        try:
            write(n)
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(count) as pool:
        return sum(pool.map(run, range(count)))


def test_people_who_browse_the_storage_see_what_is_what(azurite: str) -> None:
    client = container(azurite)
    store = AzureBlobStore(client)
    store.append("audit.jsonl", b"{}\n", 0)
    etag = store.create("proposal.json", b"{}")
    store.replace("proposal.json", b"[]", etag)
    store.create("record.html", b"<html>", "text/html; charset=utf-8")
    kinds = {
        blob.name: (blob.blob_type.value, blob.content_settings.content_type) for blob in client.list_blobs()
    }
    assert kinds == {
        "audit.jsonl": ("AppendBlob", "application/x-ndjson"),
        "proposal.json": ("BlockBlob", "application/json"),
        "record.html": ("BlockBlob", "text/html; charset=utf-8"),
    }


def test_a_container_that_is_there_already_is_used(azurite: str) -> None:
    client = container(azurite)
    client.create_container()
    AzureBlobStore(client).create("a", b"1")
    assert read(AzureBlobStore(client), "a").data == b"1"


def test_a_container_that_vanished_is_no_lost_write(azurite: str) -> None:
    client = container(azurite)
    store = AzureBlobStore(client)
    etag = store.create("a", b"1")
    client.delete_container()
    with pytest.raises(HttpResponseError, match="ContainerNotFound"):
        store.replace("a", b"2", etag)


def test_a_wrong_key_is_no_lost_write(azurite: str) -> None:
    wrong = azurite.replace(KEY, "d3Jvbmc=")
    with pytest.raises(HttpResponseError, match="AuthorizationFailure"):
        AzureBlobStore(container(wrong)).create("a", b"1")


class Immutable(BaseHTTPRequestHandler):
    """A container under an immutability policy: what is there cannot be written again. Azurite has no such thing."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        code = "ContainerAlreadyExists" if "restype=container" in self.path else "BlobImmutableDueToPolicy"
        self.send_response(409)
        self.send_header("x-ms-error-code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def immutable() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Immutable) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/devstoreaccount1"
        server.shutdown()
        thread.join()


def test_a_record_that_an_immutable_archive_holds_is_there(immutable: str) -> None:
    client = BlobServiceClient(immutable, credential=KEY, **client_options())
    with pytest.raises(Changed):
        AzureBlobStore(client.get_container_client("records")).create("p-1-r1.json", b"{}")
