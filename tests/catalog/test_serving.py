"""The server goes over to a new release without dropping a request."""

from __future__ import annotations

import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Fairscan, Running
from tests.small import hard_linked

Server = tuple[Running, str]


def get(address: str) -> tuple[int, str]:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.status, answer.read().decode()


@pytest.fixture
def server(fairscan: Fairscan, small_home: Path) -> Iterator[Server]:
    with fairscan.running("serve", "--port", "0", home=small_home) as serve:
        said = serve.until("fairscan serves at ")
        yield serve, said.split()[3]
        serve.process.send_signal(signal.SIGINT)
        rest = serve.stderr.read()
    assert serve.process.returncode in (0, 130)
    assert "Traceback" not in rest


def test_a_new_release_takes_over_while_requests_are_answered(
    fairscan: Fairscan,
    small_home: Path,
    small_index: Path,
    server: Server,
) -> None:
    _, address = server
    old = (small_home / "current").resolve().name
    assert old in get(f"{address}status")[1]
    pages = ("", "status", "sources", "cohort?modality=MR", "dataset/idc:prostatex", "?q=prostate")
    done, answered, failed = threading.Event(), [], []

    def ask() -> None:
        while not done.is_set():
            for page in pages:
                try:
                    answered.append(get(address + page)[0])
                except urllib.error.HTTPError as error:
                    failed.append((page, error.read().decode()))
                except OSError as error:
                    failed.append((page, repr(error)))

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    try:
        for _ in range(2):
            refreshed = fairscan(
                "refresh", "idc", "--full", "--set", f"idc.base_url={small_index}", home=small_home
            )
            assert refreshed.returncode == 0, refreshed.stderr
        assert fairscan("publish", old, home=small_home).returncode == 0
        assert fairscan("publish", home=small_home).returncode == 0
    finally:
        done.set()
        for asker in askers:
            asker.join()
    assert failed == [], failed[0]
    assert len(answered) > len(pages) and set(answered) == {200}
    new = (small_home / "current").resolve().name
    assert new != old
    assert new in get(f"{address}status")[1]


def test_a_damaged_release_is_not_gone_over_to(small_home: Path, server: Server) -> None:
    serve, address = server
    old = (small_home / "current").resolve()
    bad = hard_linked(old, old.with_name("29990101T000000Z"))
    (bad / "site.db").unlink()
    link = small_home / ".link"
    link.symlink_to(f"releases/{bad.name}")
    link.replace(small_home / "current")
    for _ in range(3):
        assert old.name in get(f"{address}status")[1]
    assert serve.process.poll() is None


def test_health_is_answered(server: Server) -> None:
    _, address = server
    assert get(f"{address}healthz")[0] == 200


def test_a_port_that_is_taken_is_refused_in_one_line(fairscan: Fairscan, small_home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = fairscan.refuses("serve", "--port", port, home=small_home, code=1)
    assert line.startswith(f"cannot listen on 127.0.0.1:{port}")
    assert "--port" in line


def test_an_address_that_is_none_is_refused_in_one_line(
    fairscan: Fairscan, small_home: Path
) -> None:
    line = fairscan.refuses("serve", "--host", "203.0.113.7", home=small_home, code=1)
    assert line.startswith("cannot listen on 203.0.113.7:8001")
    fairscan.refuses("serve", "--host", "no such host", home=small_home, code=1)


def test_without_a_release_there_is_nothing_to_serve(fairscan: Fairscan, tmp_path: Path) -> None:
    line = fairscan.refuses("serve", "--port", "0", home=tmp_path / "new", code=1)
    assert line.startswith("there is no release yet")
