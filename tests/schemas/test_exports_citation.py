"""BibTeX and RIS are read back by others as they were meant, whatever a title holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import bibtexparser
import pytest
from hypothesis import given, settings
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from schemas.dataset import Dataset
from schemas.exports.citation import bibtex, ris, sentence
from tests.schemas.made_up import NASTY, dataset, datasets

SIGNS = {"textbraceleft": "{", "textbraceright": "}", "textless": "<", "textgreater": ">",
         "textbar": "|", "textasciicircum": "^", "textasciitilde": "~"}  # fmt: skip
"""LaTeX's own commands that the reader does not know by itself."""


def as_latex_prints(text: str) -> str:
    commands = get_default_latex_context_db()
    commands.add_context_category(
        "signs", prepend=True, macros=[MacroTextSpec(name, sign) for name, sign in SIGNS.items()]
    )
    return LatexNodes2Text(latex_context=commands, keep_braced_groups=False).latex_to_text(text)


def in_one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def read_back(record: Dataset) -> dict[str, str]:
    library = bibtexparser.parse_string(bibtex(record))
    assert library.failed_blocks == []
    (entry,) = library.entries
    assert len(library.blocks) == 1
    return {field.key: field.value for field in entry.fields}


@settings(deadline=None, max_examples=60)
@given(datasets)
def test_any_dataset_is_one_bibtex_entry_with_its_own_title(record: Dataset) -> None:
    fields = read_back(record)
    assert as_latex_prints(fields["title"]) == in_one_line(record.title)
    assert not set(fields) - {"author", "title", "year", "publisher", "version", "howpublished",
                              "doi", "url"}  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(datasets)
def test_braces_balance_as_bibtex_itself_counts_them(record: Dataset) -> None:
    depth = 0
    for sign in bibtex(record)[:-1]:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize("title", NASTY)
def test_no_command_of_a_title_reaches_latex(title: str) -> None:
    commands = set(re.findall(r"\\[A-Za-z]+", bibtex(dataset(title=title))))
    assert commands <= {rf"\{name}" for name in (*SIGNS, "textbackslash")}


def test_signs_that_tex_would_join_are_kept_apart() -> None:
    assert "a -{}-{}- `{}`b'{}'" in bibtex(dataset(title="a --- ``b''"))


def test_bibtex_has_what_is_known_and_nothing_else() -> None:
    creators = [{"name": "Doe, Jo"}, {"name": "Smith and Sons"}, {"name": "Trial Team"}]
    record = dataset(title="Brain", doi="10.1234/abc", year=2020, creators=creators, version="2")
    assert bibtex(record) == (
        "@misc{x:1,\n"
        "  author = {Doe, Jo and {Smith and Sons} and {Trial Team}},\n"
        "  title = {{Brain}},\n"
        "  year = {2020},\n"
        "  version = {2},\n"
        "  howpublished = {Data set},\n"
        "  doi = {10.1234/abc},\n"
        "  url = {https://doi.org/10.1234/abc},\n"
        "}\n"
    )
    assert "year" not in bibtex(dataset())


@settings(deadline=None, max_examples=60)
@given(datasets)
def test_any_dataset_is_one_well_formed_ris_record(record: Dataset) -> None:
    lines = ris(record).split("\r\n")
    assert lines[0] == "TY  - DATA"
    assert lines[-2:] == ["ER  - ", ""]
    for line in lines[:-1]:
        assert re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line)
        assert not re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", line)
    tags = [line[:2] for line in lines[:-1]]
    assert tags.count("TY") == tags.count("ER") == 1
    assert tags.count("TI") == (1 if in_one_line(record.title) else 0)
    assert not any("*" in line for line in lines if line[:2] in ("AU", "KW"))


def test_a_title_cannot_end_its_ris_record() -> None:
    lines = ris(dataset(title="one\r\nER  - \r\nTY  - JOUR")).split("\r\n")
    assert lines == ["TY  - DATA", "TI  - one ER - TY - JOUR", "ER  - ", ""]


def test_ris_has_what_is_known() -> None:
    record = dataset(
        doi="10.1234/abc", published=datetime(2020, 5, 1, tzinfo=UTC), publisher="P",
        creators=[{"name": "Doe, Jo"}], modalities=["MR"], description="Text",
    )  # fmt: skip
    assert ris(record).split("\r\n")[1:-2] == [
        "AU  - Doe, Jo", "TI  - One", "PY  - 2020", "DA  - 2020/05/01", "PB  - P",
        "DO  - 10.1234/abc", "UR  - https://doi.org/10.1234/abc", "AB  - Text",
        "KW  - Magnetic Resonance",
    ]  # fmt: skip


def test_a_sentence_names_who_when_what_and_where() -> None:
    record = dataset(
        title="Brain", doi="10.1234/abc", year=2020, version="2", publisher="P.",
        creators=[{"name": "Doe, J."}, {"name": "Roe, R."}],
    )  # fmt: skip
    told = "Doe, J.; Roe, R. (2020). Brain (Version 2) [Data set]. P. https://doi.org/10.1234/abc"
    assert sentence(record) == told


def test_without_creators_the_title_comes_first_and_an_unknown_year_is_said() -> None:
    record = dataset(title="Brain", landing_url="https://example.org/1")
    assert sentence(record) == "Brain [Data set] (n.d.). https://example.org/1"


def test_of_many_names_the_first_nineteen_and_the_last_are_told() -> None:
    record = dataset(creators=[{"name": f"N{at}"} for at in range(40)])
    assert sentence(record).startswith("N0; N1; ")
    assert "N18; … N39 (n.d.)" in sentence(record)
