"""UK Biobank's dictionary of fields becomes a dataset for each kind of imaging, with its people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harvesters.base import Harvester, harvester_for
from schemas.dataset import Method
from schemas.errors import SourceError
from tests.emulators.ukb import Showcase
from tests.harvesters import apis

PEOPLE = {"brain_mri": 65254, "heart_mri": 65728, "abdominal_mri": 64710, "dxa": 67302}


@pytest.fixture
def repo() -> Iterator[Showcase]:
    with Showcase() as running:
        yield running


def reading(repo: Showcase) -> Harvester:
    return apis.reader(apis.source("ukbiobank", repo.url))


def row(number: int, path: str, people: str, kind: str = "Bulk", notes: str = "") -> bytes:
    page = f"http://biobank.ndph.ox.ac.uk/ukb/{number}"
    about = [path, "1", str(number), "Images", people, people, "Accruing", "Text", "", kind]
    told = [*about, "Primary", "Unisex", "2", "1", "", notes, page]
    return "\t".join(told).encode() + b"\n"


def test_the_people_of_a_kind_of_imaging_are_those_of_its_largest_field(
    repo: Showcase, tmp_path: Path
) -> None:
    found = apis.datasets(reading(repo).harvest(tmp_path))
    assert {name: one.subjects for name, one in found.items()} == PEOPLE
    assert found["brain_mri"].provenance["subjects"].method is Method.DERIVED
    assert found["dxa"].provenance["subjects"].method is Method.STATED


def test_the_curated_counts_are_those_of_the_recorded_dictionary() -> None:
    facts = {one.id: one.subjects for one in apis.packaged()["ukbiobank"].datasets}
    assert PEOPLE.items() <= facts.items()


def test_files_are_no_images_and_visits_no_studies(repo: Showcase, tmp_path: Path) -> None:
    for one in apis.datasets(reading(repo).harvest(tmp_path)).values():
        assert (one.images, one.series, one.studies, one.bytes) == (None, None, None, None)


def test_every_field_of_images_is_a_part_with_its_page(repo: Showcase, tmp_path: Path) -> None:
    found = apis.datasets(reading(repo).harvest(tmp_path))
    parts = [one.value for one in found["heart_mri"].related if one.relation == "HasPart"]
    assert len(parts) == 8
    assert "http://biobank.ndph.ox.ac.uk/ukb/field.cgi?id=20209" in parts
    assert ("IsPartOf", "ukbiobank:ukbiobank") in {
        (one.relation, one.value) for one in found["heart_mri"].related
    }


def test_the_text_of_the_dictionary_is_not_kept(repo: Showcase, tmp_path: Path) -> None:
    for record in apis.records(reading(repo).harvest(tmp_path)).values():
        for kept in record.raw["rows"]:
            assert set(kept) == {"FieldID", "Participants", "Link"}


def test_a_kind_that_the_dictionary_lacks_is_left_to_the_facts(
    repo: Showcase, tmp_path: Path
) -> None:
    found = apis.records(reading(repo).harvest(tmp_path))
    assert "retinal_fundus" not in found
    repo.table += row(21015, "Assessment centre > Physical measures > Eye measures", "86398")
    found = apis.records(reading(repo).harvest(tmp_path))
    assert found["retinal_fundus"].build().subjects == 86398


def test_a_measure_is_no_image(repo: Showcase, tmp_path: Path) -> None:
    repo.table += row(1, "Assessment centre > Imaging > Brain MRI > X", "500000", kind="Data")
    assert apis.datasets(reading(repo).harvest(tmp_path))["brain_mri"].subjects == 65254


def test_a_count_that_is_none_puts_its_dataset_aside(repo: Showcase, tmp_path: Path) -> None:
    repo.table += row(1, "Assessment centre > Imaging > Brain MRI > X", "n/a")
    why = apis.refusals(reading(repo).harvest(tmp_path))
    assert list(why) == ["brain_mri"]
    assert "subjects that is no count" in why["brain_mri"]


def test_a_quotation_mark_is_one_and_no_end_of_a_cell(repo: Showcase, tmp_path: Path) -> None:
    heart = "Assessment centre > Imaging > Heart MRI"
    repo.table += row(20300, heart, "70000", notes='"Late" images, and one mark: "')
    repo.table += row(20301, heart, "80000", notes='"Never closed')
    repo.table += row(20302, heart, "3")
    found = apis.datasets(reading(repo).harvest(tmp_path))
    assert found["heart_mri"].subjects == 80000
    assert len([one for one in found["heart_mri"].related if one.relation == "HasPart"]) == 11


def test_another_header_is_refused(repo: Showcase, tmp_path: Path) -> None:
    repo.table = repo.table.replace(b"ItemType", b"Item_Type", 1)
    with pytest.raises(SourceError, match="a table without ItemType"):
        reading(repo).harvest(tmp_path)


def test_an_unchanged_dictionary_is_asked_for_on_condition(repo: Showcase, tmp_path: Path) -> None:
    def anew() -> Harvester:
        return harvester_for(apis.source("ukbiobank", repo.url), tmp_path / "cache.db")

    before = anew().digest()
    sent = repo.sent
    assert anew().digest() == before
    assert repo.sent == sent
    repo.table += row(20300, "Assessment centre > Imaging > Heart MRI", "70000")
    assert anew().digest() != before


def test_a_dictionary_that_counts_no_people_is_refused(repo: Showcase, tmp_path: Path) -> None:
    repo.table = repo.table.replace(b"Participants", b"Persons", 1)
    with pytest.raises(SourceError, match="a table without Participants"):
        reading(repo).harvest(tmp_path)
