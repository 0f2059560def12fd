"""PDF: its text, metadata, annotations, forms, bookmarks, attachments and earlier revisions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.formats import Unsafe
from curation.formats.fields import UNKNOWN, Field, field_of
from curation.formats.file import File
from curation.formats.forms import form_of
from curation.formats.paths import inspect_part
from curation.formats.values import identifies, inspect_value, style_of
from curation.formats.xml_files import parsed_bytes, values
from curation.phi import Kind
from schemas.finding import Severity

if TYPE_CHECKING:
    from pypdf import PdfReader

    from curation.formats.act import Act
    from curation.formats.look import Look

_LARGEST = 256 << 20
_PAGES = 2000
_REVISIONS = 10
_DOCUMENT = 0x00420011
_END = re.compile(rb"%%EOF\r?\n?")
_OWN = frozenset("person patient record identifier birth".split())
_UNSAID = frozenset(("/CreationDate", "/ModDate", "/Trapped", "/Producer"))


class _Pdf:
    name = "PDF"
    rank = 30

    def takes(self, name: str, head: bytes) -> bool:
        """By its signature, which may stand after some other bytes, or its name."""
        return b"%PDF-" in head[:1024] or name.lower().endswith(".pdf")

    def inspect(self, file: File, look: Look) -> None:
        """Report places as `metadata.Author`, `page 1`, `annotation 2`, `bookmark`, `xmp`."""
        inspect_pdf(_bytes(file), look)

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """What stands behind the labels of a form in its text."""
        reader = _reader(_bytes(file))
        for _, _, text in _texts(reader):
            for line in text.splitlines():
                form = form_of(line.strip())
                if form and form[0].role in _OWN and form[0].kind and identifies(*form):
                    yield "", form[0].kind, form[1]

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write a PDF that says that a document was removed.

        What a PDF shows cannot be cleaned for sure, so a document is replaced where the profile
        gives dummies for documents (0042,0011), and refused elsewhere (Unsafe).
        """
        if act.profile.code(_DOCUMENT) not in ("D", "Z", "X"):
            raise Unsafe("a PDF, which cannot be cleaned for sure")
        _reader(_bytes(file))
        act.done["document replaced"] += 1
        target.write_bytes(dummy_pdf())


FORMAT = _Pdf()


def inspect_pdf(data: bytes, look: Look, where: str | None = None) -> None:
    """Report what a PDF says of a person; every finding is at `where`, if that is given.

    Raises Unsafe for one that is damaged, encrypted, or too large to be read whole.
    """
    reader = _reader(data)
    told = False
    for place, field, text in _texts(reader):
        told |= _look_at(text, field, where or place, look)
    for place, name, content in _attachments(reader):
        told |= inspect_part(name, where or place, look)
        told |= _attached(content, where or place, look)
    if not told:
        _earlier(data, where, look)


def _bytes(file: File) -> bytes:
    if file.size > _LARGEST:
        raise Unsafe("a PDF of more than 256 MiB")
    return file.path.read_bytes()


def _reader(data: bytes) -> PdfReader:
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its messages may quote the document
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unsafe("a PDF that is encrypted")
        if len(reader.pages) > _PAGES:
            raise Unsafe(f"a PDF of more than {_PAGES} pages")
    except Unsafe:
        raise
    except Exception as error:  # pypdf raises of every kind on bytes that are no PDF
        raise Unsafe(f"a PDF that cannot be read ({type(error).__name__})") from None
    return reader


def _texts(reader: PdfReader) -> Iterator[tuple[str, Field, str]]:
    """Every text as (place, field, text). Raises Unsafe where one cannot be read."""
    try:
        yield from _metadata(reader)
        for number, page in enumerate(reader.pages, 1):
            text = page.extract_text()
            if text.strip():
                yield f"page {number}", UNKNOWN, text
            elif _pictures(page):
                raise Unsafe(f"page {number} is a picture, whose text was not read")
        yield from _notes(reader)
        for title in _titles(reader.outline):
            yield "bookmark", UNKNOWN, title
        for name, entry in (reader.get_fields() or {}).items():
            value = entry.get("/V")
            yield f"form.{name}", field_of(str(name)), "" if value is None else str(value)
    except Unsafe:
        raise
    except Exception as error:  # as above
        raise Unsafe(f"a PDF that cannot be read ({type(error).__name__})") from None


