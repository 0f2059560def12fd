"""A head holds all that describes an image, reads as a file of its own, and has no pixels."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pydicom
import pytest

from catalog import heads

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
NAMES = (
    "CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "image_dfl.dcm",
    "JPEG2000.dcm", "SC_rgb_rle_2frame.dcm", "liver_1frame.dcm", "MR_small_padded.dcm",
    "MR_small_jpeg_ls_lossless.dcm", "ExplVR_BigEnd.dcm",
)  # fmt: skip
"""Every transfer syntax, pixels in fragments, nested sequences; as pydicom ships them."""
EXPLICIT_DEFLATED = b"\x02\x00\x10\x00UI\x16\x001.2.840.10008.1.2.1.99"


def shipped(name: str) -> bytes:
    return (SHIPPED / name).read_bytes()


def described(data: bytes) -> dict[str, object]:
    read = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
    return {str(one.tag): one.value for one in read} | {"preamble": read.preamble}


@pytest.mark.parametrize("name", NAMES)
def test_a_head_describes_what_the_file_describes(name: str) -> None:
    whole = shipped(name)
    head = heads.head(whole[:-1], whole=False)
    assert head is not None and len(head) < len(whole)
    assert described(head) == described(whole)
    assert not {0x7FE00008, 0x7FE00009, 0x7FE00010} & set(pydicom.dcmread(io.BytesIO(head)).keys())


@pytest.mark.parametrize("name", NAMES)
def test_more_is_asked_for_until_the_pixels_begin(name: str) -> None:
    whole = shipped(name)
    head = heads.head(whole[:-1], whole=False)
    assert head is not None
    if name != "image_dfl.dcm":  # packed: it is written anew
        assert whole.startswith(head)
    for length in range(900, min(len(head), 4000), 37):
        assert heads.head(whole[:length], whole=False) is None


def test_a_file_that_came_whole_is_its_own_head() -> None:
    assert heads.head(b"", whole=True) == b""
    assert heads.head(b"participant_id\n", whole=True) == b"participant_id\n"
    assert heads.head(b"participant_id\n", whole=False) is None


def test_pixels_in_an_icon_are_not_those_of_the_image() -> None:
    image = pydicom.dcmread(io.BytesIO(shipped("CT_small.dcm")))
    icon = pydicom.Dataset()
    icon.PixelData = b"\xe0\x7f\x10\x00OW\0\0"
    icon["PixelData"].VR = "OW"
    image.IconImageSequence = [icon]
    image.ImageComments = "after \x7f\x10\0"
    out = io.BytesIO()
    image.save_as(out)
    head = heads.head(out.getvalue()[:-1], whole=False)
    assert head is not None
    assert described(head) == described(out.getvalue())


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x1f\x8b\x08\x00" + bytes(6), "unpacked"),
        ((348).to_bytes(4, "little"), "dimensions|voxels"),
        (bytes(128) + b"DICM" + EXPLICIT_DEFLATED, "inflated"),
    ],
)
def test_what_begins_as_a_format_and_goes_on_as_none_has_no_head(data: bytes, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        heads.head(data + b"\xff" * 2000, whole=False)


def test_a_group_length_that_leads_nowhere_ends() -> None:
    endless = bytes(128) + b"DICM" + b"\x02\0\xff\x7fLO\xff\xff" + b"x" * 2000
    assert heads.head(endless, whole=False) is None


def test_a_small_file_that_unpacks_to_a_giant_is_given_up() -> None:
    bomb = gzip.compress((348).to_bytes(4, "little") + bytes(64 * 1024 * 1024))
    with pytest.raises(ValueError, match="dimensions"):
        heads.head(bomb, whole=False)
    assert heads.head(gzip.compress(bytes(64 * 1024 * 1024)), whole=False) is None
