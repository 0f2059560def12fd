"""DICOM files are read to the last element and written as they were; what is not whole is told."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import nibabel
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

from curation.dicom.element import Element, first, plain
from curation.dicom.reader import DEEPEST, Damaged, Part10, looks_dicom, parse, read
from curation.dicom.unknown import nested as items_in
from curation.dicom.writer import encode, write
from tests.curation.dicom.made import (
    SLICE,
    UNDEFINED,
    as_bytes,
    bare,
    element,
    head,
    image,
    item,
    nested,
    part10,
)

# Of pydicom's own test files, those that say in their name or README what is wrong with them.
REFUSED = {
    "DICOMDIR-nooffset", "MR_truncated.dcm", "meta_missing_tsyntax.dcm", "no_meta.dcm",
    "rtplan_truncated.dcm", "winter.dcm",
}  # fmt: skip


SYNTAXES = [
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """pydicom says of published files what is wrong with them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def published() -> list[Path]:
    """The DICOM files that come with pydicom and nibabel for testing."""
    roots = (Path(pydicom.__file__).parent / "data", Path(nibabel.__file__).parent)
    return sorted(
        path
        for root in roots
        for path in root.rglob("*")
        if path.suffix == ".dcm" or (path.name.startswith("DICOMDIR") and path.is_file())
    )


def written(file: Part10) -> bytes:
    buffer = io.BytesIO()
    write(file, buffer)
    return buffer.getvalue()


def test_a_published_file_says_the_same_to_pydicom_after_it_was_read_and_written() -> None:
    refused, different = set(), []
    for path in published():
        try:
            file = read(path)
        except Damaged:
            refused.add(path.name)
            continue
        if file.problems:
            refused.add(path.name)
            continue
        before = dcmread(path, force=True)
        after = dcmread(io.BytesIO(written(file)), force=True)
        before.decode()
        after.decode()
        if before != after or file.trailing:
            different.append(path.name)
    assert (refused, different) == (REFUSED, [])


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_file_is_written_in_the_transfer_syntax_that_it_was_read_in(syntax: str) -> None:
    ds = image(StudyDescription="HEAD", Rows=4)
    ds.file_meta.TransferSyntaxUID = syntax
    file = parse(as_bytes(ds))
    assert (file.transfer_syntax, file.problems) == (syntax, [])
    assert plain(file.elements, 0x00081030) == "HEAD"
    again = dcmread(io.BytesIO(written(file)))
    assert again.file_meta.TransferSyntaxUID == syntax
    assert again == ds


@pytest.mark.parametrize("body", [SLICE, bare(0x00080016, b"1.2.840.10008.5.1.4.1.1.2\0")])
def test_a_data_set_without_meta_information_is_read(body: bytes) -> None:
    file = parse(body)
    assert (file.preamble, file.meta, file.problems) == (b"", [], [])
    assert plain(file.elements, 0x00080016) == "1.2.840.10008.5.1.4.1.1.2"


def test_implicit_bytes_that_are_said_to_be_explicit_are_read() -> None:
    file = parse(part10(bare(0x00080016, b"1.2") + bare(0x00100010, b"DOE^JANE"), JPEGBaseline8Bit))
    assert plain(file.elements, 0x00100010) == "DOE^JANE"


def test_encapsulated_pixels_that_were_read_as_implicit_are_written_as_bytes() -> None:
    pixels = struct.pack("<HHI", 0x7FE0, 0x0010, UNDEFINED) + item() + item(b"\xff\xd8\xff\xd9")
    pixels += struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    file = parse(part10(bare(0x00080016, b"1.2") + pixels, JPEGBaseline8Bit))
    assert file.elements[-1].vr == b"OB"  # PS3.5 section A.4


def test_what_follows_the_pixels_is_kept_apart() -> None:
    file = parse(as_bytes(image()) + b"DOE^JANE was here")
    assert file.trailing == b"DOE^JANE was here"
    assert file.problems == []
    assert b"JANE" not in written(file)


def test_a_sequence_of_unknown_vr_is_read_as_one() -> None:
    inner = item(bare(0x00100010, b"DOE^JANE"))
    undefined = head(0x0040A730, b"UN", UNDEFINED) + inner + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    (found,) = parse(part10(undefined)).elements
    assert found.items is not None
    assert plain(found.items[0], 0x00100010) == "DOE^JANE"


@pytest.mark.parametrize(
    "inner", [bare(0x00100010, b"DOE^JANE"), element(0x00100010, b"PN", b"DOE^JANE")]
)
def test_a_private_sequence_of_unknown_vr_and_known_length_is_found_in_its_bytes(
    inner: bytes,
) -> None:
    creator = element(0x00090010, b"LO", b"MAKER ")
    file = parse(part10(creator + element(0x00091001, b"UN", item(inner))))
    items = items_in(file.elements[-1])
    assert items is not None
    assert plain(items[0], 0x00100010) == "DOE^JANE"
    assert file.elements[-1].items is None  # so that it is written as it was


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (SLICE + element(0x00080060, b"Q?", b"CT"), "VR that does not exist"),
        (SLICE + head(0x00080060, b"CS", 400) + b"CT", "ends inside an element"),
        (SLICE + head(0x00104000, b"UT", 2**31) + b"short", "ends inside an element"),
        (SLICE + nested(2)[:-16], "ends inside an element"),
        (SLICE + element(0x00080018, b"UI", b"1.2\0"), "stands twice"),
        (SLICE + element(0x00080016, b"UI", b"1.2\0"), "stands twice"),
        (SLICE + struct.pack("<HHI", 0xFFFE, 0xE000, 0), "where an element should"),
        (SLICE + element(0x0040A730, b"SQ", b"no item at all.."), "what is not an item"),
        (SLICE + element(0x0040A730, b"SQ", item(b"abc")), "longer than|ends inside"),
        (SLICE + b"\x08\0\x20", "ends inside an element"),
    ],
)  # fmt: skip
def test_a_data_set_that_is_not_whole_is_told(body: bytes, why: str) -> None:
    file = parse(part10(body))
    assert plain(file.elements, 0x00080018).startswith("1.2.826")
    assert any(word in " ".join(file.problems) for word in why.split("|")), file.problems


