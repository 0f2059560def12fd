"""Plain text and XML."""

from __future__ import annotations

from typing import Any

import pytest

from curation.formats import Unsafe

README = (
    "# Faces and houses\n"
    "Contact: Jane Miller, jane.miller@example.org\n"
    "Patient John Smith, MRN 12345678, moved.\n"
)
XML = (
    '<?xml version="1.0"?><!-- made by Dr. John Smith --><scan xmlns="urn:x">'
    '<patient id="MRN0012345"><name>Papadakis Georgios</name><!--x--> tail</patient>'
    "<TE>30</TE><note>fine</note><note>call 617-555-0123</note></scan>"
)


def test_a_read_me_may_name_its_authors_and_no_patient(desk: Any) -> None:
    assert list(desk.places("README.md", README)) == ["line 3"]
    clean = desk.written("README.md", README).decode()
    assert clean.startswith("".join(README.splitlines(True)[:2]))
    assert "Smith" not in clean and "12345678" not in clean


def test_a_form_is_read_by_its_labels(desk: Any) -> None:
    text = "Patient Name: Georgios Papadakis\nTE: 30\nMRN: 0012345\ncalled Papadakis\n"
    assert desk.places("log.txt", text) | {"line 4": ""} == {
        "line 1": "name",
        "line 3": "id",
        "line 4": "",
    }
    pseudonym = desk.act.mapping.patient("0012345")
    clean = desk.written("log.txt", text).decode()
    assert clean == f"Patient Name: \nTE: 30\nMRN: {pseudonym}\ncalled\n"


def test_gradient_tables_pass_unchanged_even_where_text_is_removed(desk_of: Any) -> None:
    table = "0 1000 1000\n0.1 -0.2 0.3e-4\n"
    desk = desk_of("basic")
    assert desk.findings("a.bval", table) == []
    assert desk.written("a.bval", table).decode() == table


def test_free_text_is_refused_where_the_profile_removes_it(desk_of: Any) -> None:
    with pytest.raises(Unsafe, match="free text"):
        desk_of("basic").written("letter.txt", "Stable appearance of the nodule.\n")


def test_bytes_that_are_no_text_are_taken_by_nobody(desk: Any) -> None:
    with pytest.raises(AssertionError):
        desk.findings("x.unknown", b"\x00\x01\x02\x03")


def test_a_line_without_end_is_unsafe(desk: Any) -> None:
    with pytest.raises(Unsafe, match="64 KiB"):
        desk.findings("x.txt", "word " * 20_000)


def test_xml_is_told_by_elements_attributes_and_comments(desk: Any) -> None:
    assert desk.places("x.xml", XML) == {
        "#comment": "name",
        "scan.patient.@id": "id",
        "scan.patient.name": "name",
        "scan.note[1]": "phone",
    }


def test_cleaned_xml_keeps_its_elements_and_drops_comments(desk: Any) -> None:
    clean = desk.written("x.xml", XML).decode()
    pseudonym = desk.act.mapping.patient("MRN0012345")
    assert clean.endswith(
        f'<scan xmlns="urn:x"><patient id="{pseudonym}"><name></name> tail</patient>'
        "<TE>30</TE><note>fine</note><note>call</note></scan>"
    )
    assert "Smith" not in clean
    assert desk.places("x.xml", clean) == {}


@pytest.mark.parametrize(
    "document",
    [
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
        '<?xml version="1.0"?><a>',
        '<?xml version="1.0"?>' + "<a>" * 200 + "</a>" * 200,
    ],
)
def test_xml_that_is_not_sound_is_unsafe(desk: Any, document: str) -> None:
    with pytest.raises(Unsafe):
        desk.findings("x.xml", document)
