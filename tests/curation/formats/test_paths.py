"""Names of folders and files: which identify, and what they become."""

from __future__ import annotations

from typing import Any

import pytest

from curation.formats import Unsafe
from curation.formats.file import File
from curation.formats.look import Look
from curation.formats.paths import clean_path, inspect_path
from curation.phi import Kind
from curation.profiles import load
from schemas.file_finding import FileFinding


def told(name: str, seen: set[str] | None = None) -> list[FileFinding]:
    found: list[FileFinding] = []
    look = Look(load("research"), found.append)
    look.file = File(None, name)  # type: ignore[arg-type]  # its bytes are not looked at
    inspect_path(name, look, seen)
    return [finding for finding in found if finding.severity != "info"]


@pytest.mark.parametrize(
    "name",
    [
        "PAPADAKIS_GEORGIOS/CT/1-001.dcm",
        "MRN0012345/1.dcm",
        "a/b.zip!/John Smith.dcm",
        "dir/scan_Smith.John.pdf",
        "x/Maria_Rossi_12.03.1960.nii.gz",
    ],
)
def test_names_that_identify_are_told_and_replaced(desk: Any, name: str) -> None:
    [finding] = told(name)
    assert finding.where == "filename"
    clean = clean_path(name, desk.act, desk.act.known)
    assert told(clean) == []
    assert clean.rpartition(".")[2] == name.rpartition(".")[2]


@pytest.mark.parametrize(
    "name",
    [
        "sub-01/ses-2/anat/sub-01_ses-2_T1w.nii.gz",
        "CT.1.2.840.113619.2.dcm",
        "LIDC-IDRI-0001/1-001.dcm",
        "PAT_00001/CT_7/series-00002/1-001.dcm",
        "derivatives/fmriprep/desc-preproc_bold.json",
    ],
)
def test_names_that_identify_nobody_stay(desk: Any, name: str) -> None:
    assert told(name) == []
    assert clean_path(name, desk.act, desk.act.known) == name


def test_a_folder_is_told_for_its_first_file() -> None:
    seen: set[str] = set()
    assert len(told("PAPADAKIS_GEORGIOS/CT/1.dcm", seen)) == 1
    assert told("PAPADAKIS_GEORGIOS/CT/2.dcm", seen) == []
    assert len(told("PAPADAKIS_GEORGIOS/John Smith.dcm", seen)) == 1


def test_a_patients_folder_gets_the_pseudonym_that_the_files_get(desk: Any) -> None:
    clean = clean_path("MRN0012345/1.dcm", desk.act, desk.act.known)
    assert clean == f"{desk.act.mapping.patient('MRN0012345')}/1.dcm"


def test_what_is_known_of_a_patient_is_found_in_names(desk: Any) -> None:
    assert clean_path("qwzx7/a.dcm", desk.act, desk.act.known) == "qwzx7/a.dcm"
    desk.act.known.add("p", Kind.NAME, "Grzybowskaja^Xenia")
    assert "rzybowskaja" not in clean_path("grzybowskaja/a.dcm", desk.act, desk.act.known)


def test_a_scan_and_its_sidecar_keep_one_stem(desk: Any) -> None:
    scan, sidecar = (
        clean_path(f"John_Smith_scan.{end}", desk.act, desk.act.known) for end in ("nii.gz", "json")
    )
    assert scan.removesuffix(".nii.gz") == sidecar.removesuffix(".json") != "John_Smith_scan"


def test_names_fit_every_file_system_and_never_become_one(desk: Any) -> None:
    hard = ["a:b.dcm", "a?b.dcm", "a_b.dcm", "CON.txt", "_CON.txt", "x" * 300, "x" * 299, "tail. "]
    hard += ["\x1b[31mred.dcm", "\u202egnp.dcm", "\udcff.dcm"]
    clean = [clean_path(name, desk.act, desk.act.known) for name in hard]
    assert len({name.casefold() for name in clean}) == len(hard)
    for name in clean:
        assert name.isprintable() and not set(name) & set('<>:"|?*\\')
        assert len(name.encode()) <= 255 and name == name.rstrip(". ")
    assert clean[2] == "a_b.dcm" and not clean[3].startswith("CON")


@pytest.mark.parametrize("name", ["../a", "/a", "a/../b", "a//b", "a/./b", ""])
def test_a_path_that_leaves_its_folder_is_unsafe(desk: Any, name: str) -> None:
    with pytest.raises(Unsafe):
        clean_path(name, desk.act, desk.act.known)


def test_a_pseudonym_of_ours_is_no_name_whatever_letters_it_has() -> None:
    assert told("FS-ZISVEKUMTD/CT_1/IM0001.dcm") == []
    assert told("sub-FSZISVEKUMTD/anat/sub-FSZISVEKUMTD_T1w.nii.gz") == []