def _metadata(reader: PdfReader) -> Iterator[tuple[str, Field, str]]:
    for key, value in (reader.metadata or {}).items():
        if key not in _UNSAID:
            name = str(key).lstrip("/")
            yield f"metadata.{name}", _told(name), str(value)
    packet = reader.root_object.get("/Metadata")
    if packet is not None:
        for place, field, value in values(parsed_bytes(packet.get_object().get_data())):
            role = field if field.role in _OWN else UNKNOWN
            yield f"xmp.{place.rpartition('.')[2]}", role, value


def _told(name: str) -> Field:
    """What an entry of the metadata holds, where its name is one that identifies."""
    field = field_of(name)
    return field if field.role in _OWN else UNKNOWN


def _pictures(page: Any) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    return bool(objects)


def _notes(reader: PdfReader) -> Iterator[tuple[str, Field, str]]:
    number = 0
    for page in reader.pages:
        for annotation in page.annotations or ():
            number += 1
            entry = annotation.get_object()
            for key in ("/Contents", "/T", "/Subj", "/RC", "/V"):
                if (value := entry.get(key)) is not None:
                    yield f"annotation {number}", UNKNOWN, str(value)


def _titles(outline: Any) -> Iterator[str]:
    for entry in outline:
        if isinstance(entry, list):
            yield from _titles(entry)
        else:
            yield str(entry.title)


def _attachments(reader: PdfReader) -> Iterator[tuple[str, str, bytes]]:
    try:
        for number, (name, contents) in enumerate(reader.attachments.items(), 1):
            for content in contents:
                yield f"attachment {number}", name, content
    except Exception as error:  # as above
        raise Unsafe(f"a PDF that cannot be read ({type(error).__name__})") from None


def _attached(content: bytes, place: str, look: Look) -> bool:
    """Look at an attachment that is text; report any other as not read."""
    if b"\0" not in content[:4096]:
        return _look_at(content.decode("utf-8", "replace"), UNKNOWN, place, look)
    look.found(
        "not-read",
        Severity.WARNING,
        place,
        "what cannot be read cannot be cleared",
        "A PDF carries a file that was not looked at; remove it",
    )
    return True


def _look_at(text: str, field: Field, place: str, look: Look) -> bool:
    """Report the first line of a text that identifies; one a place is enough to act on."""
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        form = form_of(line)
        held, value = form if form and field is UNKNOWN else (field, line)
        severity = inspect_value(held, value, place, look, dates=False)
        if severity is None and form:
            severity = (
                Severity.WARNING
                if look.text(line, place, style_of(line), rule="free text")
                else None
            )
        if severity not in (None, Severity.INFO):
            return True
    return False


def _earlier(data: bytes, where: str | None, look: Look) -> None:
    """Look at what the file was before it was saved again: it is all still in it."""
    ends = [match.end() for match in _END.finditer(data)][:-1]
    for number, end in enumerate(ends[:_REVISIONS], 1):
        try:
            texts = list(_texts(_reader(data[:end])))
        except Unsafe:
            continue  # a file made for the web has such a mark where no revision ends
        for _, field, text in texts:
            if _look_at(text, field, where or f"revision {number}", look):
                return


@cache
def dummy_pdf() -> bytes:
    """A PDF of one page that says that the document was removed; always the same bytes."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    content = DecodedStreamObject()
    content.set_data(
        b"BT /F1 14 Tf 72 770 Td (This document was removed to protect privacy.) Tj ET"
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
    )
    page[NameObject("/Contents")] = writer._add_object(content)
    writer.metadata = None
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
