"""Parts of remote files are those that were asked for, or an error: two files never mix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pyarrow import fs

from harvesters import ranges, s3
from harvesters.http import Client, StatusError
from schemas.errors import SourceError
from schemas.source import Source
from tests.emulators.object_store import Habits, ObjectStore, etag
from tests.emulators.server import Reply

BODY = bytes(range(256)) * 40
BUCKET = "open-scans"
EMPTY = (
    b"<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"
)


@pytest.fixture(scope="module")
def running() -> Iterator[ObjectStore]:
    with ObjectStore() as served:
        yield served


@pytest.fixture
def store(running: ObjectStore) -> ObjectStore:
    running.forget()
    running.buckets = {BUCKET: {"a/one.dcm": BODY, "empty": b""}}
    return running


def source(**more: Any) -> Source:
    """A source that may be asked quickly."""
    told = {
        "key": "x", "name": "X", "kind": "json_api", "landing_url": "https://example.org",
        "publisher": "X", "description": "", "schedule": "0 3 * * 0",
        "requests_per_second": 5000.0, "concurrency": 4,
    }  # fmt: skip
    return Source.model_validate(told | more)


def client(store: ObjectStore, **more: Any) -> Client:
    """A client that may ask the store, though it is at a private address."""
    return Client(source(services={"s3": store.url}), **more)


def bucket(store: ObjectStore) -> str:
    return s3.address(BUCKET, store.url)


def one(store: ObjectStore) -> str:
    return s3.url(bucket(store), "a/one.dcm")


def test_a_part_comes_with_the_size_and_the_entity_tag_of_the_whole(store: ObjectStore) -> None:
    part = ranges.read(client(store), one(store), 100, 199)
    assert part == ranges.Part(BODY[100:200], 100, len(BODY), etag(BODY))
    assert store.sent == 100


def test_a_part_past_the_end_is_what_there_is(store: ObjectStore) -> None:
    part = ranges.read(client(store), one(store), len(BODY) - 5, len(BODY) + 100)
    assert (part.body, part.size) == (BODY[-5:], len(BODY))


def test_an_empty_file_has_no_first_byte(store: ObjectStore) -> None:
    url = s3.url(bucket(store), "empty")
    assert ranges.read(client(store), url, 0, 99) == ranges.Part(b"", 0, 0, None)
    with pytest.raises(StatusError, match="416"):
        ranges.read(client(store), one(store), len(BODY), len(BODY) + 9)


def test_less_than_was_asked_for_is_taken_for_what_it_is(store: ObjectStore) -> None:
    store.habits = Habits(most=10)
    part = ranges.read(client(store), one(store), 0, 99)
    assert (part.body, part.size) == (BODY[:10], len(BODY))


def test_a_server_that_ignores_ranges_is_heard_no_longer_than_was_asked_for(
    store: ObjectStore,
) -> None:
    store.habits = Habits(ignores_ranges=True)
    part = ranges.read(client(store), one(store), 0, 99)
    assert part == ranges.Part(BODY[:100], 0, len(BODY), etag(BODY), ranges=False)
    with pytest.raises(ranges.NoRangesError):
        ranges.read(client(store), one(store), 100, 199)


@pytest.mark.parametrize("ignores", [False, True])
def test_a_file_that_changed_meanwhile_is_an_error(store: ObjectStore, ignores: bool) -> None:
    store.habits = Habits(changes=True, ignores_ranges=ignores)
    asking = client(store)
    first = ranges.read(asking, one(store), 0, 99)
    with pytest.raises(ranges.ChangedError):
        ranges.read(asking, one(store), 0 if ignores else 100, 199, first.etag)
    assert store.log[-1].headers["if-range"] == first.etag


def test_a_store_that_tells_no_tag_of_what_changed_sends_it_whole(store: ObjectStore) -> None:
    store.habits = Habits(tells_etag=False)
    with pytest.raises(ranges.NoRangesError):
        ranges.read(client(store), one(store), 100, 199, '"of another file"')


@pytest.mark.parametrize(
    ("habits", "what"),
    [
        (Habits(shifted=1), "not the part"),
        (Habits(shifted=-1), "not the part"),
        (Habits(short=True), "99 bytes of 100"),
    ],
)
def test_what_is_not_the_part_is_refused(store: ObjectStore, habits: Habits, what: str) -> None:
    store.habits = habits
    with pytest.raises(SourceError, match=what):
        ranges.read(client(store), one(store), 100, 199)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"Content-Range": "bytes 0-99"},
        {"Content-Range": "bytes 0-199/200"},
        {"Content-Range": "bytes 0-99/50"},
        {"Content-Range": "items 0-99/200"},
        {"Content-Range": "bytes 0-99/200", "Content-Encoding": "br"},
    ],
)
def test_a_part_that_does_not_say_which_it_is_is_refused(
    store: ObjectStore, told: dict[str, str]
) -> None:
    store.fail("replace", at="one.dcm", value=Reply(b"x" * 100, 206, headers=told))
    with pytest.raises(SourceError):
        ranges.read(client(store), one(store), 0, 99)


def test_a_busy_store_is_asked_again(store: ObjectStore) -> None:
    store.fail("status", at="one.dcm", value=503, times=1)
    store.fail("reset", at="one.dcm", times=1, skip=0)
    asking = client(store)
    assert ranges.read(asking, one(store), 0, 9).body == BODY[:10]
    assert asking.traffic.retries == 2


def test_a_refusal_is_not_asked_again(store: ObjectStore) -> None:
    store.closed = {BUCKET}
    with pytest.raises(StatusError, match="403"):
        ranges.read(client(store), one(store), 0, 9)
    assert len(store.log) == 1


def test_a_store_that_leads_to_a_private_address_is_not_followed(store: ObjectStore) -> None:
    store.fail("redirect", at="one.dcm", value="http://169.254.169.254/latest/")
    with pytest.raises(SourceError, match="private address"):
        ranges.read(client(store), one(store), 0, 9)


def test_a_bucket_is_addressed_by_path_or_by_host() -> None:
    assert s3.address("a-bucket") == "https://a-bucket.s3.amazonaws.com"
    assert s3.address("openneuro.org") == "https://s3.amazonaws.com/openneuro.org"
    assert s3.address("a-bucket", "http://here/") == "http://here/a-bucket"


@pytest.mark.parametrize(
    "name", ["", "a", "../x", "A-bucket", "a b", "a..b", "x/y", "a@b.c", "[::1]"]
)
def test_what_no_bucket_is_called_makes_no_address(name: str) -> None:
    with pytest.raises(SourceError, match="bucket"):
        s3.address(name)
    with pytest.raises(SourceError, match="bucket"):
        s3.split(f"s3://{name}" if name else "https://example.org/x")


def test_a_bucket_of_another_region_is_found_there() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.copy_with(query=None)))
        if request.url.host == "s3.eu-west-2.amazonaws.com":
            return httpx.Response(200, content=EMPTY)
        return httpx.Response(301, headers={"x-amz-bucket-region": "eu-west-2"})

    asking = Client(source(), transport=httpx.MockTransport(answer))
    for where in (s3.address("my.scans"), s3.address("my-scans")):
        found = s3.located(asking, where)
        assert found.startswith("https://s3.eu-west-2.amazonaws.com/my")
        assert s3.below(asking, found, "x/", pages=1) == ([], True)
    assert len(asked) == 4


@pytest.mark.parametrize("region", ["", "evil.example.org/", "eu-west-2.evil"])
def test_a_region_that_is_none_leads_nowhere(region: str) -> None:
    moved = httpx.MockTransport(
        lambda _: httpx.Response(301, headers={"x-amz-bucket-region": region})
    )
    with pytest.raises(StatusError, match="redirected to no address"):
        s3.located(Client(source(), transport=moved), s3.address("my-scans"))


def test_a_list_is_read_as_far_as_is_wanted(store: ObjectStore) -> None:
    store.buckets = {BUCKET: {f"s1/{n:03}": b"x" for n in range(25)} | {"s2/0": b"x"}}
    store.page = 10
    some, all_of_them = s3.below(client(store), bucket(store), "s1/", pages=2)
    assert ([item.key for item in some], all_of_them) == ([f"s1/{n:03}" for n in range(20)], False)
    some, all_of_them = s3.below(client(store), bucket(store), "s1/", pages=3)
    assert (len(some), all_of_them) == (25, True)


def test_a_list_of_what_was_not_asked_for_is_refused(store: ObjectStore) -> None:
    body = store.answer(_listing("a/")).body
    store.fail("replace", at="list-type", value=Reply(body, type="application/xml"))
    with pytest.raises(SourceError, match="other names"):
        s3.below(client(store), bucket(store), "b/", pages=1)


def _listing(prefix: str) -> Any:
    from tests.emulators.server import Request

    return Request("GET", "", f"/{BUCKET}", {"prefix": [prefix]}, {}, b"")


def test_another_client_of_s3_reads_the_same(store: ObjectStore) -> None:
    """Amazon's own SDK, which pyarrow brings, keeps the emulator honest."""
    store.buckets = {BUCKET: {f"p q/{n}é&.dcm": BODY[n:] for n in range(7)} | {"top": b"1"}}
    store.page = 3
    theirs = fs.S3FileSystem(
        anonymous=True, scheme="http", endpoint_override=urlsplit(store.url).netloc,
        region="us-east-1",
    )  # fmt: skip
    asking = client(store)
    items, _ = s3.below(asking, bucket(store), "p q/", pages=9)
    seen = theirs.get_file_info(fs.FileSelector(f"{BUCKET}/p q"))
    assert {(item.key, item.size) for item in items} == {
        (one.path.removeprefix(f"{BUCKET}/"), one.size) for one in seen
    }
    assert s3.top(asking, bucket(store))[1] == ["p q/"]
    for item in items:
        with theirs.open_input_file(f"{BUCKET}/{item.key}") as file:
            file.seek(1000)
            whole = file.read(500)
        url = s3.url(bucket(store), item.key)
        assert ranges.read(asking, url, 1000, 1499, item.etag).body == whole
