"""JSON: BIDS sidecars and descriptions, the DICOM JSON model, and any other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.formats import Unsafe
from curation.formats.bids import is_bids, is_public
from curation.formats.dicom_json import (
    clean_dataset,
    identities_of,
    inspect_dataset,
    is_dataset,
    subject_of,
)
from curation.formats.encoding import encoding_of, looks_like_text
from curation.formats.fields import UNKNOWN, Field, field_of
from curation.formats.file import File
from curation.formats.paths import patient_of
from curation.formats.tree import Pairs, depth, key_path, leaves, only_scalars
from curation.formats.values import clean_value, inspect_value
from curation.phi import Kind, Style
from curation.phi.find import find

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look

_LINES = (".jsonl", ".ndjson")
_LARGEST = 64 << 20
_DEEPEST = 100
_INDENT = re.compile(r"[\[{]\r?\n([ \t]+)")


class _Json:
    name = "json"
    rank = 40

    def takes(self, name: str, head: bytes) -> bool:
        """Text that is named as JSON."""
        return name.lower().endswith((".json", *_LINES)) and looks_like_text(head)

    def inspect(self, file: File, look: Look) -> None:
        """Report keys and values; `where` is the path of keys, such as `a.b[0].c`."""
        bids = is_bids(file.name)
        for document, prefix in _documents(file):
            look.patient = _patient(file, document)
            public = is_public(file.name)
            _inspect(document, UNKNOWN, prefix, look, bids=bids, public=public)

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """The values of its identifying fields."""
        for document, _ in _documents(file):
            patient = _patient(file, document)
            for field, value in _leaves(document):
                if field.kind is not None and field.role in _OWN:
                    yield patient, field.kind, value

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write valid JSON with the keys in their order, less what the profile takes away."""
        if file.name.lower().endswith(_LINES):
            with target.open("w", encoding="utf-8", newline="\n") as out:
                for document, _ in _documents(file):
                    out.write(_dumped(_cleaned(document, file, act), None) + "\n")
            return
        text = _read(file)
        document = _parsed(text)
        indent = found[1] if (found := _INDENT.search(text[:4096])) else None
        clean = _dumped(_cleaned(document, file, act), indent)
        target.write_text(clean + "\n", encoding="utf-8", newline="\n")


FORMAT = _Json()

_OWN = frozenset("person patient record identifier birth".split())


def _leaves(document: Any) -> Iterator[tuple[Field, str]]:
    for node in (
        document if isinstance(document, list) and not isinstance(document, Pairs) else [document]
    ):
        if isinstance(node, Pairs) and is_dataset(node):
            yield from identities_of(node)
        else:
            yield from leaves(node)


def _documents(file: File) -> Iterator[tuple[Any, str]]:
    """Each document of a file, and how its places begin."""
    if not file.name.lower().endswith(_LINES):
        yield _parsed(_read(file)), ""
        return
    with file.path.open(encoding=encoding_of(file.path)) as lines:
        number = 0
        while line := lines.readline(_LARGEST):
            if len(line) == _LARGEST:
                raise Unsafe("JSON with a line of more than 64 MiB")
            if line.strip():
                yield _parsed(line), f"[{number}]"
            number += 1


def _read(file: File) -> str:
    if file.size > _LARGEST:
        raise Unsafe("JSON of more than 64 MiB")
    return file.path.read_bytes().decode(encoding_of(file.path))


def _parsed(text: str) -> Any:
    """The document; objects stay pairs, so that a key that stands twice hides nothing."""
    try:
        document = json.loads(text, object_pairs_hook=Pairs, parse_constant=lambda _: None)
    except RecursionError:
        raise Unsafe("JSON that is nested too deep") from None
    except ValueError as error:
        at = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Unsafe(f"no valid JSON{at}") from None
    if depth(document) > _DEEPEST:
        raise Unsafe("JSON that is nested too deep")
    return document


def _dumped(document: Any, indent: str | None) -> str:
    return json.dumps(document, ensure_ascii=False, indent=indent, allow_nan=False)


