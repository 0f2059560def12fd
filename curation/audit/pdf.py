"""The certificate as PDF (A4), with its fonts inside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, black
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    HRFlowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

if TYPE_CHECKING:
    from curation.audit.certificate import Certificate, Rows

_SIDE = 45.0
_END = 34.0
_WIDTH = A4[0] - 2 * _SIDE - 12  # what a frame keeps free at its sides
_NAMES = 112.0
_GAP = 28.0
_BODY = ParagraphStyle("body", fontName="Vera", fontSize=7.5, leading=9.6)
_NAME = ParagraphStyle("name", _BODY, textColor=HexColor("#4b585e"))
_LEAD = ParagraphStyle("lead", _BODY, fontSize=9.5, leading=13, spaceBefore=8)
_PART = ParagraphStyle("part", _BODY, fontName="VeraBd", fontSize=9.2, leading=12, spaceBefore=8)
_TOP = ParagraphStyle("top", _BODY, fontName="VeraBd", fontSize=17, leading=24)
_LACKING = "Characters that the fonts of this file lack are written as U+ and their number."


def pdf(made: Certificate, limits: Sequence[str], signed_by: Sequence[str]) -> bytes:
    """The bytes of the file; the same certificate gives the same bytes."""
    story: list[Any] = [_text(made.title, _TOP), HRFlowable("100%", 1.5, color=HexColor("#005a6e"))]
    story.append(_text(made.says, _LEAD))
    for heading, rows in made.sections:
        story += _facts(heading, rows)
    unproved = [_text("What this does not prove", _PART)]
    unproved += [_text(f"• {one}", _BODY) for one in limits]
    story += [KeepTogether([*unproved, Spacer(1, 38), _lines(signed_by)])]
    story += [PageBreak(), *_facts(*made.annex)]
    said = [made.says, *(value for _, rows in (*made.sections, made.annex) for _, value in rows)]
    if any(_writable(value) != value for value in said):
        story.append(_text(_LACKING, _NAME))
    out = BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_SIDE,
        rightMargin=_SIDE,
        topMargin=_END,
        bottomMargin=_END,
        title=made.title,
        creator="fairscan",
        lang="en",
        invariant=1,
    ).build(story)
    return out.getvalue()


def _text(words: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(_writable(words)), style)


def _writable(words: str) -> str:
    glyphs = _glyphs()
    return "".join(c if ord(c) in glyphs else f"U+{ord(c):04X} " for c in words)


@cache
def _glyphs() -> frozenset[int]:
    """The characters that both fonts have; they are embedded in the file."""
    for font in ("Vera", "VeraBd"):
        pdfmetrics.registerFont(TTFont(font, f"{font}.ttf"))
    return frozenset(pdfmetrics.getFont("Vera").face.charToGlyph)


def _facts(heading: str, rows: Rows) -> list[Any]:
    cells = [[_text(name, _NAME), _text(value, _BODY)] for name, value in rows]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, HexColor("#c3ced1")),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 1.3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.8),
    ]
    widths = [_NAMES, _WIDTH - _NAMES]
    return [_text(heading, _PART), Spacer(1, 2), Table(cells, widths, style=style, splitInRow=1)]


def _lines(signed_by: Sequence[str]) -> Table:
    """A line to sign on for each, side by side."""
    cells: list[Any] = []
    widths: list[float] = []
    style: list[Any] = [("LEFTPADDING", (0, 0), (-1, -1), 0)]
    for who in signed_by:
        if cells:
            cells.append("")
            widths.append(_GAP)
        style.append(("LINEABOVE", (len(cells), 0), (len(cells), 0), 0.5, black))
        cells.append(_text(f"{who}: name, date, signature", _NAME))
        widths.append((_WIDTH - _GAP * (len(signed_by) - 1)) / len(signed_by))
    return Table([cells], widths, style=style)
