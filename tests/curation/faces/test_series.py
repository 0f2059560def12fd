"""A DICOM series is one volume, however its files lie; one finding speaks for it."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from curation.faces.head import is_head
from curation.faces.masks import face_cut, face_cuts
from curation.faces.series import Piece, is_candidate, series_face, series_faces
from schemas.file_finding import FileFinding
from schemas.finding import Severity
from tests.curation.faces.phantoms import Phantom, write_dicom, write_enhanced

_AXIAL = Phantom(axes="LPS", modality="CT", spacing=(5, 5, 5))


def pieces(
    paths: list[Path], modality: str, words: str = "HEAD", declared: str = ""
) -> list[Piece]:
    return [Piece("2.25.42", modality, words, declared, path, path.name) for path in paths]


def findings(found: list[Piece]) -> list[FileFinding]:
    told: list[FileFinding] = []
    series_faces(found, told.append)
    return told


def test_a_series_with_a_face_is_one_warning_at_its_first_file(tmp_path: Path) -> None:
    paths = write_dicom(_AXIAL, tmp_path)
    (told,) = findings(pieces(paths[::-1], "CT"))
    assert (told.check, told.severity) == ("face-region", Severity.WARNING)
    assert (told.file, told.where, told.kind) == ("0000.dcm", "pixel", "face")
    assert "E.3.2" in told.rule


@pytest.mark.parametrize(
    "phantom",
    [
        _AXIAL,
        Phantom(axes="PIR", spacing=(5, 5, 5)),
        Phantom(axes="LIP", spacing=(5, 5, 6), modality="CT"),
    ],
    ids=["axial", "sagittal", "coronal"],
)
def test_any_plane_and_any_order_of_files_will_do(phantom: Phantom, tmp_path: Path) -> None:
    paths = write_dicom(phantom, tmp_path)
    shuffled = [paths[i] for i in np.random.default_rng(1).permutation(len(paths))]
    assert series_face(shuffled, phantom.modality).region == "present"


def test_a_defaced_series_has_no_finding(tmp_path: Path) -> None:
    paths = write_dicom(Phantom(axes="LPS", cut="mask", spacing=(5, 5, 5)), tmp_path)
    assert findings(pieces(paths, "MR")) == []


def test_missing_slices_leave_gaps_and_not_a_shorter_head(tmp_path: Path) -> None:
    paths = write_dicom(_AXIAL, tmp_path)
    del paths[14], paths[25:27]
    assert series_face(paths, "CT").region == "present"


def test_too_wide_a_gap_tells_nothing(tmp_path: Path) -> None:
    paths = write_dicom(_AXIAL, tmp_path)
    del paths[14:20]
    told = series_face(paths, "CT")
    assert (told.region, told.reason) == ("unknown", "planes are missing in it")


def test_a_file_of_many_frames_is_a_volume(tmp_path: Path) -> None:
    path = write_enhanced(_AXIAL, tmp_path / "enhanced.dcm")
    assert series_face([path], "CT").region == "present"


def test_a_few_slices_tell_nothing_and_say_so(tmp_path: Path) -> None:
    paths = write_dicom(Phantom(axes="LPS", spacing=(6, 6, 40)), tmp_path)
    (told,) = findings(pieces(paths, "MR"))
    assert told.severity is Severity.INFO
    assert "too few planes" in told.message
    assert findings(pieces(paths, "MR", words="")) == []


def test_a_damaged_slice_makes_the_series_unknown(tmp_path: Path) -> None:
    paths = write_dicom(_AXIAL, tmp_path)
    whole = paths[20].read_bytes()
    paths[20].write_bytes(whole[:-4000])
    told = series_face(paths, "CT")
    assert told.region == "unknown"
    assert "cannot be decoded" in told.reason


def test_a_declared_face_is_an_observation(tmp_path: Path) -> None:
    paths = write_dicom(Phantom(axes="LPS", spacing=(6, 6, 40)), tmp_path)
    told = findings(pieces(paths, "MR", declared="YES"))
    assert [(t.where, t.severity) for t in told] == [
        ("00280302", Severity.INFO),
        ("pixel", Severity.INFO),
    ]


@pytest.mark.parametrize(
    ("words", "head"),
    [
        ("HEAD", True),
        ("Brain^Routine", True),
        ("sub-01/anat/sub-01_T1w.nii.gz", True),
        ("WHOLEBODY", True),
        ("HEADNECK", True),
        ("KNEE T1w", False),
        ("CHEST", False),
        ("overhead arm", False),
        ("sub-01/func/sub-01_task-rest_bold.nii.gz", False),
        ("sub-01_desc-brain_mask.nii.gz", False),
        ("header test", None),
        ("surface coil", None),
        ("", None),
    ],
)
def test_words_say_head_or_another_part_or_nothing(words: str, head: bool | None) -> None:
    assert is_head(words) is head


def test_only_volumes_that_may_show_a_head_are_looked_at() -> None:
    assert is_candidate("MR", "")
    assert not is_candidate("US", "HEAD")
    assert not is_candidate("CT", "CHEST")


def test_a_series_is_blanked_file_by_file(tmp_path: Path) -> None:
    paths = write_dicom(_AXIAL, tmp_path)
    cuts, untold = face_cuts(pieces(paths, "CT"))
    assert untold == {}
    cut = pickle.loads(pickle.dumps(cuts["2.25.42"]))  # as another process gets it
    assert (cut.before.region, cut.left.region) == ("present", "cut")
    for path in paths:
        dataset = dcmread(path)
        pixels = dataset.pixel_array.copy()
        blank = cut.blank(path)
        assert blank is not None
        mask, air = blank
        assert mask.shape == pixels.shape
        assert 0 <= air <= 74  # stored; air is -1024 to -950 HU
        pixels[mask] = air
        dataset.PixelData = pixels.tobytes()
        dataset.save_as(path)
    assert series_face(paths, "CT").region == "cut"
    assert face_cuts(pieces(paths, "CT")) == ({}, {})


def test_a_file_of_many_frames_has_a_mask_of_many_frames(tmp_path: Path) -> None:
    path = write_enhanced(_AXIAL, tmp_path / "enhanced.dcm")
    cut = face_cut([path], "CT")
    assert cut is not None
    blank = cut.blank(path)
    assert blank is not None
    assert blank[0].shape == dcmread(path).pixel_array.shape
    assert 0.05 < blank[0].mean() < 0.4


def test_a_series_that_tells_nothing_is_not_cut_and_says_why(tmp_path: Path) -> None:
    paths = write_dicom(Phantom(axes="LPS", spacing=(6, 6, 40)), tmp_path)
    assert face_cuts(pieces(paths, "MR")) == ({}, {"2.25.42": "it has too few planes"})
    assert face_cuts(pieces(paths, "MR", words="")) == ({}, {})
