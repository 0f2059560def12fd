"""A DOI compares equal however it is written, and is never changed into another."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import VocabularyError
from schemas.vocabulary import doi

PREFIXES = (
    "",
    "https://doi.org/",
    "http://doi.org/",
    "https://dx.doi.org/",
    "HTTP://DX.DOI.ORG/",
    "https://www.doi.org/",
    "doi.org/",
    "doi:",
    "DOI: ",
    "doi ",
    "info:doi/",
    "https://doi.org/doi:",
)

# A "%" may be the start of an encoded character in an address, so it is tried on its own.
SUFFIX = string.ascii_letters + string.digits + "/.-_;()<>[]:#?&+=é"
dois = st.builds(
    "10.{}/{}".format, st.integers(1000, 999_999_999), st.text(SUFFIX, min_size=1, max_size=40)
)


@given(dois, st.sampled_from(PREFIXES))
def test_any_written_form_gives_the_same_doi(bare: str, prefix: str) -> None:
    assert doi.normalise(prefix + bare) == doi.normalise(bare) is not None


@given(st.one_of(dois, st.text(), st.builds("{}{}".format, st.sampled_from(PREFIXES), st.text())))
def test_normalising_twice_changes_nothing(raw: str) -> None:
    once = doi.normalise(raw)
    assert once is None or doi.normalise(once) == once


@given(st.text(SUFFIX + "%", min_size=1))
def test_the_address_of_a_doi_leads_back_to_it(suffix: str) -> None:
    bare = doi.normalise(f"10.1000/{suffix}")
    assert bare is not None
    assert doi.normalise(doi.url(bare)) == bare
    assert doi.url(bare).isascii()


def test_case_is_not_part_of_a_doi() -> None:
    assert doi.normalise("10.7937/K9/TCIA.2016.XYZ") == "10.7937/k9/tcia.2016.xyz"


def test_two_dois_that_differ_by_a_slash_stay_two() -> None:
    joined = doi.normalise("10.7937/k9tcia.2017.sgw7caqw")
    apart = doi.normalise("10.7937/k9/tcia.2017.sgw7caqw")
    assert joined == "10.7937/k9tcia.2017.sgw7caqw"
    assert apart == "10.7937/k9/tcia.2017.sgw7caqw"


def test_an_address_is_decoded_and_a_bare_doi_is_not() -> None:
    assert doi.normalise("https://doi.org/10.1002/%3C1::x%3E") == "10.1002/<1::x>"
    assert doi.normalise("10.1002/%3C1") == "10.1002/%3c1"


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "TCIA.BCYR-N081",
        "10.7937",
        "10.7937/",
        "10.79/x",
        "11.7937/x",
        "10.7937/a b",
        "see 10.7937/x",
        "https://zenodo.org/records/10.5281/x",
        "https://doi.org/",
        "https://doi.org/10.7937/a%20b",
    ],
)
def test_what_is_not_a_doi_is_unknown(raw: str | None) -> None:
    assert doi.normalise(raw) is None


def test_an_address_is_encoded_where_it_must_be() -> None:
    assert doi.url("10.7937/k9/tcia.1") == "https://doi.org/10.7937/k9/tcia.1"
    assert doi.url("10.1002/<1::x>#y?z") == "https://doi.org/10.1002/%3C1::x%3E%23y%3Fz"


@pytest.mark.parametrize("raw", ["https://doi.org/10.7937/x", "x", ""])
def test_only_a_bare_doi_has_an_address(raw: str) -> None:
    with pytest.raises(VocabularyError, match="not a bare DOI"):
        doi.url(raw)
