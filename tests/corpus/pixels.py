"""The pixels of the corpus: phantoms, and text burned into them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.corpus.people import Person, harmless

Array = np.ndarray[Any, Any]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_FONTS = (
    "dejavu/DejaVuSans.ttf", "dejavu/DejaVuSansMono.ttf", "liberation/LiberationSans-Regular.ttf",
    "dejavu/DejaVuSans-Bold.ttf", "liberation/LiberationMono-Regular.ttf", "",
)  # fmt: skip
_FOLDER = Path("/usr/share/fonts/truetype")
LOOKS = ("white", "grey", "inverse", "noisy")


@dataclass(frozen=True, slots=True)
class Burned:
    """One text in a frame: its box (x1, y1 outside), and the kind of identifier or ""."""

    text: str
    kind: str
    box: tuple[int, int, int, int]


@cache
def phantom(rows: int, columns: int, seed: int) -> Array:
    """A body of ellipses with noise in it, 0 to 1, of dtype float32, shape (rows, columns)."""
    noise = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    image = np.zeros((rows, columns), np.float32)
    image[(x / 0.8) ** 2 + (y / 0.65) ** 2 < 1] = 0.45
    for _ in range(7):
        cx, cy = noise.uniform(-0.5, 0.5, 2)
        a, b = noise.uniform(0.05, 0.25, 2)
        image[((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 < 1] = noise.uniform(0.2, 0.85)
    body = image > 0
    image[body] += noise.normal(0, 0.03, int(body.sum())).astype(np.float32)
    clipped: Array = image.clip(0, 1)
    return clipped


@cache
def sector(rows: int, columns: int, seed: int) -> Array:
    """A speckled fan as ultrasound shows it, 0 to 1."""
    noise = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : rows * 1j, -0.5 : 0.5 : columns * 1j].astype(np.float32)
    radius, angle = np.hypot(x, y), np.abs(np.arctan2(x, y + 1e-6))
    fan = (radius > 0.12) & (radius < 0.85) & (angle < 0.6)
    coarse = noise.random((rows // 4 + 1, columns // 4 + 1), dtype=np.float32)
    speckle = coarse.repeat(4, 0).repeat(4, 1)[:rows, :columns]
    image: Array = np.where(fan, 0.15 + 0.6 * speckle * (1 - radius), 0).astype(np.float32)
    return image


def in_bits(image: Array, bits: int) -> Array:
    """A picture of 0 to 1 as unsigned integers of so many bits."""
    dtype = np.uint8 if bits <= 8 else np.uint16
    whole: Array = (image * ((1 << bits) - 1)).astype(dtype)
    return whole


@cache
def _font(name: str, size: int) -> Font:
    path = _FOLDER / name
    if name and path.exists():
        return ImageFont.truetype(path, size)
    return ImageFont.load_default(size)


def identifying(rng: random.Random, person: Person) -> list[tuple[str, str]]:
    """Two to four texts of a burned-in header that name a patient, as (kind, text)."""
    lines = [
        ("name", f"{person.family.upper()}, {person.given.upper()}"),
        ("name", f"{person.given} {person.family}"),
        ("id", f"ID: {person.mrn}"),
        ("id", person.mrn),
        ("date", f"DOB {person.birth:%m/%d/%Y}"),
        ("date", f"{person.study:%Y-%m-%d} 10:22:31"),
        ("institution", person.place["institution"]),
        ("id", f"Acc# {person.accession}"),
        ("name", f"Dr. {person.staff[0]}"),
    ]
    return rng.sample(lines, rng.randint(2, 4))


def burn(
    rng: random.Random, image: Array, lines: list[tuple[str, str]], look: str, extra: int = 2
) -> tuple[Array, list[Burned]]:
    """Draw lines of (kind, text) into a picture of 0 to 1, and some harmless ones beside.

    Returns the new picture and the boxes of all texts; harmless ones have the kind "".
    """
    canvas = Image.fromarray(np.ascontiguousarray((image * 255).astype(np.uint8)))
    draw = ImageDraw.Draw(canvas)
    rows, columns = image.shape
    wanted = [*lines, *(("", text) for text in rng.sample(harmless("burned"), extra))]
    taken: list[tuple[int, int, int, int]] = []
    done: list[Burned] = []
    for kind, text in wanted:
        size = rng.randint(11, 26) if kind else rng.randint(13, 22)
        font = _font(rng.choice(_FONTS), size)
        width = int(draw.textlength(text, font=font)) + 4
        while width > columns - 16:
            size -= 2
            font = _font("", size)
            width = int(draw.textlength(text, font=font)) + 4
        spot = _spot(rng, rows, columns, width, size + 10, taken)
        if spot is None:
            continue
        x, y = spot
        left, top, right, bottom = (round(v) for v in draw.textbbox((x, y), text, font=font))
        box = (max(0, left - 2), max(0, top - 2), min(columns, right + 2), min(rows, bottom + 2))
        taken.append(box)
        _draw(rng, canvas, draw, (x, y), text, font, look, box)
        done.append(Burned(text, kind, box))
    drawn: Array = np.asarray(canvas, np.float32) / 255
    return drawn, done


def _spot(
    rng: random.Random, rows: int, columns: int, width: int, height: int,
    taken: list[tuple[int, int, int, int]],
) -> tuple[int, int] | None:  # fmt: skip
    """A free place near an edge, as scanners have their text; None if there is none."""
    for _ in range(40):
        x = rng.choice((6, max(6, columns - width - 8), rng.randint(4, columns - width - 4)))
        y = rng.choice(
            (rng.randint(4, rows // 5), rng.randint(rows * 4 // 5, rows - height - 4))
            if rows > 200
            else (rng.randint(2, rows - height - 2),)
        )
        if all(
            x > b[2] + 12 or x + width + 12 < b[0] or y > b[3] + 6 or y + height + 6 < b[1]
            for b in taken
        ):
            return x, y
    return None


def _draw(
    rng: random.Random, canvas: Image.Image, draw: ImageDraw.ImageDraw, at: tuple[int, int],
    text: str, font: Font, look: str, box: tuple[int, int, int, int],
) -> None:  # fmt: skip
    x0, y0, x1, y1 = box
    ink = 255
    if look == "grey":
        ink = rng.randint(150, 190)
    elif look == "inverse":
        draw.rectangle((x0, y0, x1 - 1, y1 - 1), fill=235)
        ink = 10
    elif look == "noisy":
        noise = np.random.default_rng(rng.getrandbits(32)).integers(0, 70, (y1 - y0, x1 - x0))
        canvas.paste(Image.fromarray(noise.astype(np.uint8)), (x0, y0))
    draw.text(at, text, fill=ink, font=font)
