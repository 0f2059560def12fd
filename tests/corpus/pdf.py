"""Small PDF files with lines of text, their streams compressed or not."""

from __future__ import annotations

import textwrap
import zlib


def _escaped(text: str) -> str:
    plain = text.encode("latin-1", "replace").decode("latin-1")
    return plain.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def made(lines: list[str], author: str, *, compressed: bool) -> bytes:
    """One page with these lines in Helvetica, 60 characters a line, and an author."""
    shown = [part for line in lines for part in textwrap.wrap(line, 90)]
    drawn = "\n".join(f"({_escaped(line)}) Tj T*" for line in shown)
    content = f"BT /F1 10 Tf 50 760 Td 14 TL\n{drawn}\nET".encode("latin-1")
    how = ""
    if compressed:
        content, how = zlib.compress(content), "/Filter /FlateDecode "
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< {how}/Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Author ({_escaped(author)}) /Producer (PDFlib 9.1) >>".encode("latin-1"),
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 6 0 R >>\n"
        f"startxref\n{start}\n%%EOF\n"
    ).encode()
    return bytes(out)
