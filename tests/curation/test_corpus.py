"""The synthetic corpus is what its key says, and its scores tell good from bad."""

from __future__ import annotations

import json
import random
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.corpus import dciodvfy, key, pixels
from tests.corpus.hidden import hidden, outside_is_same
from tests.corpus.key import Entry
from tests.corpus.make import make
from tests.corpus.reading import Read
from tests.corpus.score_check import score_check
from tests.corpus.score_deidentified import score_deidentified


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small corpus, made once."""
    folder = tmp_path_factory.mktemp("corpus") / "corpus"
    make(folder, 7, "tiny")
    return folder


@pytest.fixture(scope="module")
def entries(corpus: Path) -> list[Entry]:
    """Its key."""
    return list(key.read(corpus / "key.jsonl"))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """pydicom says of planted values that they are not as they should be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def found(entry: Entry) -> dict[str, object]:
    """A finding as a perfect check would report it."""
    data = json.loads(entry.as_json())
    return {"check": "perfect", "severity": "error", **data}


def test_each_identifier_of_the_key_stands_in_its_file(corpus: Path, entries: list[Entry]) -> None:
    missing = []
    for entry in entries:
        if entry.expect != "remove" or entry.category in ("filename", "face"):
            continue
        name, _, member = entry.file.partition("!/")
        if not Read(corpus / entry.corpus / name, member).holds(entry.text):
            missing.append(entry)
    assert not missing


def test_no_clean_file_of_the_residual_corpus_holds_what_identifies_its_patients(
    corpus: Path, entries: list[Entry]
) -> None:
    residual = [e for e in entries if e.corpus == "residual" and "!" not in e.file]
    identifiers = {
        e.text for e in residual if e.expect == "remove" and e.kind in ("id", "name", "phone")
    }
    clean = [e.file for e in residual if e.expect == "clean"]
    assert len(clean) > 20
    for file in clean:
        read = Read(corpus / "residual" / file)
        assert not [text for text in identifiers if read.holds(text)], file


def test_the_same_seed_makes_the_same_corpus(corpus: Path, tmp_path: Path) -> None:
    make(tmp_path / "again", 7, "tiny")
    again = (tmp_path / "again" / "key.jsonl").read_bytes()
    assert again == (corpus / "key.jsonl").read_bytes()


def test_every_place_that_is_to_be_checked_is_planted_in(entries: list[Entry]) -> None:
    planted = {e.category for e in entries if e.corpus == "raw" and e.expect in key.IDENTIFYING}
    assert planted >= {
        "top", "sequence", "private", "blob", "unlisted", "sr", "graphic", "pdf", "overlay",
        "padding", "preamble", "meta", "filename", "pixel", "nifti", "bids", "picture", "csv",
        "dicomdir", "pdf file",
    }  # fmt: skip


def test_a_check_that_finds_all_and_nothing_else_scores_full(entries: list[Entry]) -> None:
    perfect = [found(e) for e in entries if e.expect in key.IDENTIFYING and e.corpus == "residual"]
    for finding in perfect:
        if finding["category"] == "face":
            finding["kind"] = "face"
    score = score_check(perfect, entries)
    assert (score.recall, score.precision, score.clean_flagged) == (1.0, 1.0, 0.0)


def test_a_check_that_finds_nothing_has_no_recall(entries: list[Entry]) -> None:
    score = score_check([], entries)
    assert score.recall == 0
    assert score.places.total() == len(score.missed) > 20


def test_findings_in_clean_files_and_beside_the_text_count_as_wrong(entries: list[Entry]) -> None:
    clean = next(e for e in entries if e.corpus == "residual" and e.expect == "clean")
    pixel = next(e for e in entries if e.corpus == "residual" and e.expect == "pixel_hidden")
    assert pixel.bbox is not None
    x0, y0, x1, y1 = pixel.bbox
    beside = replace(pixel, bbox=(x0, y1 + 400, x1, 2 * y1 - y0 + 400))
    wrong = [found(replace(clean, where="00081030")), found(beside)]
    score = score_check(wrong, entries)
    assert (score.right, score.findings, score.flagged) == (0, 2, [clean.file])


