"""Clinical tables, pictures, letters, an archive and a medium: files that lie beside the scans."""

from __future__ import annotations

import io
import random
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.corpus import bids, medium, pdf, pixels
from tests.corpus.bids import Folder
from tests.corpus.headers import study
from tests.corpus.key import Entry
from tests.corpus.people import Person, harmless, say
from tests.corpus.studies import Maker

_DIAGNOSES = ("Hodgkin lymphoma", "Crohn disease", "glioma grade II", "healthy", "Barrett")


def clinical(rng: random.Random, folder: Folder, persons: list[Person]) -> None:
    """A table of patients: in the raw corpus it says who they are."""
    raw = folder.corpus == "raw"
    notes = bids.Notes(folder.corpus)
    rows = []
    for number, person in enumerate(persons, 1):
        row = {"patient_id": person.mrn if raw else f"P{number:03}"}
        if raw:
            row |= {
                "name": f"{person.family}, {person.given}",
                "dob": f"{person.birth:%d/%m/%Y}",
                "phone": person.phone,
                "address": f"{person.place['street']}, {person.place['town']}",
            }
            for column, kind in (("patient_id", "id"), ("name", "name"), ("phone", "phone"),
                                 ("address", "address")):  # fmt: skip
                notes.phi(f"{number}:{column}", "csv", [(kind, row[column])])
            notes.add(f"{number}:dob", "csv", "date", "date", row["dob"])
        row |= {"sex": person.sex, "diagnosis": rng.choice(_DIAGNOSES)}
        row |= {"weight_kg": str(50 + number), "suv_max": f"{rng.uniform(1, 20):.2f}"}
        row["notes"] = rng.choice(harmless("comment"))
        if rng.random() < (0.5 if raw else 0.25):
            row["notes"], found = say(person, "prose", rng, 150)
            notes.phi(f"{number}:notes", "csv", found)
        if raw:
            for column in ("sex", "diagnosis", "weight_kg", "suv_max"):
                notes.add(f"{number}:{column}", "csv", "keep_option", "", row[column])
        rows.append(row)
    folder.put("clinical/patients.csv", bids.table(rows, ","), notes)


def picture(rng: random.Random, folder: Folder, person: Person, number: int) -> None:
    """A PNG, JPEG or TIFF: identifiers in its metadata or burned into it."""
    identifying = folder.corpus == "raw" or rng.random() < 0.45
    burned = identifying and rng.random() < 0.5
    notes = folder.notes(person)
    image = pixels.phantom(420, 520, number % 6)
    lines = pixels.identifying(rng, person) if burned else []
    drawn, boxes = pixels.burn(rng, image, lines, rng.choice(pixels.LOOKS))
    for text in boxes:
        if text.kind:
            notes.add("pixel", "pixel", "pixel_hidden", text.kind, text.text, 0, text.box)
    shown = Image.fromarray((drawn * 255).astype(np.uint8)).convert("RGB")
    words, found = say(person, rng.choice(("phrase", "prose")), rng, 200)
    if burned or not identifying:
        words, found = rng.choice(harmless("comment")), []
    buffer = io.BytesIO()
    how = ("png", "jpg", "tif")[number % 3]
    place, name = _METADATA[how](shown, words, buffer, rng)
    notes.phi(place, "picture", found)
    folder.put(f"pictures/{name}{number:03}.{how}", buffer.getvalue(), notes)


def _png(shown: Image.Image, words: str, buffer: io.BytesIO, rng: random.Random) -> tuple[str, str]:
    info = PngInfo()
    key = rng.choice(("Comment", "Author", "Title", "XML:com.adobe.xmp"))
    if key.startswith("XML"):
        text = words.replace("&", "&amp;").replace("<", "&lt;")
        words = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><creator>{text}</creator></x:xmpmeta>'
    info.add_text("Software", "ImageJ 1.53t")
    info.add_itxt(key, words) if rng.random() < 0.5 else info.add_text(
        key, words.encode("latin-1", "replace"), zip=rng.random() < 0.5
    )
    shown.save(buffer, "PNG", pnginfo=info)
    return f"PNG.{key}", "capture"


def _jpg(shown: Image.Image, words: str, buffer: io.BytesIO, rng: random.Random) -> tuple[str, str]:
    exif = Image.Exif()
    tag, name = rng.choice(
        ((0x010E, "ImageDescription"), (0x013B, "Artist"), (0x8298, "Copyright"))
    )
    exif[0x010F], exif[0x0131] = "Olympus", "v1.2 2014-07-01"
    comment = b""
    if rng.random() < 0.3:
        comment, name = words.encode("latin-1", "replace"), "comment"
    else:
        exif[tag] = words
    shown.save(buffer, "JPEG", quality=88, exif=exif, comment=comment)
    return f"EXIF.{name}", "IMG_"


def _tif(shown: Image.Image, words: str, buffer: io.BytesIO, rng: random.Random) -> tuple[str, str]:
    tag, name = rng.choice(((270, "ImageDescription"), (315, "Artist"), (316, "HostComputer")))
    shown.save(buffer, "TIFF", tiffinfo={tag: words, 305: "ImageJ 1.53t"})
    return f"TIFF.{name}", "slide"


_METADATA = {"png": _png, "jpg": _jpg, "tif": _tif}


def letter(rng: random.Random, folder: Folder, person: Person, number: int) -> None:
    """A PDF that lies by itself."""
    notes = folder.notes(person)
    lines = rng.sample(harmless("comment"), 3)
    if folder.corpus == "raw" or rng.random() < 0.5:
        text, found = say(person, "prose", rng)
        lines.insert(1, text)
        notes.phi("page 1", "pdf file", found)
    data = pdf.made(lines, "Report generator", compressed=True)
    folder.put(f"letters/summary{number:02}.pdf", data, notes)


def archive(maker: Maker, person: Person, number: int) -> None:
    """A zip with a small series in it."""
    with tempfile.TemporaryDirectory() as temporary:
        kept, maker.folder = maker.folder, Path(temporary)
        before = len(maker.entries)
        of = study(maker.rng, person, maker.clean, number)
        maker.study(of, [("MR", 2)], lambda name: f"{name}.dcm")
        made = maker.entries[before:]
        del maker.entries[before:]
        maker.folder = kept
        with zipfile.ZipFile(kept / "export.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(Path(temporary).rglob("*.dcm")):
                packed.write(path, str(path.relative_to(temporary)))
    maker.entries += [replace(entry, file=f"export.zip!/{entry.file}") for entry in made]


def make(maker: Maker, persons: list[Person]) -> list[Entry]:
    """All of these, for some of the patients."""
    rng = maker.rng
    folder = Folder(maker.folder, maker.corpus)  # type: ignore[arg-type]
    bids.make(rng, folder, persons[:8])
    clinical(rng, folder, persons)
    for number in range(max(6, len(persons) // 2)):
        picture(rng, folder, persons[number % len(persons)], number)
    for number, person in enumerate(persons[:3]):
        letter(rng, folder, person, number)
    medium.make(maker, persons[-1], 900)
    archive(maker, persons[-2], 901)
    return folder.entries
