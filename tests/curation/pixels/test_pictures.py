"""Pictures: everything that their metadata says is reported, and gone when de-identified."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from curation.deidentify.mapping import Mapping
from curation.formats import Unsafe
from curation.formats.act import Act
from curation.formats.file import File
from curation.formats.look import Look
from curation.formats.pictures import FORMAT
from curation.phi.known import Known
from curation.profiles import load
from schemas.file_finding import FileFinding
from tests.curation.pixels.made import NAME, speckle, written

PERSON = "Ingrid Lindqvist"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>'
    b"<rdf:Seq><rdf:li>Ingrid Lindqvist</rdf:li></rdf:Seq></dc:creator></rdf:Description>"
    b"</rdf:RDF></x:xmpmeta>"
)


def findings(path: Path, pixels: bool = True) -> list[FileFinding]:
    found: list[FileFinding] = []
    look = Look(load("research"), found.append, pixels=pixels)
    look.file = File(path, path.name)
    FORMAT.inspect(look.file, look)
    return found


def wheres(path: Path) -> set[str | None]:
    return {finding.where for finding in findings(path, pixels=False)}


def deidentified(path: Path) -> Path:
    target = path.with_name("out" + path.suffix)
    act = Act(load("gdpr"), Mapping(b"k" * 32), Known())
    assert act.profile.clean_pixels
    FORMAT.deidentify(File(path, path.name), target, act)
    return target


def exif() -> Image.Exif:
    entries = Image.Exif()
    entries[0x0112], entries[0x010F], entries[0x013B] = 6, "Canon", PERSON
    entries.get_ifd(0x8825)[2] = (52.0, 30.0, 1.0)
    return entries


def picture(path: Path, image: np.ndarray | None = None, **options: Any) -> Path:
    Image.fromarray(speckle() if image is None else image).save(path, **options)
    return path


def test_png_text_is_reported_by_its_keyword(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", PERSON)
    info.add_text("Comment", "MRN 48213377", zip=True)
    info.add_itxt("Title", "Ingrid Lindqvist", zip=True)
    path = picture(tmp_path / "a.png", pnginfo=info, exif=exif())
    said = {"PNG.Author", "PNG.Comment", "PNG.Title", "EXIF.Artist", "EXIF.GPS"}
    assert wheres(path) == said


def test_jpeg_metadata_is_reported_wherever_it_stands(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.jpg", exif=exif(), comment=b"Patient Ingrid Lindqvist", xmp=XMP)
    iptc = b"\x1c\x02\x50\0\x10" + PERSON.encode()
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0" + bytes([len(iptc)]) + iptc + b"\0"
    segment = b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block
    data = path.read_bytes()
    path.write_bytes(data[:2] + segment + data[2:] + b"Patient: Ingrid Lindqvist")
    said = {"EXIF.Artist", "EXIF.GPS", "XMP.creator", "IPTC.2:80", "JPEG.comment", "padding"}
    assert wheres(path) == said


def test_tiff_tags_of_every_page_are_reported(tmp_path: Path) -> None:
    tags = ImageFileDirectory_v2()
    tags[270] = "Patient: Ingrid Lindqvist"
    pages = [Image.fromarray(speckle(2))]
    pages[0].encoderinfo = {"tiffinfo": tags}
    path = picture(tmp_path / "a.tif", save_all=True, append_images=pages)
    assert wheres(path) == {"TIFF.ImageDescription"}


def test_comments_of_gif_and_what_follows_a_bitmap_are_reported(tmp_path: Path) -> None:
    assert wheres(picture(tmp_path / "a.gif", comment=PERSON.encode())) == {"GIF.comment"}
    path = picture(tmp_path / "a.bmp")
    path.write_bytes(path.read_bytes() + b"Patient: Ingrid Lindqvist")
    assert wheres(path) == {"padding"}


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "gif", "bmp"])
def test_a_picture_that_says_nothing_of_anybody_has_no_finding(tmp_path: Path, suffix: str) -> None:
    assert findings(picture(tmp_path / f"a.{suffix}", written("5 cm"))) == []


def test_evidence_is_masked(tmp_path: Path) -> None:
    for finding in findings(picture(tmp_path / "a.jpg", written(NAME), exif=exif())):
        assert "Lindqvist" not in repr(finding) and "LINDQVIST" not in repr(finding)


def test_a_jpeg_without_text_keeps_its_coded_pixels_and_how_to_show_them(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.jpg", exif=exif(), comment=PERSON.encode(), xmp=XMP)
    path.write_bytes(path.read_bytes() + PERSON.encode())
    data = deidentified(path).read_bytes()
    scan = path.read_bytes().index(b"\xff\xda")
    coded = path.read_bytes()[scan : -len(PERSON)]
    assert coded in data and b"Lindqvist" not in data
    with Image.open(io.BytesIO(data)) as image:
        assert dict(image.getexif()) == {0x0112: 6}


def test_the_marker_that_says_how_colours_are_coded_stays(tmp_path: Path) -> None:
    colours = np.dstack([speckle(seed) for seed in (1, 2, 3)])
    path = picture(tmp_path / "a.jpg", colours, keep_rgb=True, comment=PERSON.encode())
    assert b"Adobe" in path.read_bytes() and b"Adobe" in deidentified(path).read_bytes()
    with Image.open(path) as old, Image.open(deidentified(path)) as new:
        assert np.array_equal(np.asarray(old), np.asarray(new))


@pytest.mark.parametrize("suffix", ["png", "tif", "gif", "bmp"])
def test_without_text_the_pixels_stay_and_the_words_go(tmp_path: Path, suffix: str) -> None:
    path = picture(tmp_path / f"a.{suffix}")
    path.write_bytes(path.read_bytes() + PERSON.encode())
    out = deidentified(path)
    assert b"Lindqvist" not in out.read_bytes()
    with Image.open(path) as old, Image.open(out) as new:
        assert old.format == new.format and np.array_equal(np.asarray(old), np.asarray(new))


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "gif", "bmp"])
def test_text_is_hidden_and_the_rest_stays_as_it_was(tmp_path: Path, suffix: str) -> None:
    path = picture(tmp_path / f"a.{suffix}", written(NAME, on=speckle()))
    (found,) = findings(path)
    assert found.where == "pixel" and found.bbox is not None
    out = deidentified(path)
    assert findings(out) == []
    x0, y0, x1, y1 = found.bbox
    with Image.open(path) as old, Image.open(out) as new:
        before, after = np.asarray(old.convert("RGB")), np.asarray(new.convert("RGB"))
    mask = np.ones(before.shape[:2], bool)
    mask[y0 - 2 : y1 + 2, x0 - 2 : x1 + 2] = False
    assert np.array_equal(before[mask], after[mask])
    assert not after[y0:y1, x0:x1].any()


def test_sixteen_bits_stay_sixteen(tmp_path: Path) -> None:
    deep = written(NAME, on=speckle()).astype(np.uint16) * 257
    path = picture(tmp_path / "a.png", deep)
    with Image.open(deidentified(path)) as image:
        assert image.mode == "I;16" and np.array_equal(np.asarray(image)[:50], deep[:50])


def test_each_frame_of_an_animation_is_looked_at(tmp_path: Path) -> None:
    frames = [Image.fromarray(written(NAME, on=speckle(seed))) for seed in (5, 6)]
    path = picture(tmp_path / "a.gif", save_all=True, append_images=frames, duration=80, loop=0)
    assert {finding.frame for finding in findings(path)} == {1, 2}
    with Image.open(deidentified(path)) as image:
        assert image.n_frames == 3 and image.info["loop"] == 0


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif"])
def test_a_picture_that_is_cut_short_is_refused(tmp_path: Path, suffix: str) -> None:
    path = picture(tmp_path / f"a.{suffix}")
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(Unsafe):
        findings(path)


def test_a_bomb_of_text_is_refused(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "a" * (2 << 20), zip=True)
    with pytest.raises(Unsafe, match="1 MiB"):
        findings(picture(tmp_path / "a.png", pnginfo=info))


def test_what_is_only_named_as_a_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"Ingrid Lindqvist")
    assert FORMAT.takes(path.name, path.read_bytes())
    with pytest.raises(Unsafe, match="none that is known"):
        findings(path)
