"""Pictures written anew: the same pixels without metadata, with boxes blacked out if asked."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from curation.formats import Unsafe
from curation.pixels.decoding import reasons
from curation.pixels.segments import stripped_gif, stripped_jpeg, stripped_png
from curation.pixels.text import Text

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP")
_MOST = 256 << 20
_FRAMES = 10_000
_MARGIN = 2
_ORIENTATION = 0x0112
_RESOLUTION = (0x011A, 0x011B, 0x0128)
_BITMAP_HEAD = 14
_DEEP = frozenset({"I;16", "I;16B", "I;16L", "I", "F"})


def opened(data: bytes) -> Picture:
    """A picture, not decoded yet. Raises Unsafe if it cannot be read or is too large."""
    from PIL import Image

    with reasons("the picture cannot be read"):
        image = Image.open(BytesIO(data), formats=_FORMATS)
        frames = getattr(image, "n_frames", 1)
    if image.width * image.height > _MOST or frames > _FRAMES:
        raise Unsafe(f"a picture of {image.width} by {image.height} pixels, {frames} frames")
    return image


def stripped(data: bytes, kind: str, icc: bool) -> bytes:
    """The same coded pixels without metadata; of a TIFF or BMP, the same pixels coded anew."""
    if kind == "PNG":
        return stripped_png(data, icc)
    if kind == "JPEG":
        with reasons("the Exif metadata cannot be read"):
            orientation = int(opened(data).getexif().get(_ORIENTATION, 1) or 1)
        return stripped_jpeg(data, icc, orientation if 1 < orientation <= 8 else 1)
    if kind == "GIF":
        return stripped_gif(data)
    return _written(data, kind, {})


def repainted(data: bytes, kind: str, texts: Iterable[Text]) -> bytes:
    """The pixels with the boxes of these texts black, and every other pixel as it was.

    Raises Unsafe where a pixel outside the boxes would change.
    """
    boxes: dict[int, list[Text]] = {}
    for text in texts:
        boxes.setdefault(text.frame, []).append(text)
    return _written(data, kind, boxes)


def after_bitmap(data: bytes) -> bytes:
    """What a BMP holds beside its headers, its colours and its pixels."""
    if len(data) < _BITMAP_HEAD + 4:
        return data
    size, start, head = (struct.unpack_from("<I", data, at)[0] for at in (2, 10, 14))
    return data[_BITMAP_HEAD + head : start] + data[min(size, len(data)) :]


def _written(data: bytes, kind: str, boxes: dict[int, list[Text]]) -> bytes:
    """Every page painted and written, then read again to prove that it holds what it should."""
    source = opened(data)
    with reasons("the picture cannot be written without loss"):
        pages = list(_pages(source, boxes))
        out = BytesIO()
        if kind == "TIFF":
            _save_tiff(source, pages, out)
        elif kind == "GIF":
            _save_gif(source, pages, out)
        elif len(pages) > 1 or (kind == "PNG" and _lossy_png(data)):
            raise Unsafe("a picture of several frames, or of 16 bits a colour, with text to hide")
        elif kind == "BMP":
            pages[0].save(out, "BMP", dpi=source.info.get("dpi"))
        else:
            _save_png(source, pages[0], out)
        again = opened(out.getvalue())
        for number, page in enumerate(pages):
            again.seek(number)
            shown = again.convert("RGB") if kind == "GIF" else again
            if _shown(shown) != _shown(page):
                raise Unsafe("the picture cannot be written without loss")
    return out.getvalue()


def _pages(source: Picture, boxes: dict[int, list[Text]]) -> Iterable[Picture]:
    """Each page, with nothing but its pixels, its colours and its transparency."""
    from PIL import Image

    frames = getattr(source, "n_frames", 1)
    if boxes and not 0 <= min(boxes) <= max(boxes) < frames:
        raise Unsafe("there is no such frame")
    for frame in range(1 if source.format == "MPO" else frames):
        source.seek(frame)
        image = source.convert("RGB") if source.format == "GIF" else source
        page = Image.frombytes(image.mode, image.size, image.tobytes())
        if (palette := image.getpalette("RGB")) is not None and page.mode == "P":
            page.putpalette(palette)
        if (clear := image.info.get("transparency")) is not None and page.mode != "RGBA":
            page.info["transparency"] = clear
        for box in boxes.get(frame, ()):
            corners = (
                max(0, box.x0 - _MARGIN),
                max(0, box.y0 - _MARGIN),
                min(page.width, box.x1 + _MARGIN),
                min(page.height, box.y1 + _MARGIN),
            )
            page.paste(_black(page), corners)
        yield page


def _black(page: Picture) -> Any:
    """What is black in this picture, and opaque."""
    if page.mode == "P":
        palette = page.getpalette("RGB") or [0]
        sums = [sum(palette[i : i + 3]) for i in range(0, len(palette), 3)]
        return sums.index(min(sums))
    if page.mode in ("RGBA", "LA"):
        return (0,) * (len(page.mode) - 1) + (255,)
    if page.mode == "CMYK":
        return (0, 0, 0, 255)
    if page.mode in _DEEP:
        return min(0, page.getextrema()[0]) if page.mode in ("I", "F") else 0
    return 0


def _shown(page: Picture) -> tuple[Any, ...]:
    """What of a picture must be the same after it was written and read."""
    palettes = page.mode == "P"
    colours = page.convert("RGBA" if "transparency" in page.info else "RGB") if palettes else page
    mode = {"I;16B": "I;16", "I;16L": "I;16"}.get(colours.mode, colours.mode)
    return mode, colours.size, colours.tobytes()


def _lossy_png(data: bytes) -> bool:
    """Whether a PNG has 16 bits a colour, of which Pillow would keep 8."""
    return data[24] == 16 and data[25] != 0


def _save_png(source: Picture, page: Picture, out: BytesIO) -> None:
    from PIL import Image

    exif = Image.Exif()
    if 1 < (orientation := int(source.getexif().get(_ORIENTATION, 1) or 1)) <= 8:
        exif[_ORIENTATION] = orientation
    options: dict[str, Any] = {"exif": exif.tobytes()} if len(exif) else {}
    if "dpi" in source.info:
        options["dpi"] = source.info["dpi"]
    if "transparency" in page.info:
        options["transparency"] = page.info["transparency"]
    page.save(out, "PNG", **options)


def _save_tiff(source: Any, pages: list[Picture], out: BytesIO) -> None:
    from PIL.TiffImagePlugin import AppendingTiffWriter, ImageFileDirectory_v2

    for number, page in enumerate(pages):
        source.seek(number)
        tags = ImageFileDirectory_v2()
        for tag in (_ORIENTATION, *_RESOLUTION):
            if tag in source.tag_v2:
                tags[tag] = source.tag_v2[tag]
        one = BytesIO()
        page.save(one, "TIFF", tiffinfo=tags, compression="tiff_lzw")
        if number == 0:
            out.write(one.getvalue())
            continue
        out.seek(0)
        with AppendingTiffWriter(out) as writer:
            writer.write(one.getvalue())
            writer.newFrame()


def _save_gif(source: Picture, pages: list[Picture], out: BytesIO) -> None:
    """Frames as they are shown one after the other, each with the colours that it has."""
    durations = []
    exact = []
    for number, page in enumerate(pages):
        source.seek(number)
        durations.append(source.info.get("duration", 0))
        exact.append(_indexed(page))
    loop = {"loop": source.info["loop"]} if "loop" in source.info else {}
    exact[0].save(
        out, "GIF", save_all=True, append_images=exact[1:], duration=durations, disposal=1, **loop
    )


def _indexed(page: Picture) -> Picture:
    """An RGB picture with a palette of exactly its colours. Raises Unsafe above 256 of them."""
    import numpy as np
    from PIL import Image

    colours, indices = np.unique(np.asarray(page).reshape(-1, 3), axis=0, return_inverse=True)
    if len(colours) > 256:
        raise Unsafe("a frame of a GIF that shows more than 256 colours")
    indexed = Image.frombytes("P", page.size, indices.astype(np.uint8).tobytes())
    indexed.putpalette(colours.astype(np.uint8).tobytes())
    return indexed
