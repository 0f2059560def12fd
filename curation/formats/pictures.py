"""Pictures (PNG, JPEG, TIFF, BMP, GIF): what their metadata says, and text in their pixels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.formats import Unsafe
from curation.formats.file import File
from curation.formats.paths import patient_of
from curation.formats.values import identifies, inspect_value
from curation.phi import Kind, Style
from schemas.finding import Severity

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look
    from curation.pixels.said import Said
    from curation.pixels.text import Image, Text

_LARGEST = 1 << 30
_PIXELS = 256 << 20
_SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".gif", ".tif", ".tiff", ".bmp", ".dib")
_OWN = frozenset("person patient record identifier birth".split())
_RULE = "PS3.15 E.3.1"


class _Pictures:
    name = "picture"
    rank = 35

    def takes(self, name: str, head: bytes) -> bool:
        """By its signature; a name that says picture is believed, so that a false one is told."""
        return _kind(head) is not None or name.lower().endswith(_SUFFIXES)

    def inspect(self, file: File, look: Look) -> None:
        """Report metadata as `EXIF.Artist`, `PNG.Author`, `XMP.creator`, and text in pixels."""
        data, kind = _read(file)
        look.patient = patient_of(file.name) or ""
        _inspect_metadata(_said(data, kind), look)
        if look.pixels:
            for text in _texts(data, look.patient, None):
                _report(text, look)

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """What entries of its metadata that identify a person say."""
        data, kind = _read(file)
        for said in _said(data, kind):
            field = said.field
            known = field.kind and said.exact and field.role in _OWN
            if known and field.kind and said.where != _PLACE and identifies(field, said.text):
                yield patient_of(file.name) or "", field.kind, said.text

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write the same pixels, identifying text blacked out, with no metadata but how to show
        them. Raises Unsafe where that cannot be done without loss.
        """
        from curation.pixels.repaint import repainted, stripped

        data, kind = _read(file)
        patient = patient_of(file.name)
        entries = list(_said(data, kind))
        texts: list[Text] = []
        if act.pixels and act.profile.clean_pixels:
            texts = [t for t in _texts(data, patient, act) if t.identifying]
        clean = repainted(data, kind, texts) if texts else stripped(data, kind, _plain_icc(entries))
        if entries:
            act.done["metadata removed"] += 1
        act.regions += [(t.frame, *t.bbox) for t in texts]
        if texts:
            act.done["regions hidden"] += len(texts)
        target.write_bytes(clean)


FORMAT = _Pictures()
_PLACE = "EXIF.GPS"


def _kind(head: bytes) -> str | None:
    if found := next((kind for sign, kind in _SIGNS if head.startswith(sign)), None):
        return found
    bitmap = head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and head[15:18] == b"\0\0\0"
    return "BMP" if bitmap else None


def _read(file: File) -> tuple[bytes, str]:
    kind = _kind(file.head)
    if kind is None:
        raise Unsafe("named as a picture, but none that is known")
    if file.size > _LARGEST:
        raise Unsafe("a picture of more than 1 GiB")
    return file.path.read_bytes(), kind


def _said(data: bytes, kind: str) -> Iterator[Said]:
    """Everything that the metadata of a picture says."""
    from curation.pixels import said

    if kind == "PNG":
        yield from said.of_png(data)
    elif kind == "JPEG":
        yield from said.of_jpeg(data)
    elif kind == "GIF":
        yield from said.of_gif(data)
    elif kind == "TIFF":
        from curation.pixels.repaint import opened

        image: Any = opened(data)
        for page in range(getattr(image, "n_frames", 1)):
            image.seek(page)
            yield from said.of_tags(dict(image.tag_v2), "TIFF")
            for name, place in ((0x8769, "EXIF"), (0x8825, "GPS")):
                if name in image.tag_v2:
                    tags = dict(image.getexif().get_ifd(name))
                    if place == "GPS" and tags:
                        yield said.position()
                    yield from said.of_tags(tags, place)
    else:
        from curation.pixels.repaint import after_bitmap

        yield from said.picked("padding", after_bitmap(data))


def _inspect_metadata(entries: Iterator[Said], look: Look) -> None:
    """Report entries; one a place is enough to act on."""
    from curation.phi.find import find

    told: set[str] = set()
    for said in entries:
        if said.where in told:
            continue
        if said.where == _PLACE:
            told.add(said.where)
            look.found(
                "identity-field",
                Severity.ERROR,
                said.where,
                "45 CFR 164.514(b)(2)(i)(B)",
                "The picture says where it was taken; remove it or de-identify the file",
                kind=Kind.ADDRESS,
            )
        elif said.exact:
            if inspect_value(said.field, said.text, said.where, look):
                told.add(said.where)
        elif any(span.sure for span in find(said.text, Style.PHRASE)):
            told.add(said.where)
            look.text(said.text, said.where, Style.PHRASE, rule="free text")


def _plain_icc(entries: list[Said]) -> bool:
    """Whether the colour profile says nothing of a person, so that it may stay."""
    from curation.phi.find import find

    return not any(e.where == "ICC" and find(e.text, Style.PHRASE) for e in entries)


def _texts(data: bytes, patient: str | None, act: Act | None) -> Iterator[Text]:
    """The texts in each frame or page."""
    from curation.pixels.repaint import opened
    from curation.pixels.scan import Looker

    looker = Looker(None if act is None else act.known, patient or None)
    image = opened(data)
    for frame in range(getattr(image, "n_frames", 1)):
        yield from looker.texts(frame, _picture(image, frame))


def _picture(image: Any, frame: int) -> Image:
    """A frame as 8 bits a sample, transparent pixels as they would be without transparency."""
    import numpy as np

    from curation.pixels.decoding import reasons
    from curation.pixels.frames import stretched

    with reasons(f"frame {frame} cannot be decoded"):
        image.seek(frame)
        if image.mode in ("1", "L"):
            return np.asarray(image.convert("L"))
        if image.mode.startswith(("I", "F")):
            return stretched(np.asarray(image), stretch=True)
        return np.asarray(image.convert("RGB"))


def _report(text: Text, look: Look) -> None:
    if text.identifying:
        look.found(
            "burned-in-text",
            Severity.ERROR if text.sure else Severity.WARNING,
            "pixel",
            _RULE,
            "Text in the image reads as an identifier; hide it",
            kind=text.kind or Kind.UNKNOWN,
            value=text.text,
            frame=text.frame,
            bbox=text.bbox,
        )
