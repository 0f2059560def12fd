"""Text in the pixels of a DICOM file: reported when it is checked, hidden when de-identified."""

from __future__ import annotations

from curation.dicom.element import PIXEL_DATA, Element, dictionary_vr, first, plain
from curation.dicom.faces import SERIES, without_face
from curation.dicom.reader import Part10
from curation.formats.act import Act
from curation.formats.file import File
from curation.formats.look import Look
from curation.phi.span import Kind
from curation.pixels.text import Text
from schemas.finding import Severity

OVERLAY_DATA = 0x60003000
_RULE = "PS3.15 E.3.1"


def wanted(elements: list[Element]) -> int:
    """How many frames of this object the rules of sampling want looked at, overlays with them."""
    overlays = sum(e.tag & 0xFF00FFFF == OVERLAY_DATA for e in elements)
    if first(elements, PIXEL_DATA) is None:
        return overlays
    from curation.pixels.sampling import ATTRIBUTES, sampler

    header = {word: plain(elements, tag) for word, tag in ATTRIBUTES.items()}
    return overlays + len(sampler().frames({k: v for k, v in header.items() if v}))


def look_at(file: Part10, at: File, look: Look) -> None:
    """Report text in pixels that identifies; each box is a finding."""
    if first(file.elements, PIXEL_DATA) is None:
        return
    reason = ""
    if not look.pixels:
        reason = look.unseen
    elif file.problems:
        reason = "the file is damaged"
    elif not (count := wanted(file.elements)):
        reason = "few images of such a series are looked at"
    if reason:
        look.seen.skipped[reason] += 1
        return
    from curation.pixels.scan import scan

    look.seen.looked += count
    for text in scan(at.path, patient=look.patient):
        if not text.identifying:
            continue
        look.found(
            "burned-in-text",
            Severity.ERROR if text.sure else Severity.WARNING,
            "pixel" if not text.plane else f"{text.plane:04X}3000",
            _RULE,
            "Text in the image reads as an identifier; hide it",
            kind=text.kind or Kind.UNKNOWN,
            value=text.text,
            frame=text.frame,
            bbox=text.bbox,
        )


def hide(at: File, file: Part10, clean: list[Element], act: Act, patient: str) -> bool:
    """Black out text that identifies, and cut the face, in `clean`; whether all was looked at.

    `file.transfer_syntax` changes if the frames have to be written in another one.
    """
    looked = act.profile.clean_pixels and act.pixels and bool(wanted(file.elements))
    texts: list[Text] = []
    if looked:
        from curation.pixels.scan import scan

        texts = [t for t in scan(at.path, known=act.known, patient=patient) if t.identifying]
    cut = act.cuts.get(plain(file.elements, SERIES))
    if cut is not None and first(file.elements, PIXEL_DATA) is not None:
        written, file.transfer_syntax = without_face(at, file.transfer_syntax, cut, texts)
        _exchange(clean, written)
        act.done["faces cut"] += 1
    elif texts:
        _black_out(at, file, clean, texts)
    if texts:
        act.regions += [(t.frame, t.x0, t.y0, t.x1, t.y1) for t in texts]
        act.done["regions hidden"] += len(texts)
    return looked and _each_frame(file.elements)


def _black_out(at: File, file: Part10, clean: list[Element], texts: list[Text]) -> None:
    from curation.pixels.redact import redact

    redacted = redact(at.path, texts)
    there = {element.tag for element in clean}
    written = [
        Element(tag, vr.encode("ascii"), value)
        for tag, (vr, value) in redacted.attributes.items()
        if tag in there or tag >> 24 != 0x60
    ]
    data = redacted.pixel_data
    if isinstance(data, list):
        written.append(Element(PIXEL_DATA, b"OB", fragments=list(data), undefined=True))
    elif data is not None:
        pixels = first(clean, PIXEL_DATA)
        vr = pixels.vr if pixels is not None else dictionary_vr(PIXEL_DATA)
        written.append(Element(PIXEL_DATA, vr, data))
    _exchange(clean, written, redacted.removed)
    file.transfer_syntax = redacted.transfer_syntax


def _exchange(
    clean: list[Element], written: list[Element], removed: frozenset[int] = frozenset()
) -> None:
    """Put elements in the place of those of their tags, in order."""
    gone = removed | {element.tag for element in written}
    clean[:] = sorted([e for e in clean if e.tag not in gone] + written, key=lambda e: e.tag)


def _each_frame(elements: list[Element]) -> bool:
    """Whether the rules had every frame looked at, and not one for a series of images."""
    from curation.pixels.sampling import ATTRIBUTES, sampler

    header = {word: plain(elements, tag) for word, tag in ATTRIBUTES.items()}
    return sampler().look({k: v for k, v in header.items() if v}) == "all"
