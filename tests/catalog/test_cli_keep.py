"""`refresh`, `publish`, `releases`, `demo`: what the maintainer runs."""

from __future__ import annotations

import json
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.commands import Fairscan
from tests.small import INDEX, snapshot


def source(index: Path) -> list[str]:
    return ["--set", f"idc.base_url={index}"]


def test_a_second_refresh_finds_nothing_changed_and_writes_no_release(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    kept = {
        name: facts
        for name, facts in snapshot(small_home).items()
        if name.startswith(("releases", "sources", "current"))
    }
    done = fairscan("refresh", "idc", *source(small_index), home=small_home)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "idc: unchanged"
    assert done.stdout.splitlines()[-1].startswith("nothing changed")
    after = snapshot(small_home)
    assert {
        n: f for n, f in after.items() if n.startswith(("releases", "sources", "current"))
    } == kept


def test_a_full_refresh_makes_a_release_of_the_same(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    before = fairscan.json("status", home=small_home)
    done = fairscan("refresh", "idc", "--full", "--json", *source(small_index), home=small_home)
    told = json.loads(done.stdout)
    assert (done.returncode, told["state"]) == (0, "ok")
    after = fairscan.json("status", home=small_home)
    assert after["release"] == told["release"] != before["release"]
    counts = ("datasets", "series", "subjects", "bytes", "findings")
    assert {n: after[n] for n in counts} == {n: before[n] for n in counts}
    assert fairscan.json("changes", home=small_home)["changes"] == []


def test_a_dry_run_says_what_a_refresh_would_do_and_does_nothing(
    fairscan: Fairscan, small_home: Path, small_index: Path, tmp_path: Path
) -> None:
    before = snapshot(small_home)
    (unchanged,) = fairscan.json(
        "refresh", "idc", "--dry-run", *source(small_index), home=small_home
    )
    assert unchanged["would"] == "nothing: unchanged"
    (changed,) = fairscan.json("refresh", "idc", "--dry-run", home=small_home)
    assert changed["would"] == "harvest"
    (small_index / INDEX).unlink()
    done = fairscan("refresh", "idc", "--dry-run", "--json", *source(small_index), home=small_home)
    assert done.returncode == 1
    (failing,) = json.loads(done.stdout)
    assert failing["would"].startswith("fail: the IDC index cannot be read")
    assert snapshot(small_home) == before
    fairscan("refresh", "idc", "--dry-run", home=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_source_may_be_set_in_the_settings_file(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    (small_home / "fairscan.toml").write_text(f'[sources.idc]\nbase_url = "{small_index}"\n')
    (row,) = fairscan.json("refresh", "idc", "--dry-run", home=small_home)
    assert row["would"] == "nothing: unchanged"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["idx"], "no source 'idx'. Known sources: "),
        (["--set", "idc.url=/x"], "[sources.idc] takes no url (--set). It takes base_url"),
        (["--set", "idc"], "not a setting: 'idc'. Write --set KEY.base_url=URL"),
        (["--set", "tcia2.base_url=/x"], "no source 'tcia2'. Known sources: "),
    ],
)
def test_a_refresh_of_what_is_no_source_is_wrong_usage(
    fairscan: Fairscan, tmp_path: Path, arguments: list[str], said: str
) -> None:
    line = fairscan.refuses("refresh", *arguments, home=tmp_path / "new", code=2)
    assert line.startswith(said)
    assert not (tmp_path / "new").exists()


@pytest.fixture
def two_releases(fairscan: Fairscan, small_home: Path, small_index: Path) -> tuple[Path, str, str]:
    """A home with an older and a newer release; the newer one is current."""
    old = (small_home / "current").readlink().name
    fairscan("refresh", "idc", "--full", *source(small_index), home=small_home)
    new = (small_home / "current").resolve().name
    assert new > old
    return small_home, old, new


def test_publish_goes_back_to_an_older_release_and_forward_again(
    fairscan: Fairscan, two_releases: tuple[Path, str, str]
) -> None:
    home, old, new = two_releases
    assert fairscan.json("publish", old, home=home)["release"] == old
    assert fairscan.json("status", home=home)["release"] == old
    listed = fairscan.json("releases", "list", home=home)
    assert [(row["release"], row["current"]) for row in listed] == [(new, False), (old, True)]
    done = fairscan("publish", home=home)
    assert done.stdout == f"release {new} is whole and now current\n"
    assert (home / "current").resolve().name == new


def test_a_damaged_release_is_not_published(
    fairscan: Fairscan, two_releases: tuple[Path, str, str]
) -> None:
    home, old, new = two_releases
    path = home / "releases" / old / "datasets.parquet"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.unlink()
    path.write_bytes(bytes(content))
    line = fairscan.refuses("publish", old, home=home, code=1)
    assert line.startswith("damaged release: datasets.parquet is not what was released")
    line = fairscan.refuses("releases", "verify", old, home=home, code=1)
    assert str(path) in line
    assert (home / "current").resolve().name == new
    assert fairscan("releases", "verify", home=home).returncode == 0


def test_what_is_no_release_is_not_published(
    fairscan: Fairscan, small_home: Path, tmp_path: Path
) -> None:
    line = fairscan.refuses("publish", "20000101T000000Z", home=small_home, code=2)
    assert line.startswith("no release '20000101T000000Z'. Newest releases: ")
    assert fairscan.refuses("publish", home=tmp_path / "new", code=1).startswith(
        "there is no release"
    )


def test_releases_are_listed_verified_and_pruned(
    fairscan: Fairscan, two_releases: tuple[Path, str, str]
) -> None:
    home, old, new = two_releases
    done = fairscan("releases", "list", home=home)
    assert done.stdout.index(new) < done.stdout.index(old)
    assert fairscan.json("releases", "verify", old, home=home)["whole"] is True
    assert fairscan.json("releases", "prune", "--keep", "1", home=home) == {"removed": [old]}
    assert [p.name for p in (home / "releases").iterdir()] == [new]
    assert fairscan("releases", "prune", home=home).stdout == "nothing to remove\n"


def test_a_damaged_current_release_is_one_line_for_every_question(
    fairscan: Fairscan, small_home: Path
) -> None:
    (small_home / "current" / "site.db").unlink()
    for command in (["status"], ["search", "x"], ["cohort"], ["show", "idc:prostatex"], ["serve"],
                    ["select", "-o", "-"], ["releases", "verify"]):  # fmt: skip
        line = fairscan.refuses(*command, home=small_home, code=1)
        assert line.startswith("damaged release: site.db is missing"), command


def test_demo_builds_what_is_missing_serves_it_and_ends_on_ctrl_c(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    (small_home / "fairscan.toml").write_text(f'[sources.idc]\nbase_url = "{small_index}"\n')
    with fairscan.running("demo", "--port", "0", home=small_home) as demo:
        address = demo.until("fairscan serves at ").split()[3]
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert answer.status == 200
            assert b"<title>" in answer.read()
        demo.process.send_signal(signal.SIGINT)
        rest = demo.stderr.read()
    assert demo.process.returncode in (0, 130)
    assert "Traceback" not in rest


def test_help_names_every_command(fairscan: Fairscan, tmp_path: Path) -> None:
    done = fairscan("--help", home=tmp_path)
    assert done.returncode == 0
    for command in ("demo refresh publish serve releases status sources changes cohort select "
                    "query search show").split():  # fmt: skip
        assert f"\n  {command} " in done.stdout
        assert fairscan(command, "--help", home=tmp_path).returncode == 0