def _patient(file: File, document: Any) -> str:
    """Whose file it is: the participant that its path names, or the PatientID within."""
    if (label := patient_of(file.name)) is not None:
        return label
    for dataset in (
        document if isinstance(document, list) and not isinstance(document, Pairs) else [document]
    ):
        if isinstance(dataset, Pairs) and is_dataset(dataset) and (own := subject_of(dataset)):
            return own
    for field, value in leaves(document):
        if field.role in ("patient", "record") and value.strip():
            return value.strip()
    return file.name.rpartition("/")[0]


def _inspect(
    node: Any, field: Field, where: str, look: Look, *, bids: bool, public: bool, key: str = ""
) -> None:
    if isinstance(node, Pairs):
        if is_dataset(node):
            inspect_dataset(node, where, look)
            return
        for number, (name, value) in enumerate(node):
            spoken = bool(find(name, Style.PHRASE)) and field_of(name) is UNKNOWN
            place = key_path(where, f"{{{number}}}" if spoken else name)
            if spoken:
                look.text(name, place, Style.PHRASE, rule="free text")
            below = _field(name, key)
            if below.role == "public" or (public and below.role in ("unknown", "text")):
                continue
            _inspect(value, below, place, look, bids=bids, public=public, key=name)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            _inspect(value, field, f"{where}[{number}]", look, bids=bids, public=public, key=key)
    elif isinstance(node, str):
        inspect_value(field, node, where, look, bids=bids)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        inspect_value(field, _number(node), where, look, bids=bids)


def _field(name: str, parent: str) -> Field:
    """What a key holds, read after its parent's name where it says nothing alone."""
    known = field_of(name)
    return field_of(f"{parent} {name}") if known.role == "unknown" and parent else known


def _number(value: float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _cleaned(document: Any, file: File, act: Act) -> Any:
    whose = _Whose(_patient(file, document), is_bids(file.name), is_public(file.name))
    clean = _clean(document, UNKNOWN, act, whose)
    return None if clean is _GONE else clean


_GONE = object()


@dataclass(frozen=True)
class _Whose:
    """Whose file it is, and what kind of one."""

    patient: str
    bids: bool
    public: bool


def _clean(node: Any, field: Field, act: Act, whose: _Whose, key: str = "") -> Any:
    if isinstance(node, Pairs):
        if is_dataset(node):
            return clean_dataset(node, act, whose.patient)
        kept: dict[str, Any] = {}
        for name, value in node:
            below = _field(name, key)
            stays = below.role == "public" or (whose.public and below.role in ("unknown", "text"))
            new = value if stays else _clean(value, below, act, whose, name)
            if new is not _GONE:
                kept[_clean_key(name, act, whose.patient)] = _plain(new)
        return kept
    if isinstance(node, list):
        new = [_clean(value, field, act, whose, key) for value in node]
        kept_items = [value for value in new if value is not _GONE]
        return _GONE if node and not kept_items and only_scalars(node) else kept_items
    if isinstance(node, bool) or node is None:
        return node
    text = node if isinstance(node, str) else _number(node)
    clean = clean_value(field, text, act, whose.patient, bids=whose.bids)
    if clean is None:
        return _GONE
    if clean == text:
        return node
    if isinstance(node, int | float) and clean.isdigit():
        return int(clean)
    return clean


def _clean_key(name: str, act: Act, patient: str) -> str:
    """A key, replaced if it says who somebody is, as where people are keys."""
    if field_of(name) is not UNKNOWN or not (
        find(name, Style.PHRASE) or act.known.spans(name, patient)
    ):
        return name
    act.done["key replaced"] += 1
    return act.mapping.identifier("key", name)


def _plain(node: Any) -> Any:
    """What was kept whole, with its pairs as objects again."""
    if isinstance(node, Pairs):
        return {name: _plain(value) for name, value in node}
    return [_plain(value) for value in node] if isinstance(node, list) else node
