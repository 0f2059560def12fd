"""Boxes are blacked out, and not one sample outside them changes, in any transfer syntax.

The files are those that pydicom ships for its own tests (MIT licence); they are read in place.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from curation.formats import Unsafe
from curation.pixels.redact import RLE, redact
from curation.pixels.scan import scan
from tests.curation.pixels.made import NAME, box, dicom, outside, put_together, speckle, written

FILES = {
    "implicit": "MR_small_implicit.dcm",
    "big endian": "ExplVR_BigEnd.dcm",
    "big endian words": "MR_small_bigendian.dcm",
    "big endian bits": "liver_expb_1frame.dcm",
    "deflated": "image_dfl.dcm",
    "bits": "liver_1frame.dcm",
    "32 bits": "rtdose.dcm",
    "planar": "ExplVR_BigEnd.dcm",
    "palette": "examples_palette.dcm",
    "subsampled": "SC_ybr_full_422_uncompressed.dcm",
    "JPEG": "SC_rgb_jpeg_dcmtk.dcm",
    "JPEG Lossless": "SC_rgb_jpeg_gdcm.dcm",
    "JPEG-LS": "MR_small_jpeg_ls_lossless.dcm",
    "JPEG-LS near": "JPEGLSNearLossless_16.dcm",
    "JPEG 2000": "JPEG2000.dcm",
    "JPEG 2000 lossless": "MR_small_jp2klossless.dcm",
    "RLE": "MR_small_RLE.dcm",
    "RLE colours": "SC_rgb_rle_2frame.dcm",
    "RLE 32 bits": "SC_rgb_rle_32bit.dcm",
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", FILES.values(), ids=FILES.keys())
def test_only_what_is_inside_a_box_changes(name: str) -> None:
    path = Path(str(get_testdata_file(name, download=False)))
    before = pydicom.dcmread(path, force=True)
    frames, rows, columns = int(before.get("NumberOfFrames") or 1), before.Rows, before.Columns
    hidden = box(columns // 3, rows // 4, columns // 2, rows // 2, frame=frames - 1)
    after = put_together(path, redact(path, [hidden]))
    old = before.pixel_array.reshape(frames, rows, columns, -1)
    new = after.pixel_array.reshape(frames, rows, columns, -1)
    mask = outside((frames, rows, columns), [hidden], margin=2)
    if name == FILES["subsampled"]:
        mask = outside((frames, rows, columns), [hidden], margin=4)
    assert new.dtype == old.dtype
    assert np.array_equal(new[mask], old[mask])
    inside = new[frames - 1, hidden.y0 : hidden.y1, hidden.x0 : hidden.x1]
    assert len(np.unique(inside.reshape(-1, inside.shape[-1]), axis=0)) == 1


def test_uncompressed_data_keeps_its_transfer_syntax() -> None:
    path = Path(str(get_testdata_file("MR_small_implicit.dcm", download=False)))
    redacted = redact(path, [box(5, 5, 20, 20)])
    assert redacted.transfer_syntax == "1.2.840.10008.1.2"
    assert isinstance(redacted.pixel_data, bytes)


def test_what_was_lossy_becomes_lossless_with_one_fragment_a_frame_and_their_offsets() -> None:
    path = Path(str(get_testdata_file("examples_ybr_color.dcm", download=False)))
    redacted = redact(path, [box(5, 5, 20, 20, frame=3)])
    assert redacted.transfer_syntax == RLE and isinstance(redacted.pixel_data, list)
    table, *items = redacted.pixel_data
    starts = np.cumsum([0, *(len(item) + 8 for item in items[:-1])])
    assert np.frombuffer(table, "<u4").tolist() == starts.tolist()
    assert redacted.attributes[0x00280004] == ("CS", b"RGB ")
    assert redacted.attributes[0x00280006] == ("US", b"\0\0")
    assert redacted.removed == {0x7FE00001, 0x7FE00002}


def test_frames_of_rle_without_a_box_are_not_written_anew() -> None:
    path = Path(str(get_testdata_file("SC_rgb_rle_2frame.dcm", download=False)))
    redacted = redact(path, [box(5, 5, 20, 20, frame=0)])
    from pydicom.encaps import generate_frames

    dataset = pydicom.dcmread(path)
    second = list(generate_frames(dataset.PixelData, number_of_frames=2))[1]
    assert isinstance(redacted.pixel_data, list) and redacted.pixel_data[2] == second


@pytest.mark.parametrize(
    ("kind", "sign", "expected"),
    [("MONOCHROME2", "u2", 0), ("MONOCHROME1", "u2", 4095), ("MONOCHROME2", "i2", -50)],
)
def test_boxes_are_shown_black(tmp_path: Path, kind: str, sign: str, expected: int) -> None:
    image = np.arange(64 * 64).reshape(64, 64).astype(sign) % 900
    if sign == "i2":
        image -= 50
    attributes = {"PhotometricInterpretation": kind, "BitsStored": 12, "HighBit": 11}
    path = dicom(tmp_path / "a.dcm", image, **attributes)
    after = put_together(path, redact(path, [box(10, 10, 30, 30)]))
    assert set(after.pixel_array[10:30, 10:30].flat) == {expected}


def test_luminance_and_chrominance_are_black_too(tmp_path: Path) -> None:
    image = np.random.default_rng(3).integers(60, 200, (40, 50, 3), np.uint8)
    path = dicom(tmp_path / "a.dcm", image, PhotometricInterpretation="YBR_FULL")
    after = put_together(path, redact(path, [box(10, 10, 30, 30)]))
    assert not after.pixel_array[10:30, 10:30].any()


def test_colours_in_planes_are_black_in_each(tmp_path: Path) -> None:
    image = np.random.default_rng(3).integers(1, 255, (3, 40, 50), np.uint8)
    path = dicom(tmp_path / "a.dcm", image.transpose(1, 2, 0).copy())
    dataset = pydicom.dcmread(path)
    dataset.PlanarConfiguration, dataset.PixelData = 1, image.tobytes()
    dataset.save_as(path)
    after = put_together(path, redact(path, [box(10, 10, 30, 30)])).pixel_array
    assert not after[10:30, 10:30].any()
    assert np.array_equal(after[:8], image.transpose(1, 2, 0)[:8])


def test_text_that_was_hidden_cannot_be_found_again(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", np.stack([written(NAME, on=speckle())] * 2))
    texts = [text for text in scan(path) if text.identifying]
    after = put_together(path, redact(path, texts))
    after.save_as(tmp_path / "b.dcm")
    assert len(texts) == 2
    assert not [text for text in scan(tmp_path / "b.dcm") if text.identifying]


def test_a_box_in_a_frame_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", written(NAME))
    with pytest.raises(Unsafe, match="frame 1"):
        redact(path, [box(1, 1, 9, 9, frame=1)])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_compressed_frames_are_refused(tmp_path: Path) -> None:
    whole = Path(str(get_testdata_file("MR_small_jpeg_ls_lossless.dcm", download=False)))
    broken = tmp_path / "a.dcm"
    broken.write_bytes(whole.read_bytes()[:-2000])
    with pytest.raises(Unsafe):
        redact(broken, [box(1, 1, 9, 9)])


def bits(image: np.ndarray) -> bytes:
    return np.packbits((image > 127).reshape(-1), bitorder="little").tobytes()


def test_text_in_an_overlay_is_found_and_cleared_in_place(tmp_path: Path) -> None:
    plain = np.zeros((250, 380), np.uint8)
    image = np.array(written(NAME, on=plain))
    path = dicom(tmp_path / "a.dcm", plain, Modality="CT", InstanceNumber=7)
    dataset = pydicom.dcmread(path)
    dataset.add_new(0x60020010, "US", 250)
    dataset.add_new(0x60020011, "US", 380)
    dataset.add_new(0x60023000, "OW", bits(image) + b"\0")
    dataset.save_as(path)
    (found,) = [text for text in scan(path) if text.identifying]
    assert found.plane == 0x6002
    redacted = redact(path, [found])
    assert redacted.pixel_data is None
    cleared = np.frombuffer(put_together(path, redacted)[0x60023000].value, np.uint8)
    after = np.unpackbits(cleared, bitorder="little")[: 250 * 380].reshape(250, 380)
    assert not after[found.y0 : found.y1, found.x0 : found.x1].any()
    mask = outside((1, 250, 380), [found])[0]
    assert np.array_equal(after[mask], (image > 127)[mask])


def test_an_overlay_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = dicom(tmp_path / "a.dcm", np.zeros((64, 64), np.uint8), Modality="CT", InstanceNumber=7)
    dataset = pydicom.dcmread(path)
    dataset.add_new(0x60000010, "US", 64)
    dataset.add_new(0x60000011, "US", 64)
    dataset.add_new(0x60003000, "OW", b"\0" * 100)
    dataset.save_as(path)
    with pytest.raises(Unsafe, match="overlay 6000"):
        scan(path)
