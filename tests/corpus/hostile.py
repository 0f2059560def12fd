"""Files that are broken or meant to do harm: each must end as a finding or in quarantine."""

from __future__ import annotations

import gzip
import io
import os
import random
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset

from tests.corpus import files, images
from tests.corpus.headers import given_away, new_uid, series, study
from tests.corpus.key import Entry
from tests.corpus.people import people

DEPTH = 10_000
"""How deep the deepest sequence is nested."""


def _good(rng: random.Random, kind: str = "CT") -> Dataset:
    person = people(rng, 1)[0]
    of = study(rng, person, clean=True, number=1)
    where = series(rng, kind, 1, clean=True)
    ds = images.image(rng, of, where, 1)
    if kind != "CT":
        images.stored(ds, images.background(rng, kind)[None], 8)
    given_away(rng, ds, of)
    return ds


def _bytes(ds: Dataset) -> bytes:
    buffer = io.BytesIO()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.preamble = bytes(128)
    dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def _element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    size = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    if vr in (b"OB", b"OW", b"UN", b"SQ", b"UT"):
        return head + b"\0\0" + struct.pack("<I", size) + value
    return head + struct.pack("<H", size) + value


def _start(data: bytes) -> int:
    """Where the data set of a file begins."""
    return 144 + int(struct.unpack("<I", data[140:144])[0])


def _nested(depth: int) -> bytes:
    """A sequence in a sequence, of undefined lengths, so many deep."""
    opened = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF)
    opened += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    closed = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    return opened * depth + closed * depth


def _compressed(rng: random.Random, syntax: str, kind: str = "CT") -> Dataset:
    ds = _good(rng, kind)
    files.compress(ds, syntax)
    return ds


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _dicomdir(rng: random.Random) -> bytes:
    ds = Dataset()
    ds.file_meta = _good(rng).file_meta
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.1.3.10", new_uid(rng, True)
    ds.FileSetID, ds.FileSetConsistencyFlag = "", 0
    records = []
    for path in (["..", "..", "etc", "passwd"], ["IMAGES", "NOTHERE"]):
        record = Dataset()
        record.OffsetOfTheNextDirectoryRecord = (
            record.OffsetOfReferencedLowerLevelDirectoryEntity
        ) = 0
        record.RecordInUseFlag, record.DirectoryRecordType = 0xFFFF, "IMAGE"
        record.ReferencedFileID = path
        records.append(record)
    ds.DirectoryRecordSequence = records
    return _bytes(ds)


