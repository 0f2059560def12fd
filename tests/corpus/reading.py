"""Reads a file, and all that can be got out of it as text, without trusting it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.pixels import pixel_array

from tests.corpus.studies import shown

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class Read:
    """One file of the corpus, or what a tool made of it."""

    def __init__(self, path: Path, member: str = "") -> None:
        self.path = path
        self.name = member or path.name
        self.data = path.read_bytes()
        if member:
            with zipfile.ZipFile(path) as archive:
                self.data = archive.read(member)

    @cached_property
    def dataset(self) -> Dataset | None:
        """Its data set, without loose bytes behind it; None if it is no DICOM."""
        for end in (len(self.data), max(0, self.data.rfind(bytes(20)))):
            try:
                ds = dcmread(io.BytesIO(self.data[:end]))
                ds.decode()
                return ds
            except InvalidDicomError:
                return None
            except Exception:  # whatever a tool wrote is read as far as it goes
                continue
        return None

    @cached_property
    def hay(self) -> tuple[bytes, str]:
        """All of its bytes, and all of its text decoded, in lower case, to search in."""
        return b"".join(self._parts()).lower(), "\n".join(self._texts()).lower()

    def holds(self, text: str) -> bool:
        """Whether a text is anywhere in it, in any encoding that we know of."""
        raw, decoded = self.hay
        low = text.lower()
        if low.isascii() and low.isdigit():
            return bool(re.search(rb"(?<!\d)%b(?!\d)" % low.encode(), raw)) or bool(
                re.search(rf"(?<!\d){low}(?!\d)", decoded)
            )
        encodings = ("utf-8", "latin-1", "utf-16-le", "iso8859-7", "iso8859-5", "gb18030")
        for encoding in encodings:
            with suppress(UnicodeEncodeError):
                if low.encode(encoding) in raw:
                    return True
        return low in decoded

    def holds_at(self, where: str | None, text: str) -> bool:
        """Whether a text is in one place of it: an element, or what stands about the data set."""
        if where == "preamble":
            return text.lower().encode() in self.data[:128].lower()
        if where == "padding":
            return any(text.lower().encode() in part[-400:].lower() for part in self._parts())
        if self.dataset is None or where is None or not re.match(r"[0-9A-F]{8}", where):
            return True
        found = element(self.dataset, where)
        if found is None:
            return False
        if found.VR == "SQ":
            return text.lower() in str(found.value).lower()
        if not isinstance(found.value, bytes):
            return text.lower() in shown(found.value).lower()
        low = found.value.lower()
        plain = any(text.lower().encode(e) in low for e in ("utf-8", "utf-16-le"))
        return plain or (low.startswith(b"%pdf") and self.holds(text))

    def _parts(self) -> list[bytes]:
        data = self.data
        parts = [data]
        if data[:2] == b"\x1f\x8b":
            with suppress(OSError, EOFError, zlib.error):
                parts.append(gzip.decompress(data))
        if data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                parts += [archive.read(name) for name in archive.namelist()]
                parts += [name.encode() for name in archive.namelist()]
        if self.dataset is not None and self.dataset.file_meta.TransferSyntaxUID.endswith(".1.99"):
            length = self.dataset.file_meta.get("FileMetaInformationGroupLength", 0)
            with suppress(zlib.error):
                parts.append(zlib.decompressobj(-15).decompress(data[144 + length :]))
        return parts

    def _texts(self) -> list[str]:
        texts: list[str] = []
        if self.dataset is not None:
            for element in self.dataset.iterall():
                if element.VR not in ("OB", "OW", "UN", "SQ", "OF", "OD", "OL", "OV"):
                    texts.append(shown(element.value))
            document = self.dataset.get("EncapsulatedDocument")
            if document:
                texts += _pdf(bytes(document))
        elif self.data[:4] == b"%PDF":
            texts += _pdf(self.data)
        elif self.name.lower().endswith((".png", ".jpg", ".jpeg", ".tif", ".tiff")):
            texts += _picture(self.data)
        return texts

    def value(self, where: str) -> str | None:
        """What stands in a place, as the key has it; None if there is nothing."""
        if self.name.endswith(".json"):
            return _json_value(self.data, where)
        if self.name.endswith((".csv", ".tsv")):
            return _cell(self.data, self.name, where)
        if self.dataset is None:
            return None
        return element_text(self.dataset, where)

    def frames(self) -> Any:
        """Its pixels as they are shown, shape frames × rows × columns (× samples)."""
        if self.dataset is None or "PixelData" not in self.dataset:
            return None
        many = int(self.dataset.get("NumberOfFrames") or 1) > 1
        array = pixel_array(self.dataset)
        return array if many else array[None]


def element(ds: Dataset, where: str) -> DataElement | None:
    """The element at a path of tags, or the unknown one that it is in; None if there is none."""
    at: Any = ds.file_meta if where.startswith("0002") else ds
    parts = where.split(".")
    for number, part in enumerate(parts):
        tag = int(part[:8], 16)
        if tag not in at:
            return None
        found: DataElement = at[tag]
        if number == len(parts) - 1 or found.VR == "UN":
            return found
        item = int(part[9:-1])
        if found.VR != "SQ" or item >= len(found.value):
            return None
        at = found.value[item]
    return None


def element_text(ds: Dataset, where: str) -> str | None:
    """The value at a path of tags as text; None if there is none, or it is empty."""
    found = element(ds, where)
    if found is None or found.VR in ("OB", "OW", "UN"):
        return None
    return shown(found.value) or None


def _pdf(data: bytes) -> list[str]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        texts = [page.extract_text() for page in reader.pages]
        texts += [" ".join(text.split()) for text in texts]
        return texts + [str(value) for value in (reader.metadata or {}).values()]
    except (PyPdfError, ValueError, KeyError):
        return []


def _picture(data: bytes) -> list[str]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            exif = image.getexif()
            texts = [str(value) for value in (*image.info.values(), *exif.values())]
            return texts + [str(v) for v in exif.get_ifd(0x8769).values()]
    except (OSError, SyntaxError, ValueError):
        return []


def _json_value(data: bytes, where: str) -> str | None:
    try:
        at = json.loads(data)
        for key, index in _STEP.findall(where):
            at = at[int(index)] if index else at[key]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return None if at is None else str(at)


def _cell(data: bytes, name: str, where: str) -> str | None:
    row, _, column = where.partition(":")
    delimiter = "\t" if name.endswith(".tsv") else ","
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter))
    try:
        return rows[int(row) - 1].get(column) or None
    except IndexError:
        return None
