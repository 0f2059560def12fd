"""What the last harvest read is read again whole, or said to be damaged: never half in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from harvesters.earlier import RAW, earlier, undamaged
from schemas.errors import SourceError

ROWS = [{"id": str(number), "text": "x\u2028" * 5_000} for number in range(400)]


def packed(folder: Path, text: str) -> Path:
    with pa.CompressedOutputStream(str(folder / RAW), "zstd") as stream:
        stream.write(text.encode())
    return folder


def lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_every_row_comes_back_in_its_order(tmp_path: Path) -> None:
    packed(tmp_path, lines(*ROWS[:200], "no row", *ROWS[200:]))
    assert list(earlier(tmp_path)) == list(undamaged(tmp_path)) == ROWS


def test_without_a_harvest_there_is_nothing(tmp_path: Path) -> None:
    assert list(earlier(None)) == list(earlier(tmp_path)) == []


@pytest.mark.parametrize("damage", ["no zstd", "cut", "no JSON", "no end"])
def test_a_damage_is_told_or_ends_what_is_read(tmp_path: Path, damage: str) -> None:
    if damage == "no JSON":
        packed(tmp_path, lines(ROWS[0]) + "{\n" + lines(ROWS[1]))
    else:
        packed(tmp_path, lines(*ROWS) + ('{"id": ' if damage == "no end" else ""))
    whole = (tmp_path / RAW).read_bytes()
    if damage == "no zstd":
        (tmp_path / RAW).write_bytes(b"x" * 100)
    elif damage == "cut":
        (tmp_path / RAW).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match="damaged") as told:
        list(earlier(tmp_path))
    assert told.value.do == "Remove that folder and refresh"
    found = list(undamaged(tmp_path))
    assert found == ROWS[: len(found)]
