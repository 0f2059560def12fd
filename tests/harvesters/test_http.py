"""The polite client against a loopback server and its faults."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from harvesters.http import Client, StatusError, user_agent
from schemas.errors import SourceError, UsageError
from schemas.source import Source
from tests.emulators.server import Emulator, Reply, Request, as_json


class Echo(Emulator):
    """Answers with what was asked, with an ETag and a body that grows with `size`."""

    def answer(self, request: Request) -> Reply:
        size = request.number("size", 0)
        value = {"path": request.path, "query": request.query, "text": "x" * size}
        etag = f'"{request.path}"' if request.one("etag") else None
        return as_json(value, etag=etag)


def source(address: str, **more: Any) -> Source:
    return Source(
        key="echo", name="Echo", kind="echo", landing_url="https://example.org", publisher="us",
        description="", status="alive", access="open", schedule="0 0 * * *",
        **{"base_url": address, "requests_per_second": 1000.0, "concurrency": 4, **more},
    )  # fmt: skip


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture
def client(echo: Echo) -> Iterator[Client]:
    made = Client(source(echo.url))
    yield made
    made.close()


def test_an_answer_comes_whole_and_is_counted(echo: Echo, client: Client) -> None:
    answer = client.get(f"{echo.url}/a", params={"b": "c d", "e": 1})
    assert answer.json()["query"] == {"b": ["c d"], "e": ["1"]}
    assert (answer.status, answer.kept) == (200, False)
    assert (client.traffic.requests, client.traffic.retries) == (1, 0)
    assert client.traffic.bytes == len(answer.body)


def test_bytes_are_counted_as_they_came_over_the_wire(echo: Echo, client: Client) -> None:
    body = client.get(f"{echo.url}/a", params={"size": 100_000}).body
    assert len(body) > 100_000
    assert client.traffic.bytes == echo.sent < 5_000


def test_it_says_who_asks(echo: Echo, client: Client) -> None:
    client.get(echo.url)
    assert re.match(r"fairscan/\d[^ ]* \(FAIR catalogue", echo.log[0].headers["user-agent"])


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ("ada@example.org", "; mailto:ada@example.org)"),
        ("https://example.org/us", "; +https://example.org/us)"),
        (" ", "medical scans)"),
    ],
)
def test_it_says_how_to_reach_who_runs_it(
    monkeypatch: pytest.MonkeyPatch, contact: str, told: str
) -> None:
    monkeypatch.setenv("FAIRSCAN_CONTACT", contact)
    assert user_agent().endswith(told)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 522, 524])
def test_a_status_that_may_pass_is_tried_again(echo: Echo, client: Client, status: int) -> None:
    echo.fail("status", value=status, times=1)
    assert client.get(f"{echo.url}/a").json()["path"] == "/a"
    assert client.traffic.retries == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_status_that_stays_is_told_at_once(echo: Echo, client: Client, status: int) -> None:
    echo.fail("status", value=status)
    with pytest.raises(StatusError, match=f"answered {status}") as told:
        client.get(f"{echo.url}/a?secret=1")
    assert told.value.status == status
    assert "secret" not in str(told.value)
    assert len(echo.log) == 1


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_a_cut_connection_is_tried_again(echo: Echo, client: Client, kind: str) -> None:
    echo.fail(kind, times=2)
    assert client.get(f"{echo.url}/a", params={"size": 5000}).json()["text"] == "x" * 5000
    assert client.traffic.retries == 2


def test_a_question_that_changes_nothing_is_posted_again(echo: Echo, client: Client) -> None:
    echo.fail("status", value=503, times=1)
    client.post(f"{echo.url}/graphql", json={"query": "{ a }"})
    assert [request.body for request in echo.log] == [b'{"query":"{ a }"}'] * 2


def test_retry_after_is_waited_for(echo: Echo, client: Client) -> None:
    echo.fail("retry_after", value=2, times=1)
    began = time.monotonic()
    client.get(f"{echo.url}/a")
    assert time.monotonic() - began >= 2


def test_retry_after_may_be_a_date(echo: Echo, client: Client) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=3)
    echo.fail("retry_after", value=format_datetime(moment, usegmt=True), times=1)
    client.get(f"{echo.url}/a")
    assert datetime.now(UTC) >= moment - timedelta(seconds=1)
    assert len(echo.log) == 2


def test_a_pause_that_one_request_was_asked_for_is_kept_by_all(echo: Echo, client: Client) -> None:
    echo.fail("retry_after", at="/first", value=2, times=1)
    first = threading.Thread(target=client.get, args=(f"{echo.url}/first",))
    first.start()
    while client.traffic.bytes == 0 and not echo.faults[0].met:
        time.sleep(0.01)
    time.sleep(0.2)
    client.get(f"{echo.url}/second")
    first.join()
    asked = [request.path for request in echo.log]
    assert asked[0] == "/first" and sorted(asked[1:]) == ["/first", "/second"]
    assert echo.moments[1] - echo.moments[0] >= 1.9, "the other request waited too"


def test_a_pause_that_is_too_long_is_left_for_the_next_run(echo: Echo, client: Client) -> None:
    echo.fail("retry_after", value=86400)
    with pytest.raises(StatusError, match="429"):
        client.get(f"{echo.url}/a")
    assert len(echo.log) == 1


def test_what_fails_for_good_is_given_up(echo: Echo, client: Client) -> None:
    echo.fail("status", value=503)
    with pytest.raises(StatusError, match=r"answered 503 \(http://127.0.0.1:\d+/a\)"):
        client.get(f"{echo.url}/a")
    assert len(echo.log) == 5


def test_a_server_that_is_not_there_is_given_up() -> None:
    with Echo() as gone:
        address = gone.url
    with pytest.raises(SourceError, match="no connection"):
        Client(source(address)).get(f"{address}/a")


@pytest.mark.parametrize(
    ("kind", "said"),
    [("html", "an HTML page"), ("empty", "not JSON but nothing")],
)
def test_what_is_no_json_is_told_without_repeating_it(
    echo: Echo, client: Client, kind: str, said: str
) -> None:
    echo.fail(kind)
    with pytest.raises(SourceError, match=said) as told:
        client.get(f"{echo.url}/a").json()
    assert "log in" not in str(told.value).lower().replace("login", "")


def test_json_of_another_content_type_is_read(echo: Echo, client: Client) -> None:
    echo.fail("wrong_type")
    assert client.get(f"{echo.url}/a").json()["path"] == "/a"


def test_a_body_without_end_is_cut_off_at_the_cap(echo: Echo, client: Client) -> None:
    echo.fail("huge", value=2_000_000_000)
    with pytest.raises(SourceError, match="more than 1 MiB"):
        client.get(f"{echo.url}/a", cap=1 << 20)
    assert echo.sent < 50_000_000, "it went on reading"


def test_a_packed_body_is_capped_by_its_unpacked_size(echo: Echo, client: Client) -> None:
    with pytest.raises(SourceError, match="more than 0 MiB"):
        client.get(f"{echo.url}/a", params={"size": 1_000_000}, cap=100_000)
    assert client.traffic.bytes < 10_000


def test_a_body_that_cannot_be_unpacked_is_tried_again(echo: Echo, client: Client) -> None:
    broken = Reply(b"no gzip", headers={"Content-Encoding": "gzip"})
    echo.fail("replace", value=broken, times=1)
    assert client.get(f"{echo.url}/a").json()["path"] == "/a"
    assert client.traffic.retries == 1


def test_a_slow_body_arrives(echo: Echo, client: Client) -> None:
    echo.fail("slow", value=0.002)
    assert client.get(f"{echo.url}/a").json()["path"] == "/a"


def test_a_body_that_never_ends_is_given_up(
    echo: Echo, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harvesters.http.TOTAL", 0.2)
    monkeypatch.setattr("harvesters.http.ATTEMPTS", 1)
    echo.fail("slow", value=0.02)
    with pytest.raises(SourceError, match="not whole after"):
        client.get(f"{echo.url}/a")


def test_a_redirect_is_followed_with_its_own_query(echo: Echo, client: Client) -> None:
    echo.fail("redirect", at="/old", value="/new?x=2")
    answer = client.get(f"{echo.url}/old", params={"x": "1"})
    assert answer.json() == {"path": "/new", "query": {"x": ["2"]}, "text": ""}


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/a", "again and again"),
        ("http://[", "no address"),
        ("http://127.0.0.1:99999/", "no address"),
        ("file:///etc/passwd", "no web address"),
        ("ftp://127.0.0.1/x", "no web address"),
        ("http://10.1.2.3/x", "refused: a private address"),
        ("http://169.254.169.254/latest/meta-data", "refused: a private address"),
        ("http://[::1]:9/x", "refused: a private address"),
        ("http://[::ffff:192.168.0.1]/x", "refused: a private address"),
        ("http://0.0.0.0:9/x", "refused: a private address"),
        ("http://localhost:9/x", "refused: a private address"),
    ],
)
def test_a_redirect_to_where_it_must_not_go_is_refused(
    echo: Echo, client: Client, target: str, said: str
) -> None:
    echo.fail("redirect", value=target)
    with pytest.raises(SourceError, match=said):
        client.get(f"{echo.url}/a")


def test_a_redirect_to_another_port_of_this_machine_is_refused(echo: Echo, client: Client) -> None:
    with Echo() as other:
        echo.fail("redirect", value=f"{other.url}/inner")
        with pytest.raises(SourceError, match="refused: a private address"):
            client.get(f"{echo.url}/a")
        assert other.log == []


def test_an_answer_is_asked_for_again_on_condition(echo: Echo, tmp_path: Path) -> None:
    for turn in range(2):
        client = Client(source(echo.url), tmp_path / "cache" / "echo.db")
        answer = client.get(f"{echo.url}/a", params={"etag": 1, "size": 9000})
        assert answer.json()["text"] == "x" * 9000
        assert answer.kept is bool(turn)
        assert (client.traffic.requests, client.traffic.unchanged) == (1, turn)
        client.close()
    assert echo.log[1].headers["if-none-match"] == '"/a"'
    assert client.traffic.bytes == 0


def test_an_answer_without_a_word_on_freshness_is_asked_for_each_time(
    echo: Echo, tmp_path: Path
) -> None:
    old = {"Last-Modified": "Tue, 01 Jan 2019 00:00:00 GMT"}
    echo.fail("replace", value=Reply(b"[1]", headers=old), times=1)
    client = Client(source(echo.url), tmp_path / "echo.db")
    assert client.get(f"{echo.url}/a").json() == [1]
    assert client.get(f"{echo.url}/a").json()["path"] == "/a"
    client.close()


def test_a_page_that_a_server_calls_fresh_is_asked_for_all_the_same(
    echo: Echo, tmp_path: Path
) -> None:
    fresh = Reply(b"<html>proxy</html>", headers={"Cache-Control": "max-age=864000"})
    echo.fail("replace", value=fresh, times=1)
    client = Client(source(echo.url), tmp_path / "echo.db")
    assert client.get(f"{echo.url}/a").text().startswith("<html>")
    assert client.get(f"{echo.url}/a").json()["path"] == "/a"
    client.close()


def test_what_must_not_be_kept_is_in_no_file(echo: Echo, tmp_path: Path) -> None:
    client = Client(source(echo.url), tmp_path / "cache" / "echo.db")
    client.get(f"{echo.url}/Doe^Jane", params={"etag": 1}, keep=False)
    client.get(f"{echo.url}/kept", params={"etag": 1})
    client.close()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert b"Doe^Jane" not in stored and b"/kept" in stored


@pytest.mark.parametrize("value", ["José@example.org", "a@b.org\nX: y"])
def test_a_contact_that_no_header_may_carry_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("FAIRSCAN_CONTACT", value)
    with pytest.raises(UsageError, match="FAIRSCAN_CONTACT"):
        user_agent()


@pytest.mark.parametrize("kind", ["TOKEN", "HEADER"])
def test_a_secret_that_no_header_may_carry_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv(f"FAIRSCAN_ECHO_{kind}", "X: s3cret\nY: é")
    with pytest.raises(UsageError, match=f"FAIRSCAN_ECHO_{kind}") as told:
        Client(source("https://example.org"))
    assert "s3cret" not in str(told.value)


def test_json_that_is_too_deep_is_no_answer(echo: Echo, client: Client) -> None:
    echo.fail("replace", value=Reply(b"[" * 200_000))
    with pytest.raises(SourceError, match="not JSON"):
        client.get(f"{echo.url}/a").json()


def test_an_answer_that_was_cut_is_not_kept(echo: Echo, tmp_path: Path) -> None:
    echo.fail("cut", times=1)
    client = Client(source(echo.url), tmp_path / "echo.db")
    for _ in range(2):
        text = client.get(f"{echo.url}/a", params={"size": 5000, "etag": 1}).json()["text"]
        assert len(text) == 5000
    client.close()


def test_no_more_at_once_than_the_source_allows(echo: Echo) -> None:
    echo.latency = 0.02
    client = Client(source(echo.url, concurrency=3))
    found = list(client.many(lambda n: client.get(f"{echo.url}/{n}").json()["path"], range(20)))
    assert found == [f"/{n}" for n in range(20)], "in the order of the items"
    assert echo.busiest == 3


def test_no_faster_than_the_source_allows(echo: Echo) -> None:
    client = Client(source(echo.url, requests_per_second=20.0))
    began = time.monotonic()
    list(client.many(lambda n: client.get(f"{echo.url}/{n}"), range(11)))
    assert time.monotonic() - began >= 0.5


def test_many_takes_items_as_it_goes_and_stops_at_the_first_error(client: Client) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(1000):
            taken.append(n)
            yield n

    def work(n: int) -> int:
        if n == 20:
            raise SourceError("no")
        return n

    with pytest.raises(SourceError):
        list(client.many(work, items()))
    assert len(taken) < 40


def test_credentials_go_to_the_named_origin_alone(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAIRSCAN_ECHO_USER", "ada")
    monkeypatch.setenv("FAIRSCAN_ECHO_PASSWORD", "s3cret")
    with Echo() as other:
        client = Client(source(echo.url, services={"open": other.url}), tmp_path / "echo.db")
        client.get(f"{echo.url}/a")
        assert echo.log[0].headers["authorization"] == "Basic YWRhOnMzY3JldA=="
        assert not (tmp_path / "echo.db").exists(), "what needs a password is not kept"
        client.get(f"{other.url}/a")
        assert "authorization" not in other.log[0].headers, "it is another's business"
        echo.fail("status", value=403)
        with pytest.raises(StatusError) as told:
            client.get(f"{echo.url}/a")
        assert "s3cret" not in repr(told.value) + str(told.value)


@pytest.mark.parametrize(
    ("variables", "header", "value"),
    [
        ({"TOKEN": "abc"}, "authorization", "Bearer abc"),
        ({"HEADER": "X-Api-Key: k"}, "x-api-key", "k"),
    ],
)
def test_a_token_or_a_header_may_prove_who_we_are(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], header: str, value: str
) -> None:
    for name, said in variables.items():
        monkeypatch.setenv(f"FAIRSCAN_ECHO_{name}", said)
    Client(source(echo.url)).get(echo.url)
    assert echo.log[0].headers[header] == value


def test_a_netrc_file_is_never_read(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login ada password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    Client(source(echo.url)).get(echo.url)
    assert "authorization" not in echo.log[0].headers


def test_threads_may_share_a_client(echo: Echo, tmp_path: Path) -> None:
    client = Client(source(echo.url), tmp_path / "echo.db")
    faults: list[Exception] = []

    def work() -> None:
        try:
            for n in range(20):
                assert client.get(f"{echo.url}/{n % 5}", params={"etag": 1}).status == 200
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    client.close()
