"""What the extensions of a NIfTI header hold: looked at, and kept only where they are known."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from curation.formats import Unsafe
from curation.formats.fields import Field, field_of
from curation.formats.file import File
from curation.formats.values import inspect_value
from curation.nifti.extensions import CIFTI, COMMENT, DICOM, Extension
from curation.phi.span import Style

if TYPE_CHECKING:
    from collections.abc import Callable

    from curation.formats.act import Act
    from curation.formats.look import Look
    from schemas.file_finding import FileFinding

RULE = "45 CFR 164.514(b)(2)(i)"
_PIECES = 20_000
_OF_A_FILE = ("not-declared", "method-not-declared")  # checks of what a whole DICOM file must say
_LARGEST_TREE = 16 << 20
_PIECE = re.compile(r"[^<>\"{}\[\]\n\r\0]{3,400}")
_PRINTABLE = re.compile(rb"[\x20-\x7e\t\n\r]{6,}")
_NUMBERS = re.compile(r"[\s\d.,;:eE+\-/]*\Z")


def inspect_extension(extension: Extension, number: int, file: File, look: Look) -> None:
    """Report what an extension holds, at `extension[number]`, or at `padding` what is none."""
    if extension.code is None:
        look_at_bytes(extension.data, "padding", look)
        return
    where = f"extension[{number}]"
    if extension.code == DICOM and _look_at_dicom(extension.data, where, file, look):
        return
    fields = _fields(extension.data)
    if fields is None:
        look_at_bytes(extension.data, where, look)
        return
    for field, value in fields:
        if inspect_value(field, value, where, look, dates=False) is not None:
            return


def look_at_bytes(data: bytes, where: str, look: Look) -> None:
    """Report the first text in these bytes that identifies."""
    seen = set()
    for piece in _pieces(_words(data)):
        if piece not in seen:
            seen.add(piece)
            if look.text(piece, where, Style.PROSE, rule=RULE):
                return


def kept(extensions: Iterator[Extension], act: Act, patient: str | None) -> Iterator[Extension]:
    """Comments and the description of a CIFTI matrix, cleaned; every other extension goes."""
    for extension in extensions:
        if extension.code == COMMENT and act.profile.text == "clean":
            text = act.text(_words(extension.data), Style.PROSE, patient)
            if text:
                yield Extension(COMMENT, text.encode())
        elif extension.code == CIFTI:
            text = _PIECE.sub(lambda found: _clean(found[0], act, patient), _words(extension.data))
            yield Extension(CIFTI, text.encode())
        elif extension.data.strip(b"\0"):
            act.done["extension removed"] += 1


def _clean(piece: str, act: Act, patient: str | None) -> str:
    return piece if _NUMBERS.match(piece) else act.text(piece, Style.PROSE, patient)


def _look_at_dicom(data: bytes, where: str, file: File, look: Look) -> bool:
    """Judge a data set as a DICOM file's; whether these bytes are one."""
    from curation.dicom.inspect import inspect
    from curation.dicom.reader import Damaged, parse

    try:
        dataset = parse(data)
    except Damaged:
        return False
    dataset.problems.clear()  # padding to 16 bytes is no damage here
    inner = dataclasses.replace(look, emit=_placed(look.emit, where), pixels=False, faces=False)
    inspect(dataset, file, inner)
    return bool(dataset.elements)


def _placed(emit: Callable[[FileFinding], None], where: str) -> Callable[[FileFinding], None]:
    """The findings of a data set, at the extension that holds it."""

    def place(found: FileFinding) -> None:
        if found.check not in _OF_A_FILE:
            message = f"In {found.where}: {found.message}" if found.where else found.message
            emit(dataclasses.replace(found, where=where, message=message))

    return place


def _fields(data: bytes) -> list[tuple[Field, str]] | None:
    """The named values of an extension that is JSON or XML, or None of any other."""
    data = data.rstrip(b"\0 \n")
    if len(data) > _LARGEST_TREE:
        return None
    if data[:1] in (b"{", b"["):
        try:
            return list(_leaves(json.loads(data), ""))
        except (ValueError, RecursionError):
            return None
    if data[:1] == b"<":
        from curation.formats.xml_files import parsed_bytes, values

        try:
            return [(field, value) for _, field, value in values(parsed_bytes(data))]
        except Unsafe:
            return None
    return None


def _leaves(node: Any, key: str) -> Iterator[tuple[Field, str]]:
    """Every text of a JSON document that the parser could read, with what its key says."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value, key)
    elif isinstance(node, str):
        yield field_of(key), node


def _words(data: bytes) -> str:
    """Bytes as text: whole where they are UTF-8, else what is printable in them."""
    try:
        text = data.rstrip(b"\0").decode("utf-8")
        if "\0" not in text:
            return text
    except UnicodeDecodeError:
        pass
    return "\n".join(run.decode("ascii") for run in _PRINTABLE.findall(data))


def _pieces(text: str) -> Iterator[str]:
    """The parts of a text between quotes, tags and line ends that are more than numbers."""
    for count, found in enumerate(_PIECE.finditer(text)):
        if count == _PIECES:
            return
        piece = found[0].strip()
        if piece and not _NUMBERS.match(piece):
            yield piece
