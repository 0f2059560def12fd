"""A real Orthanc, filled with files made by pydicom, is read as pydicom reads the files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harvesters.dicomweb import query as dicomweb_query
from harvesters.dicomweb.model import rows_of
from harvesters.http import Answer, Client
from schemas.errors import SourceError
from tests.commands import Fairscan
from tests.harvesters import orthanc, scans
from tests.harvesters.archives import Read, read, source

pytestmark = pytest.mark.skipif(orthanc.MISSING is not None, reason=str(orthanc.MISSING))


@dataclass(frozen=True)
class Filled:
    """A running Orthanc and what pydicom says of the files in it, by series."""

    server: orthanc.Orthanc
    truth: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    files = scans.write(tmp_path_factory.mktemp("files"))
    truth = {told["SeriesInstanceUID"]: told for told in scans.read(files)}
    with orthanc.running(tmp_path_factory.mktemp("orthanc")) as server:
        server.fill(sorted(files.glob("*.dcm")))
        yield Filled(server, truth)


@pytest.fixture(scope="module")
def found(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Read:
    return read(filled.server.dicomweb, tmp_path_factory.mktemp("harvest"))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def test_every_series_has_the_values_of_its_files(filled: Filled, found: Read) -> None:
    assert len(filled.truth) == 40
    names = {
        "PatientID": "subject",
        "StudyInstanceUID": "study",
        "StudyDescription": "study_description",
        "SeriesDescription": "description",
        "PatientAge": "age_raw",
        "PatientSex": "sex_raw",
        "Modality": "modality_raw",
        "BodyPartExamined": "body_part_raw",
        "Manufacturer": "manufacturer_raw",
        "ManufacturerModelName": "model",
        "SOPClassUID": "sop_class",
        "instances": "instances",
    }
    read_back = {
        uid: {name: row[column] for name, column in names.items()}
        | {"StudyDate": row["study_date"], "SeriesDate": row["series_date"]}
        for uid, row in found.rows.items()
    }
    true = {
        uid: {name: told[name] for name in names}
        | {name: _day(told[name]) for name in ("StudyDate", "SeriesDate")}
        for uid, told in filled.truth.items()
    }
    assert read_back == true


def test_there_are_as_many_as_orthanc_counts_itself(filled: Filled, found: Read) -> None:
    told = filled.server.ask("/statistics")
    assert len(found.rows) == told["CountSeries"] == len(filled.server.ask("/series")) == 40
    datasets = found.datasets.values()
    assert sum(d.studies or 0 for d in datasets) == told["CountStudies"] == 10
    assert sum(d.subjects or 0 for d in datasets) == told["CountPatients"] == 7
    assert sum(d.images or 0 for d in datasets) == told["CountInstances"] == 70


def test_each_protocol_of_the_files_is_a_dataset(filled: Filled, found: Read) -> None:
    titles = {d.title: d.series for d in found.datasets.values()}
    assert titles == {
        "Hospital archive": 12,
        "Hospital archive: The ALPHA study": 16,
        "Hospital archive: The Bêta trial/2 study": 12,
    }
    of = {row["study"]: row["dataset_id"] for row in found.rows.values()}
    protocols = {t["StudyInstanceUID"]: t["ClinicalTrialProtocolID"] for t in filled.truth.values()}
    assert len(set(of.items())) == 10
    assert len({(of[study], name) for study, name in protocols.items()}) == 3


def test_vocabularies_are_put_in(found: Read) -> None:
    by_modality = {row["modality"]: row for row in found.rows.values()}
    assert set(by_modality) == {"CT", "MR", "SEG", "SR"}
    assert by_modality["CT"]["manufacturer"] == "Siemens Healthineers"
    assert by_modality["MR"]["body_part"] == "Prostate"
    ages = {row["age_raw"]: row["age_years"] for row in found.rows.values()}
    assert ages == {
        "042Y": 42, "043Y": 43, "018M": 1.5, "000Y": None, "95": 95, "130Y": None, None: None,
        "007D": pytest.approx(7 / 365.25),
    }  # fmt: skip


def test_nobodys_name_or_birth_date_is_kept(found: Read) -> None:
    kept = json.dumps(found.raw).encode()
    kept += b"".join(dataset.model_dump_json().encode() for dataset in found.datasets.values())
    kept += str(found.rows).encode()
    assert scans.NAME.encode() not in kept and scans.BORN.encode() not in kept


def test_small_pages_bring_the_same(
    filled: Filled, found: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dicomweb_query, "PAGE", 7)
    assert read(filled.server.dicomweb, tmp_path).rows == found.rows


def test_study_by_study_brings_the_same(
    filled: Filled, found: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = dicomweb_query.Archive.walk

    def refusing(self: dicomweb_query.Archive, path: str, *more: Any) -> None:
        if path == "/series":
            raise dicomweb_query.IncompleteError("not all at once")
        walk(self, path, *more)

    monkeypatch.setattr(dicomweb_query.Archive, "walk", refusing)
    assert read(filled.server.dicomweb, tmp_path).rows == found.rows


def test_its_xml_and_its_json_say_the_same(filled: Filled) -> None:
    with_xml = _answer(filled.server, "application/dicom+xml")
    with_json = _answer(filled.server, "application/dicom+json")
    assert "multipart/related" in with_xml.headers["content-type"]
    assert _reduced(with_xml) == _reduced(with_json)
    assert len(_reduced(with_json)) == 40


def _answer(server: orthanc.Orthanc, accept: str) -> Answer:
    client = Client(source(server.dicomweb))
    try:
        fields = ["00180015", "00081030", "00101010", "00201209"]
        return client.get(
            f"{server.dicomweb}/series", params={"includefield": fields}, accept=accept
        )
    finally:
        client.close()


def _reduced(answer: Answer) -> list[dict[str, list[str]]]:
    from harvesters.dicomweb.model import reduced

    return [
        {name: [str(value) for value in values] for name, values in reduced(row).items()}
        for row in rows_of(answer)
    ]


def test_a_second_harvest_after_one_more_file_asks_for_that_study_alone(
    filled: Filled, found: Read, tmp_path: Path
) -> None:
    study = {**scans.STUDIES[7], **scans.SERIES[0]}
    files = [tmp_path / "0.dcm"]
    scans.one(7, 0, 50, study).save_as(files[0], enforce_file_format=True)
    before = read(filled.server.dicomweb, tmp_path / "before")
    filled.server.fill(files)
    try:
        after = read(filled.server.dicomweb, tmp_path / "after", before.folder)
    finally:
        instance = filled.server.ask("/tools/find", _found(files[0]), "POST")[0]
        filled.server.ask(f"/instances/{instance}", method="DELETE")
    assert after.said == ["hospital: 36 series of studies that did not change are kept"]
    changed = {uid for uid, row in after.rows.items() if row != found.rows[uid]}
    assert changed == {f"{scans.ROOT}8.1"}
    assert after.rows[changed.pop()]["instances"] == 4


def _found(path: Path) -> bytes:
    from pydicom import dcmread

    uid = str(dcmread(path).SOPInstanceUID)
    return json.dumps({"Level": "Instance", "Query": {"SOPInstanceUID": uid}}).encode()


def test_an_orthanc_that_asks_for_a_password_is_read_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "orthanc").mkdir()
    files = scans.write(tmp_path / "files")
    with orthanc.running(tmp_path / "orthanc", guarded=True) as server:
        server.fill(sorted(files.glob("0-*.dcm")))
        with pytest.raises(SourceError) as told:
            read(server.dicomweb, tmp_path / "guest")
        assert "401" in str(told.value) and "FAIRSCAN_HOSPITAL_USER" in str(told.value)
        monkeypatch.setenv("FAIRSCAN_HOSPITAL_USER", orthanc.USER)
        monkeypatch.setenv("FAIRSCAN_HOSPITAL_PASSWORD", orthanc.PASSWORD)
        assert len(read(server.dicomweb, tmp_path / "user").rows) == 4
        secret = base64.b64encode(f"{orthanc.USER}:{orthanc.PASSWORD}".encode()).decode()
        monkeypatch.delenv("FAIRSCAN_HOSPITAL_USER")
        monkeypatch.setenv("FAIRSCAN_HOSPITAL_HEADER", f"Authorization: Basic {secret}")
        assert len(read(server.dicomweb, tmp_path / "header").rows) == 4


def test_a_home_that_describes_it_refreshes_from_it_and_then_finds_it_unchanged(
    filled: Filled, fairscan: Fairscan, tmp_path: Path
) -> None:
    (tmp_path / "fairscan.toml").write_text(
        '[sources.hospital]\nkind = "dicomweb"\nname = "Hospital archive"\n'
        f'base_url = "{filled.server.dicomweb}"\nrequests_per_second = 1000.0\n'
    )
    live = {"FAIRSCAN_OFFLINE": ""}
    first = fairscan("refresh", "hospital", "--json", home=tmp_path, env=live)
    assert first.returncode == 0, first.stderr
    (run,) = json.loads(first.stdout)["runs"]
    assert (run["state"], run["datasets"], run["series"]) == ("ok", 3, 40)
    shown = fairscan.json("show", "hospital:ALPHA", home=tmp_path)
    assert (shown["title"], shown["series"]) == ("Hospital archive: The ALPHA study", 16)
    again = fairscan("refresh", "hospital", "--json", home=tmp_path, env=live)
    (run,) = json.loads(again.stdout)["runs"]
    assert (again.returncode, run["state"], run["requests"]) == (0, "unchanged", 2)
    planned = fairscan("refresh", "hospital", "--dry-run", home=tmp_path, env=live)
    assert f"hospital: GET {filled.server.dicomweb}/studies?" in planned.stdout
