"""What became of a page, as its server, the name service and the page itself tell."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpcore
import pytest
import stamina

from harvesters import connector, liveness, record
from harvesters.http import Client, NoSuchHostError
from schemas.errors import SourceError
from tests.emulators.landing import Site, moved, page, refusal
from tests.emulators.server import Reply
from tests.harvesters.test_http import source


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(scans=page("Scans")) as running:
        yield running


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    made = Client(source(site.url))
    with stamina.set_testing(True, attempts=3):  # tries again, without waiting
        yield made
    made.close()


def look(client: Client, site: Site, path: str = "/scans") -> liveness.Landing:
    return liveness.look(client, f"{site.url}{path}")


def test_a_page_that_answers_is_alive(site: Site, client: Client) -> None:
    found = look(client, site)
    assert (found.state, found.to, found.why) == ("alive", None, None)
    assert found.url == f"{site.url}/scans"
    assert found.checked.tzinfo is not None
    assert len(site.log) == 1


@pytest.mark.parametrize("status", [301, 308])
def test_a_redirect_for_good_means_moved(site: Site, client: Client, status: int) -> None:
    site.pages["/old"] = moved("/scans", status)
    found = look(client, site, "/old")
    assert (found.state, found.to) == ("moved", f"{site.url}/scans")


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_redirect_for_now_leaves_a_page_where_it_is(
    site: Site, client: Client, status: int
) -> None:
    site.pages["/old"] = moved("/scans", status)
    assert look(client, site, "/old").state == "alive"


def test_what_follows_a_redirect_for_now_is_for_now(site: Site, client: Client) -> None:
    site.pages |= {"/a": moved("/b"), "/b": moved("/c", 302), "/c": moved("/scans")}
    assert look(client, site, "/a").to == f"{site.url}/b"
    assert look(client, site, "/b").state == "alive"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://example.org/a", "https://www.example.org/a/", True),
        ("https://example.org/a?id=1", "https://example.org/a?id=1", True),
        ("https://example.org/a?id=1", "https://example.org/a?id=2", False),
        ("https://example.org/a", "https://example.org/b", False),
        ("https://example.org/a", "https://example.com/a", False),
    ],
)
def test_https_a_www_and_a_last_slash_are_no_move(one: str, other: str, same: bool) -> None:
    assert liveness.same_page(one, other) is same


def test_a_redirect_to_the_same_page_with_a_slash_is_no_move(site: Site, client: Client) -> None:
    site.pages |= {"/scans": moved("/scans/"), "/scans/": page("Scans")}
    assert look(client, site).state == "alive"


def test_a_move_to_the_front_page_says_so(site: Site, client: Client) -> None:
    site.pages |= {"/old/scans": moved("/"), "/": page("Welcome")}
    found = look(client, site, "/old/scans")
    assert found.state == "moved"
    assert "front page" in str(found.why)
    known = record.dataset(
        {
            "id": "x:1",
            "source": "x",
            "kind": "dataset",
            "title": "Scans",
            "landing_url": f"{site.url}/old/scans",
        },
        datetime.now(UTC),
    )
    assert liveness.checked(known, found) == known


def test_where_a_page_moved_to_names_no_user(site: Site, client: Client) -> None:
    there = site.url.replace("//", "//me:secret@") + "/scans#top"
    site.pages["/old"] = moved(there)
    assert look(client, site, "/old").to == f"{site.url}/scans"


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_not_there_is_gone(site: Site, client: Client, status: int) -> None:
    site.pages["/old"] = refusal(status)
    found = look(client, site, "/old")
    assert (found.state, found.why) == ("gone", f"the server answered {status}")


def test_a_page_that_moved_to_nowhere_is_gone(site: Site, client: Client) -> None:
    site.pages["/old"] = moved("/nowhere")
    assert look(client, site, "/old").state == "gone"


@pytest.mark.parametrize("status", [401, 403])
def test_a_page_that_wants_to_know_who_asks_is_behind_a_login(
    site: Site, client: Client, status: int
) -> None:
    site.pages["/scans"] = refusal(status)
    assert look(client, site).state == "login"


@pytest.mark.parametrize(
    "to", ["/login", "/users/sign_in?next=/scans", "/login.jsp", "/cas/", "/Account/SignIn"]
)
def test_a_redirect_to_a_page_to_log_in_is_a_login(site: Site, client: Client, to: str) -> None:
    site.pages |= {"/scans": moved(to, 302), to.partition("?")[0]: page("Welcome")}
    assert look(client, site).state == "login"


@pytest.mark.parametrize("to", ["/blog/login-problems", "/casino", "/authors", "/design"])
def test_a_page_about_something_else_is_no_login(site: Site, client: Client, to: str) -> None:
    site.pages |= {"/scans": moved(to, 302), to: page("Our catalogue")}
    assert look(client, site).state == "alive"


def test_a_page_that_is_one_to_log_in_is_a_login(site: Site, client: Client) -> None:
    site.fail("html")
    assert look(client, site).state == "login"


@pytest.mark.parametrize("title", ["404 - Page not found", "Not Found", "MIAS: page not found"])
def test_a_page_that_calls_itself_not_found_is_alive_with_that_remark(
    site: Site, client: Client, title: str
) -> None:
    site.pages["/scans"] = page(title)
    found = look(client, site)
    assert found.state == "alive"
    assert "not found" in str(found.why)


@pytest.mark.parametrize("title", ["Nodules not found by readers", "A set of 404 scans"])
def test_a_page_whose_title_only_has_such_words_gets_no_remark(
    site: Site, client: Client, title: str
) -> None:
    site.pages["/scans"] = page(title)
    assert look(client, site).why is None


@pytest.mark.parametrize("status", [500, 503, 418, 451])
def test_a_server_in_trouble_is_not_to_be_reached(site: Site, client: Client, status: int) -> None:
    site.fail("status", value=status)
    found = look(client, site)
    assert (found.state, found.why) == ("unreachable", f"the server answered {status}")


def test_a_connection_that_breaks_is_not_to_be_reached(site: Site, client: Client) -> None:
    site.fail("reset")
    assert look(client, site).state == "unreachable"
    assert len(site.log) == 3


def test_a_server_that_stumbles_once_is_alive(site: Site, client: Client) -> None:
    site.fail("status", value=503, times=1)
    assert look(client, site).state == "alive"


@pytest.mark.usefixtures("client")
def test_a_server_that_refuses_connections_is_not_to_be_reached() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        refused = Client(source(address))
        assert liveness.look(refused, address).state == "unreachable"
        refused.close()


def test_a_redirect_into_a_private_network_is_not_followed(site: Site, client: Client) -> None:
    site.pages["/scans"] = moved("http://10.1.2.3/admin")
    found = look(client, site)
    assert found.state == "unreachable"
    assert "private address" in str(found.why)


def test_redirects_without_an_end_are_not_to_be_reached(site: Site, client: Client) -> None:
    site.pages["/scans"] = moved("/scans")
    assert look(client, site).state == "unreachable"
    assert len(site.log) == 5


def test_a_page_of_five_megabytes_is_alive_and_read_in_part(site: Site, client: Client) -> None:
    site.pages["/scans"] = page("Scans", body="x" * 5_000_000)
    landing, found = liveness.visit(client, f"{site.url}/scans")
    assert landing.state == "alive"
    assert found is not None
    assert len(found.body) == liveness.CAP


def test_nothing_of_a_page_is_kept_in_the_store(site: Site, tmp_path: Path) -> None:
    client = Client(source(site.url), tmp_path / "store.db")
    site.pages["/scans"] = Reply(page("Scans").body, type="text/html", etag='"1"')
    assert [look(client, site).state for _ in range(2)] == ["alive", "alive"]
    client.close()
    assert "if-none-match" not in site.log[1].headers


def resolver(monkeypatch: pytest.MonkeyPatch, **codes: int) -> None:
    """A name service that answers with an error code for `unknown` hosts, and for those known."""

    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        code = codes["always"] if host == connector.ALWAYS_THERE else codes["unknown"]
        if code:
            raise socket.gaierror(code, "told by the name service")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 53))]

    monkeypatch.setattr(connector.socket, "getaddrinfo", resolve)


def test_a_host_whose_name_is_no_more_is_gone(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver(monkeypatch, unknown=socket.EAI_NONAME, always=0)
    found = liveness.look(client, "https://headctstudy.example/")
    assert (found.state, found.why) == ("gone", "no host has that name")
    assert client.traffic.retries == 0


@pytest.mark.parametrize(
    ("unknown", "always"),
    [
        (socket.EAI_AGAIN, 0),
        (socket.EAI_FAIL, 0),
        (socket.EAI_NONAME, socket.EAI_NONAME),
        (socket.EAI_NONAME, socket.EAI_AGAIN),
    ],
)
def test_a_name_service_in_trouble_says_nothing_of_a_host(
    client: Client, monkeypatch: pytest.MonkeyPatch, unknown: int, always: int
) -> None:
    resolver(monkeypatch, unknown=unknown, always=always)
    assert liveness.look(client, "https://headctstudy.example/").state == "unreachable"


def test_a_name_that_is_no_more_is_an_error_of_its_own(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver(monkeypatch, unknown=socket.EAI_NONAME, always=0)
    with pytest.raises(NoSuchHostError, match="no such host"):
        client.get("https://headctstudy.example/a")
    with pytest.raises(connector.NoSuchNameError):
        connector.Guard(set()).addresses("headctstudy.example", 443)
    resolver(monkeypatch, unknown=socket.EAI_NONAME, always=socket.EAI_NONAME)
    with pytest.raises(httpcore.ConnectError) as passing:
        connector.Guard(set()).addresses("headctstudy.example", 443)
    assert not isinstance(passing.value, connector.NoSuchNameError)


def test_who_needs_the_page_is_told_that_it_could_not_be_reached(
    site: Site, client: Client
) -> None:
    site.fail("status", value=503)
    with pytest.raises(SourceError, match=r"cannot be reached: the server answered 503 \(.*/scans"):
        liveness.reached(client, f"{site.url}/scans")


def test_an_answer_tells_each_redirect_on_its_way(site: Site, client: Client) -> None:
    site.pages |= {"/a": moved("/b"), "/b": moved("/scans", 307)}
    answer = client.get(f"{site.url}/a")
    assert answer.hops == ((301, f"{site.url}/b"), (307, f"{site.url}/scans"))
    assert client.get(f"{site.url}/scans").hops == ()


def test_a_long_answer_is_refused_or_cut_as_asked(site: Site, client: Client) -> None:
    with pytest.raises(SourceError, match="an answer of more than"):
        client.get(f"{site.url}/scans", cap=10)
    assert client.get(f"{site.url}/scans", cap=10, cut=True).body == b"<!DOCTYPE "
