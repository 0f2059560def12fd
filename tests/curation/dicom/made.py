"""Bytes of DICOM files put together by hand, so that what is wrong with one is seen at a glance."""

from __future__ import annotations

import io
import struct

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

LONG = (b"OB", b"OW", b"UN", b"SQ", b"UT", b"UC", b"UR")
UNDEFINED = 0xFFFFFFFF


def head(tag: int, vr: bytes, length: int) -> bytes:
    """The beginning of an element in explicit VR little endian."""
    group = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if vr in LONG:
        return group + vr + b"\0\0" + struct.pack("<I", length)
    return group + vr + struct.pack("<H", length)


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    """An element in explicit VR little endian."""
    return head(tag, vr, len(value)) + value


def bare(tag: int, value: bytes) -> bytes:
    """An element in implicit VR little endian."""
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def item(*elements: bytes) -> bytes:
    """An item of a sequence."""
    body = b"".join(elements)
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def nested(depth: int) -> bytes:
    """Content sequences of undefined length, one in the other."""
    opened = head(0x0040A730, b"SQ", UNDEFINED)
    opened += struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED)
    closed = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    return opened * depth + closed * depth


def part10(
    body: bytes, syntax: str = ExplicitVRLittleEndian, preamble: bytes = bytes(128)
) -> bytes:
    """A file of this data set, with the file meta information that it needs."""
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    meta = element(0x00020010, b"UI", uid)
    return (
        preamble + b"DICM" + element(0x00020000, b"UL", struct.pack("<I", len(meta))) + meta + body
    )


SLICE = element(0x00080016, b"UI", CTImageStorage.encode() + b"\0") + element(
    0x00080018, b"UI", b"1.2.826.0.1.3680043.10.1"
)
"""The least of a CT slice: its class and its instance."""


def image(**values: object) -> Dataset:
    """A CT slice as a scanner writes it, of 4 by 4 pixels, with these attributes."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = "1.2.826.0.1.3680043.10.7.3.1"
    ds.StudyInstanceUID = "1.2.826.0.1.3680043.10.7.1"
    ds.SeriesInstanceUID = "1.2.826.0.1.3680043.10.7.2"
    ds.FrameOfReferenceUID = "1.2.826.0.1.3680043.10.7.9"
    ds.Modality = "CT"
    ds.PatientID = "SUBJ-0007"
    ds.PatientName = "SUBJ-0007"
    ds.Rows = ds.Columns = 4
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.PixelData = bytes(range(32))
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def as_bytes(ds: Dataset) -> bytes:
    """The file of a data set, as pydicom writes it."""
    buffer = io.BytesIO()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def as_dataset(data: bytes) -> Dataset:
    """The same the other way round."""
    return dcmread(io.BytesIO(data))
