"""A table kept by hand is read strictly: what is wrong in it is named by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import SourceError
from schemas.vocabulary import table


def written(folder: Path, content: bytes) -> Path:
    path = folder / "words.csv"
    path.write_bytes(content)
    return path


def test_rows_are_read_with_quoted_commas_and_without_notes(tmp_path: Path) -> None:
    path = written(tmp_path, b'# ours\nword,value\n"a, b",\xc3\xa9\r\n\n# a note\nc,"say ""d"""\n')
    assert table.rows(path, ("word", "value")) == [
        {"word": "a, b", "value": "é"},
        {"word": "c", "value": 'say "d"'},
    ]


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"# ours\nword,meaning\na,b\n", 2, "columns 'word,meaning'"),
        (b"value,word\na,b\n", 1, "columns 'value,word'"),
        (b"\xef\xbb\xbfword,value\na,b\n", 1, "columns"),
        (b"w\x00o\x00r\x00d\x00\n", 1, "columns"),
        (b"word,value\na,b\nc,\xe9t\xe9\n", 3, "not UTF-8"),
        (b"\xff\xfew\x00o\x00r\x00d\x00", 1, "not UTF-8"),
        (b'word,value\na,"b\nc",d\n', 2, "not a row"),
        (b'word,value\na,"b"c\n', 2, "not a row"),
        (b"word,value\na,b\nc\n", 3, "1 cells in a table of 2 columns"),
        (b"word,value\na,b,c\n", 2, "3 cells in a table of 2 columns"),
        (b"# ours\n", 1, "no columns"),
        (b"", 1, "no columns"),
    ],
)
def test_what_is_no_table_is_refused_with_file_and_line(
    tmp_path: Path, content: bytes, line: int, what: str
) -> None:
    with pytest.raises(SourceError) as refused:
        table.rows(written(tmp_path, content), ("word", "value"))
    assert refused.value.what.startswith(what)
    assert refused.value.where == f"words.csv, line {line}"
    assert refused.value.do
