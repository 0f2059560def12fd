"""Burned-in text is found, read and judged, whatever the image around it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curation.formats import Unsafe
from curation.phi import Kind
from curation.phi.known import Known
from curation.pixels import models
from curation.pixels import scan as scanning
from curation.pixels.scan import Looker, scan
from curation.pixels.text import Box, Reading, Text
from tests.curation.pixels.made import NAME, body, breast, dicom, speckle, written


def identifying(image: np.ndarray) -> list[Text]:
    return [text for text in Looker().texts(0, image) if text.identifying]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (NAME, Kind.NAME),
        ("DOB: 12/03/1956", Kind.DATE),
        ("MRN 48213377", Kind.ID),
        ("Royal Infirmary Edinburgh", Kind.INSTITUTION),
    ],
)
def test_a_line_that_identifies_is_found_and_read(text: str, kind: Kind) -> None:
    (found,) = identifying(written(text, on=speckle()))
    assert found.kind == kind
    assert found.x0 <= 42 and found.y0 <= 66 and found.y1 >= 76


@pytest.mark.parametrize("text", ["L", "5 cm", "MI 1.2", "12 MHz", "WL 40 WW 400", "Se: 3 Im: 12"])
def test_what_devices_write_on_every_image_is_not_reported(text: str) -> None:
    assert identifying(written(text, on=speckle())) == []


def test_text_over_a_bright_body_is_not_lost_in_it() -> None:
    (found,) = identifying(written(NAME, at=(100, 120), on=body()))
    assert 90 <= found.x0 <= 102 and found.x1 - found.x0 < 250


def test_small_text_within_tissue_is_found() -> None:
    (found,) = identifying(written(NAME, at=(30, 190), size=12, on=breast()))
    assert found.y1 - found.y0 < 40


@pytest.mark.parametrize("image", [speckle(), body(), breast(), np.zeros((256, 384), np.uint8)])
def test_images_without_text_have_none(image: np.ndarray) -> None:
    assert list(Looker().texts(0, image)) == []


def test_dark_text_on_white_is_found() -> None:
    assert identifying(written(NAME, on=np.full((256, 384), 240, np.uint8), ink=10))


@pytest.mark.parametrize(("apart", "hidden"), [(12, 2), (90, 1)])
def test_boxes_close_together_on_a_line_are_judged_together(
    monkeypatch: pytest.MonkeyPatch, apart: int, hidden: int
) -> None:
    said = {10: "Pat: Ingrid", 110 + apart: "in the weather"}
    boxes = [Box(10, 20, 110, 40), Box(110 + apart, 21, 200 + apart, 41)]
    monkeypatch.setattr(scanning, "detect", lambda _: boxes)
    monkeypatch.setattr(scanning, "read", lambda _, box: Reading(said[box.x0], 0.99))
    assert len(identifying(speckle())) == hidden


def test_text_that_runs_upwards_is_read() -> None:
    (found,) = identifying(np.rot90(written(NAME)).copy())
    assert found.kind == Kind.NAME
    assert found.y1 - found.y0 > found.x1 - found.x0


def test_small_text_on_a_large_mammogram_is_found() -> None:
    image = np.zeros((2600, 2000), np.uint8)
    image[600:2000, :900] = 90
    (found,) = identifying(written(NAME, at=(1500, 2400), size=26, on=image))
    assert 1480 <= found.x0 <= 1505 and 2380 <= found.y0 <= 2410


def test_a_known_value_makes_sure_of_what_is_otherwise_harmless(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", written("LEVEL FOCUS"))
    known = Known()
    known.add("p1", Kind.ID, "LEVEL FOCUS")
    assert not any(text.identifying for text in scan(path))
    (found,) = [text for text in scan(path, known=known, patient="p1") if text.identifying]
    assert found.sure


@pytest.mark.parametrize("inverted", [False, True])
def test_sixteen_bits_are_brought_to_the_range_in_which_text_can_be_read(
    tmp_path: Path, inverted: bool
) -> None:
    image = written(NAME, on=body()).astype(np.int16) * 3 - 100
    kind = "MONOCHROME1" if inverted else "MONOCHROME2"
    path = dicom(tmp_path / "a.dcm", image, PhotometricInterpretation=kind, Modality="CR")
    assert any(text.kind == Kind.NAME and text.identifying for text in scan(path))


def test_coloured_text_is_found(tmp_path: Path) -> None:
    image = np.dstack([written(NAME), speckle(), speckle(2)])
    path = dicom(tmp_path / "a.dcm", image)
    assert any(text.kind == Kind.NAME for text in scan(path))


def test_text_in_one_frame_of_many_is_found_in_that_frame_only(tmp_path: Path) -> None:
    frames = np.stack([written("5 cm", on=speckle())] * 6)
    frames[4] = written(NAME, at=(60, 180), on=frames[4])
    path = dicom(tmp_path / "a.dcm", frames)
    assert {text.frame for text in scan(path) if text.identifying} == {4}


def test_what_does_not_change_is_looked_at_once_and_reported_in_every_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = np.stack([written(NAME, on=speckle())] * 5)
    path = dicom(tmp_path / "a.dcm", frames)
    calls = []
    real = scanning.detect
    monkeypatch.setattr(scanning, "detect", lambda *a: calls.append(1) or real(*a))
    assert [text.frame for text in scan(path) if text.identifying] == [0, 1, 2, 3, 4]
    assert len(calls) == 1


def test_an_object_that_is_not_sampled_is_not_decoded(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", written(NAME), Modality="CT", InstanceNumber=7)
    path.write_bytes(path.read_bytes()[:-5000])
    assert scan(path) == []


def test_pixels_that_are_cut_short_are_refused_with_the_reason(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", written(NAME))
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(Unsafe, match="decoded"):
        scan(path)


def test_a_frame_of_many_gigabytes_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", written(NAME), Rows=65535, Columns=65535)
    with pytest.raises(Unsafe, match="would need"):
        scan(path)


def test_without_the_packages_nothing_passes_for_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dicom(tmp_path / "a.dcm", np.zeros((64, 64), np.uint8))
    monkeypatch.setattr(models, "available", lambda: False)
    models.reader.cache_clear()
    with pytest.raises(Unsafe, match=r"fairscan\[pixels\]"):
        scan(path)


def test_what_was_read_stays_out_of_representations() -> None:
    (found,) = identifying(written(NAME))
    assert "LINDQVIST" in found.text and "LINDQVIST" not in repr(found)


def test_the_answer_is_the_same_every_time() -> None:
    image = written(NAME, on=speckle())
    assert list(Looker().texts(0, image)) == list(Looker().texts(0, image))
