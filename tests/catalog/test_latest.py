"""A run that was held made no release; the release's reader tells of it all the same."""

from __future__ import annotations

from pathlib import Path

from catalog.reader import Reader
from tests.commands import Fairscan


def test_a_source_held_after_the_release_is_told_with_its_reason(
    fairscan: Fairscan, small_home: Path
) -> None:
    reader = Reader((small_home / "current").resolve())
    before = {source["key"]: source for source in reader.sources()}
    assert (before["idc"]["tag"], before["idc"]["state"]) == ("read", "ok")
    done = fairscan("refresh", "idc", "--set", f"idc.base_url={small_home}/none", home=small_home)
    assert done.returncode in (1, 3), done.stderr
    after = {source["key"]: source for source in reader.sources()}
    assert after["idc"]["tag"] == "held"
    assert "none" in after["idc"]["words"]
    assert after["idc"]["datasets"] == before["idc"]["datasets"] == 10
    runs = {run["source"]: run for run in reader.status().runs}
    assert (runs["idc"]["state"], runs["idc"]["datasets"]) == ("held", 10)
    assert fairscan.json("sources", home=small_home)[0]["tag"] == "held"
    assert reader.info.id == (small_home / "current").resolve().name
    reader.close()


def test_a_release_without_a_history_tells_of_its_own_runs(small_home: Path) -> None:
    (small_home / "runs.jsonl").unlink()
    reader = Reader((small_home / "current").resolve())
    assert [(run["source"], run["state"]) for run in reader.status().runs] == [("idc", "ok")]
    assert next(s for s in reader.sources() if s["key"] == "idc")["state"] == "ok"
    reader.close()
