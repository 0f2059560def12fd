"""The packaged snapshots of XNAT hosts, and how a live harvest lies over them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from harvesters.base import harvester_for
from harvesters.record import overlaid
from harvesters.registry import load_sources
from harvesters.snapshots import from_health_ri, from_nitrc_ir, load
from schemas.dataset import Access, Dataset, Method
from tests.emulators.xnat import Xnat
from tests.emulators.xnat_site import Project, Site
from tests.harvesters.xnat_hosts import read


def snapshot(key: str) -> dict[str, Dataset]:
    packaged = load(key)
    assert packaged is not None
    harvester = harvester_for(load_sources()[key])
    return {row["_id"]: harvester.from_snapshot(row, packaged.day) for row in packaged.rows()}


def test_nitrc_ir_has_eighteen_projects_of_which_five_are_open() -> None:
    found = snapshot("nitrc_ir")
    assert len(found) == 18
    opened = {name for name, one in found.items() if one.access is Access.OPEN}
    assert opened == {"fcon_1000", "ixi", "cs_schizbull08", "parktdi", "studyforrest_rev003"}
    assert {one.access for one in found.values()} == {Access.OPEN, Access.REQUEST}
    assert found["fcon_1000"].subjects == 1288
    assert sum(one.subjects or 0 for one in found.values()) == 6063
    assert found["ixi"].snapshot == date(2022, 5, 11)


def test_a_project_of_which_nobody_saw_a_subject_has_an_unknown_number_of_them() -> None:
    found = snapshot("nitrc_ir")
    for name in ("PING", "OASIS3", "OASIS4", "OASIS3_AV1451", "OASIS3_AV1451L"):
        assert found[name].subjects is None
        assert found[name].access is Access.REQUEST


def test_what_others_wrote_down_is_not_said_to_be_stated_by_the_host() -> None:
    for key in ("nitrc_ir", "health_ri"):
        methods = {
            entry.method for one in snapshot(key).values() for entry in one.provenance.values()
        }
        assert methods == {Method.CURATED, Method.DERIVED}


def test_projects_that_came_later_carry_their_own_day() -> None:
    found = snapshot("nitrc_ir")
    assert found["OASIS3"].snapshot == date(2024, 5, 9)
    assert found["OASIS3"].provenance["access"].snapshot == date(2024, 5, 9)


def test_health_ri_has_the_two_projects_that_are_known_to_be_public() -> None:
    found = snapshot("health_ri")
    assert {name: one.access for name, one in found.items()} == {
        "worc": Access.OPEN,
        "stwstrategyhn1": Access.OPEN,
    }
    assert found["worc"].landing_url == "https://xnat.health-ri.nl/data/projects/worc"
    assert found["worc"].subjects is None


def test_a_live_project_takes_from_the_snapshot_what_it_may_not_count(tmp_path: Path) -> None:
    with Xnat(Site([Project("ABIDE", "ABIDE, live", "protected")])) as host:
        live = read(host, tmp_path).datasets["ABIDE"]
    both = overlaid(snapshot("nitrc_ir")["ABIDE"], live)
    assert (both.title, both.subjects) == ("ABIDE, live", 1112)
    assert both.provenance["subjects"].snapshot == date(2022, 5, 11)


def test_health_ris_snapshot_is_what_its_table_says(tmp_path: Path) -> None:
    day, origin, rows = from_health_ri.facts(tmp_path)
    packaged = load("health_ri")
    assert packaged is not None
    assert (packaged.day, packaged.origin) == (day, origin)
    assert list(packaged.rows()) == sorted(rows, key=lambda row: str(row["_id"]))


def test_a_listed_project_is_packaged_with_zero_subjects_as_unknown(tmp_path: Path) -> None:
    listed = [
        {"ID": "PING", "name": "PING Study", "access": "restricted", "subjects": 0},
        {"ID": "OASIS3", "name": None, "access": "restricted", "subjects": None},
        {"ID": "ixi", "name": "IXI dataset", "access": "public", "subjects": 584},
    ]
    (tmp_path / "nitrc_ir_projects.json").write_text(json.dumps({"projects": listed}))
    _, _, rows = from_nitrc_ir.facts(tmp_path)
    assert [(row["ID"], row["access"], row["subjects"], row.get("day")) for row in rows] == [
        ("PING", "protected", None, None),
        ("OASIS3", "protected", None, "2024-05-09"),
        ("ixi", "public", 584, None),
    ]