def test_a_file_that_is_cut_where_it_may_be_cut_is_no_problem() -> None:
    whole = as_bytes(image())
    file = parse(whole[:-8], cut=True)
    assert (file.problems, file.whole) == ([], False)
    assert parse(whole, cut=True).whole


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"D", "does not begin"),
        (b"This is a letter and no image. " * 9, "does not begin"),
        (part10(nested(10_000)), "deeper than 64"),
        (part10(b"no deflate", DeflatedExplicitVRLittleEndian), "cannot be inflated"),
    ],
)
def test_what_is_no_dicom_or_has_no_end_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Damaged, match=why):
        parse(data)


def test_a_data_set_as_deep_as_is_allowed_is_read_and_written() -> None:
    file = parse(part10(nested(DEEPEST - 1)))
    assert file.problems == []
    assert parse(written(file)).problems == []


def test_a_deflated_data_set_that_has_no_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curation.dicom.reader._INFLATED", 1 << 16)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(bytes(1 << 20)) + packer.flush()
    with pytest.raises(Damaged, match="inflates to more"):
        parse(part10(bomb, DeflatedExplicitVRLittleEndian))


def test_meta_information_that_goes_on_as_no_element_does_has_an_end() -> None:
    file = parse(bytes(128) + b"DICM" + b"\x02\0\xff\x7fLO\xff\xff" + b"x" * 20)
    assert file.problems


def test_a_damaged_file_says_nothing_of_what_is_in_it() -> None:
    file = parse(part10(SLICE + head(0x00100010, b"PN", 99) + b"DOE^JANE"))
    assert file.problems and not any("JANE" in problem for problem in file.problems)
    assert "JANE" not in repr(file.elements)


@pytest.mark.parametrize(
    "begin", [b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", b'{"a": 1}', bytes(200)]
)
def test_other_files_do_not_look_like_dicom(begin: bytes) -> None:
    assert not looks_dicom(begin)


# Attributes of the dictionary, so that implicit VR gives the same VR back.
LEAVES = [
    (0x00080060, b"CS"),
    (0x00081030, b"LO"),
    (0x00101010, b"AS"),
    (0x00204000, b"LT"),
    (0x00280010, b"US"),
    (0x00420010, b"ST"),
    (0x00420011, b"OB"),
    (0x00880910, b"LO"),
]
NESTS = [0x00081140, 0x00400275, 0x0040A730]


def trees(depth: int = 3) -> st.SearchStrategy[list[Element]]:
    """Data sets with sequences in them, in the order of their tags."""
    leaf = st.builds(
        lambda of, half: Element(*of, half * 2), st.sampled_from(LEAVES), st.binary(max_size=40)
    )
    some = leaf
    if depth:
        some = leaf | st.builds(
            lambda tag, items, undefined: Element(tag, b"SQ", items=items, undefined=undefined),
            st.sampled_from(NESTS),
            st.lists(trees(depth - 1), max_size=3),
            st.booleans(),
        )
    return st.lists(some, max_size=5, unique_by=lambda e: e.tag).map(
        lambda elements: sorted(elements, key=lambda e: e.tag)
    )


def shape(elements: list[Element]) -> list[object]:
    """All of a tree, to compare."""
    return [
        (e.tag, e.vr, bytes(e.value), e.undefined, e.items and [shape(i) for i in e.items])
        for e in elements
    ]


@settings(max_examples=60, deadline=None)
@given(trees(), st.sampled_from(SYNTAXES))
def test_any_tree_that_is_written_is_read_back(tree: list[Element], syntax: str) -> None:
    whole = [Element(0x00080016, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0"), *tree]
    meta = [Element(0x00020010, b"UI", syntax.encode() + b"\0" * (len(syntax) % 2))]
    file = parse(written(Part10(b"", meta, whole, syntax)))
    assert shape(file.elements) == shape(whole)
    assert (file.problems, file.trailing.strip(b"\0")) == ([], b"")


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", bytes(128) + b"DICM", part10(b""), part10(SLICE)]),
)
def test_bytes_of_any_sort_are_read_or_refused(data: bytes, begin: bytes) -> None:
    try:
        file = parse(begin + data)
    except Damaged:
        return
    assert isinstance(file, Part10)


def test_a_file_of_which_a_byte_is_wrong_is_read_or_refused() -> None:
    rng = random.Random(7)
    good = as_bytes(image(RequestAttributesSequence=[image()], StudyDescription="HEAD"))
    for _ in range(400):
        bad = bytearray(good)
        for _ in range(rng.randrange(1, 4)):
            bad[rng.randrange(132, len(bad))] = rng.randrange(256)
        try:
            file = parse(bytes(bad[: rng.randrange(140, len(bad))] if rng.random() < 0.3 else bad))
        except Damaged:
            continue
        if not file.problems:
            encode(file.elements)


def test_a_value_that_is_too_long_for_its_vr_is_not_written() -> None:
    with pytest.raises(ValueError, match="too long"):
        encode([Element(0x00081030, b"LO", b"x" * 70_000)])
    assert first(parse(part10(b"")).elements, 0x00081030) is None
