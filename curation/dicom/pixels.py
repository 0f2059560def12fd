"""Text in the pixels of a DICOM file: reported when it is checked, hidden when de-identified."""

from __future__ import annotations

from curation.dicom.element import PIXEL_DATA, Element, dictionary_vr, first, plain
from curation.dicom.reader import Part10
from curation.formats.act import Act
from curation.formats.file import File
from curation.formats.look import Look
from curation.phi.span import Kind
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
        reason = "not asked for"
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
    """Black out text that identifies, in `clean`; whether every frame was looked at.

    `file.transfer_syntax` changes if the frames have to be written in another one.
    """
    if not act.profile.clean_pixels or not act.pixels or not wanted(file.elements):
        return False
    from curation.pixels.redact import redact
    from curation.pixels.scan import scan

    texts = [t for t in scan(at.path, known=act.known, patient=patient) if t.identifying]
    if texts:
        redacted = redact(at.path, texts)
        there = {element.tag for element in clean}
        changed = {
            tag: Element(tag, vr.encode("ascii"), value)
            for tag, (vr, value) in redacted.attributes.items()
            if tag in there or tag >> 24 != 0x60
        }
        data = redacted.pixel_data
        if data is not None:
            pixels = first(clean, PIXEL_DATA)
            vr = pixels.vr if pixels is not None else dictionary_vr(PIXEL_DATA)
            changed[PIXEL_DATA] = (
                Element(PIXEL_DATA, b"OB", fragments=list(data), undefined=True)
                if isinstance(data, list)
                else Element(PIXEL_DATA, vr, data)
            )
        gone = redacted.removed | changed.keys()
        clean[:] = [e for e in clean if e.tag not in gone] + list(changed.values())
        clean.sort(key=lambda element: element.tag)
        file.transfer_syntax = redacted.transfer_syntax
        act.regions += [(t.frame, t.x0, t.y0, t.x1, t.y1) for t in texts]
        act.done["regions hidden"] += len(texts)
    return True
