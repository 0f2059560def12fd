"""XML answers of a DICOMweb archive, as the rows that a JSON answer would have had.

The Native DICOM Model (PS3.19 Annex A.1), one document a part of a multipart/related message
(PS3.18 §8.7.3, RFC 2387): all that some older archives can say.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from harvesters.http import Answer, without_query
from schemas.errors import SourceError

_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))""", re.IGNORECASE)
_DECLARED = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def rows_of_multipart(answer: Answer) -> list[dict[str, Any]]:
    """One row a part, by tag, each attribute as {"Value": […]}; people's names are left out.

    Raises:
        SourceError: if the message is cut short or a part is not XML of that model.
    """
    where = without_query(answer.url)
    found = _BOUNDARY.search(answer.headers.get("content-type", ""))
    if found is None:
        raise SourceError("a multipart answer without a boundary", where=where)
    mark = b"--" + (found[1] or found[2]).encode()
    pieces = answer.body.split(mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise SourceError("a multipart answer that was cut short", where=where)
    return [_row(piece, where) for piece in pieces[1:-1]]


def _row(part: bytes, where: str) -> dict[str, Any]:
    _, _, body = part.replace(b"\r\n", b"\n").partition(b"\n\n")
    if _DECLARED.search(body):
        raise SourceError("XML with a document type, which DICOM has no use for", where=where)
    try:
        root = ElementTree.fromstring(body.strip())
    except ElementTree.ParseError as error:
        raise SourceError(f"not XML: {error}", where=where) from error
    return {
        attribute.get("tag", ""): {"Value": [_value(child) for child in attribute]}
        for attribute in root
        if _local(attribute) == "DicomAttribute"
    }


def _value(child: ElementTree.Element) -> str | None:
    return child.text if _local(child) == "Value" else None


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
