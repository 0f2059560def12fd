"""PDF: every place in which one can name somebody, and the document that stands for it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import DecodedStreamObject, NameObject

from curation.formats import Unsafe
from curation.formats.look import Look
from curation.formats.pdf import dummy_pdf, inspect_pdf
from curation.profiles import load
from schemas.file_finding import FileFinding

REPORT = ("Radiology report", "Patient Name: Georgios Papadakis", "DOB: 17.03.1954")
XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Dr. John Smith</dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def document(*lines: str) -> PdfWriter:
    """A document of one page with these lines."""
    writer = PdfWriter(clone_from=io.BytesIO(dummy_pdf()))
    content = DecodedStreamObject()
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    content.set_data(f"BT /F1 12 Tf 72 770 Td 14 TL {shown} ET".encode())
    writer.pages[0][NameObject("/Contents")] = writer._add_object(content)
    return writer


def saved(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_the_text_of_a_page_is_read(desk: Any) -> None:
    assert desk.places("a.pdf", saved(document(*REPORT))) == {"page 1": "name"}


def test_a_document_that_names_nobody_has_no_findings(desk: Any) -> None:
    writer = document("Radiology report", "Stable appearance of the nodule.")
    writer.add_metadata({"/Title": "Report", "/CreationDate": "D:20210317102233"})
    assert desk.findings("a.pdf", saved(writer)) == []


def test_metadata_annotations_bookmarks_attachments_and_xmp_are_read(desk: Any) -> None:
    writer = document("Report")
    writer.add_metadata({"/Author": "Dr. John Smith", "/Title": "Report"})
    writer.add_outline_item(title="Report of Dr. Maria Rossi", page_number=0)
    writer.add_attachment("note.txt", b"Dr. John Smith called")
    writer.add_annotation(0, FreeText(text="Dr. John Smith, please call", rect=(50, 50, 200, 90)))
    packet = DecodedStreamObject()
    packet.set_data(XMP)
    writer.root_object[NameObject("/Metadata")] = writer._add_object(packet)
    assert set(desk.places("a.pdf", saved(writer))) == {
        "metadata.Author",
        "bookmark",
        "attachment 1",
        "annotation 1",
        "xmp.creator",
    }


def test_what_a_document_was_before_it_was_saved_again_is_still_in_it(desk: Any) -> None:
    first = saved(document(*REPORT))
    later = PdfWriter(io.BytesIO(first), incremental=True)
    content = DecodedStreamObject()
    content.set_data(b"BT /F1 12 Tf 72 770 Td (Report) Tj ET")
    later.pages[0][NameObject("/Contents")] = later._add_object(content)
    both = saved(later)
    assert PdfReader(io.BytesIO(both)).pages[0].extract_text() == "Report"
    assert desk.places("a.pdf", both) == {"revision 1": "name"}


def test_a_document_inside_another_file_is_told_at_one_place() -> None:
    found: list[FileFinding] = []
    look = Look(load("research"), found.append)
    look.file = type("F", (), {"name": "a.dcm"})()  # type: ignore[assignment]
    inspect_pdf(saved(document(*REPORT)), look, "00420011")
    assert {finding.where for finding in found} == {"00420011"}


def test_a_document_is_replaced_by_one_that_says_so(desk: Any) -> None:
    written = desk.written("a.pdf", saved(document(*REPORT)))
    assert written == dummy_pdf()
    assert "removed" in PdfReader(io.BytesIO(written)).pages[0].extract_text()
    assert desk.findings("a.pdf", written) == []


def test_the_replacement_says_nothing_of_when_and_by_what_it_was_made() -> None:
    assert not PdfReader(io.BytesIO(dummy_pdf())).metadata
    assert b"Date" not in dummy_pdf()


def test_an_encrypted_document_is_unsafe(desk: Any) -> None:
    writer = document(*REPORT)
    writer.encrypt("secret")
    with pytest.raises(Unsafe, match="encrypted"):
        desk.findings("a.pdf", saved(writer))


@pytest.mark.parametrize("content", [b"%PDF-1.7\nnothing", b"%PDF-", b"not a document at all"])
def test_a_damaged_document_is_unsafe(desk: Any, content: bytes) -> None:
    with pytest.raises(Unsafe, match="cannot be read"):
        desk.findings("a.pdf", content)
    with pytest.raises(Unsafe, match="cannot be read"):
        desk.written("a.pdf", content)