def test_an_observation_is_no_finding(entries: list[Entry]) -> None:
    clean = next(e for e in entries if e.corpus == "residual" and e.expect == "clean")
    seen = {**found(clean), "severity": "info"}
    assert score_check([seen], entries).findings == 0


def test_a_bare_copy_removes_nothing_and_keeps_everything(
    corpus: Path, entries: list[Entry]
) -> None:
    score = score_deidentified(corpus / "raw", corpus / "raw", entries)
    assert score.removal == 0
    assert score.share("date") == score.share("pixel_hidden") == score.share("UIDs 1:1") == 0
    assert score.share("keep_basic") == score.share("keep_option") == 1
    assert score.share("pixels outside boxes") == score.share("references resolve") == 1
    assert (score.missing, score.broken) == ([], [])


def test_writing_nothing_removes_all_and_keeps_nothing(
    corpus: Path, entries: list[Entry], tmp_path: Path
) -> None:
    score = score_deidentified(tmp_path, corpus / "raw", entries)
    files = {e.file for e in entries if e.corpus == "raw" and e.category != "filename"}
    assert sorted(files) == score.missing
    assert score.share("keep_basic") is None
    assert 0 < score.total < 1


def test_a_file_under_another_name_is_found_by_the_map(
    corpus: Path, entries: list[Entry], tmp_path: Path
) -> None:
    file = next(e.file for e in entries if e.where == "00080018" and "!" not in e.file)
    shutil.copyfile(corpus / "raw" / file, tmp_path / "other.dcm")
    score = score_deidentified(tmp_path, corpus / "raw", entries, {file: "other.dcm"})
    assert file not in score.missing


def test_hostile_files_are_as_broken_as_their_names_say(corpus: Path) -> None:
    hostile = corpus / "hostile"
    assert (hostile / "empty.dcm").stat().st_size == 0
    assert Read(hostile / "text.dcm").dataset is None
    assert (hostile / "nested.dcm").read_bytes().count(b"\x40\x00\x30\xa7SQ") == 10_000
    assert (hostile / "dangling.dcm").is_symlink() and not (hostile / "dangling.dcm").exists()
    assert len(list(hostile.iterdir())) >= 45


def test_an_error_of_dciodvfy_is_the_same_for_another_value() -> None:
    one = "Error - </Seq(0040,a730)[3]/Code(0008,0100)> - Value <12> is wrong - Module=<SR>"
    two = "Error - </Seq(0040,a730)[1]/Code(0008,0100)> - Value <9> is wrong - Module=<SR>"
    assert dciodvfy.plain(one) == dciodvfy.plain(two)
    assert dciodvfy.plain(one) != dciodvfy.plain(one.replace("0100", "0102"))


def test_a_text_is_hidden_if_painted_over_and_not_if_only_dimmed() -> None:
    lines = [("name", "KOWALSKA, ANNA")]
    drawn, boxes = pixels.burn(random.Random(3), np.zeros((200, 400), np.float32), lines, "white")
    box = next(burned.box for burned in boxes if burned.kind)
    entry = Entry("raw", "a", "pixel", "pixel", "pixel_hidden", "name", lines[0][1], 0, box)
    frames = pixels.in_bits(drawn, 8)[None]
    x0, y0, x1, y1 = box
    painted, dimmed = frames.copy(), frames.copy()
    painted[0, y0:y1, x0:x1] = 0
    dimmed[0, y0:y1, x0:x1] //= 2
    assert hidden(frames, painted, entry) and outside_is_same(frames, painted, [entry])
    assert not hidden(frames, dimmed, entry)
    assert not outside_is_same(frames, dimmed, [])
