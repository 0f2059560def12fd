"""What DOI registries add to records: asked for once in a while, and never over the source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.registries import FILE, KEPT
from tests.commands import Fairscan
from tests.emulators.crossref import Crossref, work
from tests.emulators.datacite import Datacite, recorded

LIVE = {"FAIRSCAN_OFFLINE": "0"}


@pytest.fixture
def datacite() -> Iterator[Datacite]:
    """A registry that knows two of the small index's DOIs, with creators, funders and citations."""
    records = [one for one in recorded("tcia") if one["attributes"].get("creators")][:1]
    (pattern,) = records
    with Datacite([described(pattern, "10.7937/k9tcia.2017.murs5cl", 12)]) as running:
        yield running


def described(pattern: dict, doi: str, citations: int) -> dict:  # type: ignore[type-arg]
    attributes = {
        **pattern["attributes"],
        "doi": doi,
        "creators": [
            {"name": "Doe, Jane", "nameIdentifiers": [
                {"nameIdentifier": "https://orcid.org/0000-0002-1825-0097",
                 "nameIdentifierScheme": "ORCID"}]}
        ],
        "publisher": "Somebody Else",
        "citationCount": citations,
        "fundingReferences": [{"funderName": "A fund"}],
    }  # fmt: skip
    return {**pattern, "id": doi, "attributes": attributes}


@pytest.fixture
def crossref() -> Iterator[Crossref]:
    with Crossref([work("10.9999/nothing-of-ours")]) as running:
        yield running


@pytest.fixture
def refresh(
    fairscan: Fairscan, small_home: Path, small_index: Path, datacite: Datacite, crossref: Crossref
) -> object:
    """Refresh the small index, registries included; the report by source, and the exit code."""
    (small_home / "fairscan.toml").write_text(
        f'[sources.datacite]\nbase_url = "{datacite.url}"\nrequests_per_second = 1000.0\n'
        f'[sources.crossref]\nbase_url = "{crossref.url}"\nrequests_per_second = 1000.0\n'
    )

    def run(code: int = 0) -> dict[str, dict]:  # type: ignore[type-arg]
        done = fairscan(
            "refresh", "idc", "--json", "--set", f"idc.base_url={small_index}",
            home=small_home, env=LIVE,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return {entry["source"]: entry for entry in json.loads(done.stdout)["report"]}

    return run


def test_a_registry_fills_what_the_repository_did_not_say_and_nothing_else(
    refresh, fairscan: Fairscan, small_home: Path
) -> None:
    before = fairscan.json("show", "idc:prostatex", home=small_home)
    told = refresh()
    assert told["idc"]["state"] == "unchanged" and told["doi"]["state"] == "ok"
    shown = fairscan.json("show", "idc:prostatex", home=small_home)
    assert shown["creators"] == [{"name": "Doe, Jane", "orcid": "0000-0002-1825-0097"}]
    assert shown["provenance"]["creators"]["source"] == "datacite"
    assert (shown["funders"], shown["citations"]) == (["A fund"], 12)
    assert shown["publisher"] == before["publisher"] != "Somebody Else"
    assert shown["licence"] == before["licence"]


def test_what_was_asked_is_not_asked_again_and_not_released_again(
    refresh, fairscan: Fairscan, small_home: Path, datacite: Datacite, crossref: Crossref
) -> None:
    refresh()
    release = fairscan.json("status", home=small_home)["release"]
    datacite.forget()
    crossref.forget()
    assert "doi" not in refresh()
    assert datacite.log == crossref.log == []
    assert fairscan.json("status", home=small_home)["release"] == release


def test_an_answer_that_is_old_is_asked_for_again(
    refresh, fairscan: Fairscan, small_home: Path, datacite: Datacite
) -> None:
    refresh()
    path = small_home / FILE
    table = pq.read_table(path)
    old = [moment - KEPT - timedelta(days=1) for moment in table.column("retrieved").to_pylist()]
    place = table.schema.get_field_index("retrieved")
    column = pa.array(old, table.schema.field("retrieved").type)
    path.unlink()
    pq.write_table(table.set_column(place, "retrieved", column), path)
    datacite.records[0]["attributes"]["citationCount"] = 13
    assert refresh()["doi"]["state"] == "ok"
    assert fairscan.json("show", "idc:prostatex", home=small_home)["citations"] == 13


def test_a_registry_that_fails_is_held_and_what_it_said_stays(
    refresh, fairscan: Fairscan, small_home: Path, datacite: Datacite
) -> None:
    refresh()
    (small_home / FILE).rename(small_home / "aside")
    datacite.fail("html")
    told = refresh(code=3)
    assert told["doi"]["state"] == "held" and "HTML" in told["doi"]["message"]
    assert told["idc"]["state"] == "unchanged"
    datacite.forget()
    (small_home / "aside").rename(small_home / FILE)
    refresh()
    assert fairscan.json("show", "idc:prostatex", home=small_home)["citations"] == 12


def test_offline_no_registry_is_asked_and_what_it_said_stays(
    refresh, fairscan: Fairscan, small_home: Path, datacite: Datacite
) -> None:
    refresh()
    datacite.forget()
    assert fairscan("refresh", "grand_challenge", home=small_home).returncode == 0
    assert datacite.log == []
    assert fairscan.json("show", "idc:prostatex", home=small_home)["citations"] == 12