def _made(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Each file by its name, which says what is wrong with it."""
    ds = _good(rng)
    good = _bytes(ds)
    start = _start(good)
    implicit = good[start:]
    yield "truncated_in_pixels.dcm", good[: len(good) * 2 // 3]
    yield "truncated_in_header.dcm", good[: start + 200]
    yield "truncated_in_meta.dcm", good[:150]
    yield "empty.dcm", b""
    yield "one_byte.dcm", b"D"
    yield "preamble_only.dcm", bytes(128) + b"DICM"
    yield "no_meta_header.dcm", implicit
    yield "text.dcm", b"This is a letter and no image.\n" * 20
    yield "zeros.dcm", bytes(4096)
    yield "noise.dcm", rng.randbytes(20000)
    yield "html.dcm", b"<html><body>404 Not Found</body></html>"
    long = _element(0x00104000, b"UT", b"short", 2**31)
    yield "two_gigabytes_said.dcm", good[:start] + implicit[:60] + long
    yield "odd_length.dcm", good[:start] + _element(0x00080005, b"CS", b"ISO_IR 10", 9) + implicit
    yield "wrong_length.dcm", good[:start] + _element(0x00080008, b"CS", b"A\\B", 4000) + implicit
    pixels = good.index(b"\xe0\x7f\x10\x00OW")
    yield "nested.dcm", good[:pixels] + _nested(DEPTH) + good[pixels:]
    yield "bad_vr.dcm", good[:start] + _element(0x00080001, b"Q?", b"abcd") + implicit
    yield "unclosed_sequence.dcm", good + _nested(3)[:60]
    yield "elements_out_of_order.dcm", good + _element(0x00080060, b"CS", b"CT")
    other = dcmread(io.BytesIO(good))
    other.SpecificCharacterSet = "ISO_IR 999"
    yield "unknown_charset.dcm", _bytes(other)
    other.SpecificCharacterSet = "ISO_IR 192"
    yield (
        "bad_utf8.dcm",
        _bytes(other).replace(b"ISO_IR 192", b"ISO_IR 192")
        + _element(0x7FE10010, b"LO", b"\xff\xfe\x80ab "),
    )
    meta = good.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0", 1)
    yield "unknown_syntax.dcm", meta
    yield (
        "big_endian_said_wrongly.dcm",
        good.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0", 1),
    )
    deflated = _good(rng)
    deflated.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    packed = _bytes(deflated)
    yield "deflated_cut.dcm", packed[: len(packed) // 2]
    yield "deflated_bomb.dcm", packed[: _start(packed)] + _bomb()
    for name, syntax, kind in (
        ("rle", files.RLELossless, "CT"), ("jpegls", files.JPEGLSLossless, "CT"),
        ("j2k", files.JPEG2000Lossless, "CT"), ("jpeg", files.JPEGBaseline8Bit, "OT"),
    ):  # fmt: skip
        broken = bytearray(_bytes(_compressed(rng, syntax, kind)))
        middle = len(broken) - (len(broken) - start) // 3
        broken[middle : middle + 400] = rng.randbytes(400)
        yield f"broken_{name}.dcm", bytes(broken)
    no_frames = _compressed(rng, files.RLELossless)
    no_frames.NumberOfFrames = "900"
    yield "frames_missing.dcm", _bytes(no_frames)
    huge = _good(rng)
    huge.Rows = huge.Columns = 65535
    yield "more_rows_than_pixels.dcm", _bytes(huge)
    yield "medium/DICOMDIR", _dicomdir(rng)
    inner = _zip({"deep/IM1.dcm": good})
    yield "zip_in_zip.zip", _zip({"inner.zip": inner})
    yield "zip_outside.zip", _zip({"../../outside.dcm": good, "/absolute.dcm": good})
    yield "zip_bomb.zip", _zip({"bomb.dcm": good + bytes(60_000_000)})
    yield "zip_cut.zip", inner[: len(inner) // 2]
    yield "broken.nii.gz", gzip.compress(bytes(400))[:30]
    yield "short.nii", struct.pack("<i", 348) + bytes(100)
    yield "deep.json", b"[" * 50_000 + b"]" * 50_000
    yield "broken.json", b'{"EchoTime": 0.03, "Series'
    yield "binary.csv", rng.randbytes(3000)
    yield "broken.png", b"\x89PNG\r\n\x1a\n" + rng.randbytes(200)
    yield "broken.pdf", b"%PDF-1.4\n1 0 obj << /Type /Catalog"
    yield "name\x1b[31m_escape.dcm", good
    yield "nested_name " + "x" * 200 + ".dcm", good


def _bomb() -> bytes:
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = _element(0x00104000, b"UN", b"", 60_000_000)
    return packer.compress(body) + packer.compress(bytes(60_000_000)) + packer.flush()


def make(folder: Path, seed: int) -> list[Entry]:
    """Write the files, and links that lead nowhere, outside or round; their key."""
    rng = random.Random(seed + 2)
    entries = []
    for name, data in _made(rng):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        entries.append(Entry("hostile", name, None, "hostile", "clean", "", path.stem))
    forbidden = folder / "unreadable.dcm"
    forbidden.write_bytes(b"secret")
    forbidden.chmod(0)
    (folder / "dangling.dcm").symlink_to(folder / "nowhere.dcm")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "outside.dcm").symlink_to(Path(__file__))
    os.mkfifo(folder / "pipe.dcm")
    return entries
