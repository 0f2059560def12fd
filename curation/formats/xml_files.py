"""XML: elements and attributes as named fields, read without entities and without the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.formats import Unsafe
from curation.formats.fields import UNKNOWN, Field, field_of
from curation.formats.file import File
from curation.formats.paths import patient_of
from curation.formats.values import clean_value, identifies, inspect_value
from curation.phi import Kind

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look

_LARGEST = 64 << 20
_DEEPEST = 100
_OWN = frozenset("person patient record identifier birth".split())


class _Xml:
    name = "XML"
    rank = 40

    def takes(self, name: str, head: bytes) -> bool:
        """What says that it is XML, or is named so."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return start.startswith(b"<?xml") or (
            name.lower().endswith((".xml", ".xmp", ".xcat")) and start.startswith(b"<")
        )

    def inspect(self, file: File, look: Look) -> None:
        """Report elements as `a.b[1].c` and attributes as `a.b.@c`."""
        root = parsed(file)
        look.patient = _patient(file, root)
        for where, field, value in values(root):
            inspect_value(field, value, where, look)

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """What its identifying elements and attributes say."""
        root = parsed(file)
        patient = _patient(file, root)
        for _, field, value in values(root):
            if field.role in _OWN and field.kind and identifies(field, value):
                yield patient, field.kind, value

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write the same elements, cleaned, without comments and instructions."""
        from lxml import etree

        root = parsed(file)
        patient = _patient(file, root)
        for element in list(root.iter()):
            if not isinstance(element.tag, str):
                _dropped(element)
                continue
            field = _field(element)
            element.text = _clean(field, element.text, act, patient)
            element.tail = _clean(UNKNOWN, element.tail, act, patient)
            for name, value in element.attrib.items():
                held = _attribute(element, name)
                element.set(name, _clean(held, value, act, patient) or "")
        target.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


FORMAT = _Xml()


def parsed(file: File) -> Any:
    """The root of the document. Raises Unsafe for what is not safe or no XML."""
    if file.size > _LARGEST:
        raise Unsafe("XML of more than 64 MiB")
    return parsed_bytes(file.path.read_bytes())


def parsed_bytes(data: bytes) -> Any:
    """The root of a document. Raises Unsafe for what is not safe or no XML."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise Unsafe("no valid XML") from None
    if root.getroottree().docinfo.internalDTD is not None and b"<!ENTITY" in data:
        raise Unsafe("XML with entities of its own")
    return root


def values(root: Any) -> Iterator[tuple[str, Field, str]]:
    """Every text and attribute as (place, field, value), comments too."""
    for beside in (*root.itersiblings(preceding=True), *root.itersiblings()):
        yield _name(beside), UNKNOWN, beside.text or ""
    todo = [(root, _name(root), 1)]
    while todo:
        element, where, depth = todo.pop()
        if depth > _DEEPEST:
            raise Unsafe("XML that is nested too deep")
        if element.tail and element.tail.strip():
            yield where, UNKNOWN, element.tail
        if not isinstance(element.tag, str):
            yield where, UNKNOWN, element.text or ""
            continue
        if element.text and element.text.strip():
            yield where, _field(element), element.text
        for name, value in element.attrib.items():
            yield f"{where}.@{_local(name)}", _attribute(element, name), value
        seen: dict[str, int] = {}
        below = []
        for child in element:
            name = _name(child)
            number = seen[name] = seen.get(name, -1) + 1
            below.append((child, f"{where}.{name}" + (f"[{number}]" if number else ""), depth + 1))
        todo += reversed(below)


def _name(element: Any) -> str:
    return _local(element.tag) if isinstance(element.tag, str) else "#comment"


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _field(element: Any) -> Field:
    """What an element holds, by its name, else by its name after its parent's.

    An element such as `<attr keyword="PatientName">` is named by its attribute.
    """
    for key in ("keyword", "name", "tag"):
        if (said := element.get(key)) and (known := field_of(said)) is not UNKNOWN:
            return known
    return _after(element.getparent(), _name(element))


def _attribute(element: Any, name: str) -> Field:
    return _after(element, _local(name))


def _after(parent: Any, name: str) -> Field:
    known = field_of(name)
    if known.role == "unknown" and parent is not None:
        return field_of(f"{_name(parent)} {name}")
    return known


def _patient(file: File, root: Any) -> str:
    if (label := patient_of(file.name)) is not None:
        return label
    for _, field, value in values(root):
        if field.role in ("patient", "record") and value.strip():
            return value.strip()
    return ""


def _clean(field: Field, value: str | None, act: Act, patient: str) -> str | None:
    if value is None or not value.strip():
        return value
    return clean_value(field, value, act, patient) or ""


def _dropped(node: Any) -> None:
    """Take a comment out; the text after it stays."""
    parent = node.getparent()
    if parent is None:
        return
    if node.tail:
        before = node.getprevious()
        if before is None:
            parent.text = (parent.text or "") + node.tail
        else:
            before.tail = (before.tail or "") + node.tail
    parent.remove(node)
