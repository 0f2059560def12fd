"""Addresses and names: spellings of one thing are one, and hostile ones are nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.identity import addresses, find, names
from tests.catalog.records_of_identity import record


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://openneuro.org/datasets/ds000117/versions/1.0.0", "openneuro:ds000117"),
        ("https://github.com/OpenNeuroDatasets/ds000117.git", "openneuro:ds000117"),
        ("https://github.com/Owner/Name.git", "github:owner/name"),
        ("https://github.com/owner/name/tree/main/x", "github:owner/name"),
        ("https://luna16.grand-challenge.org/Home/", "grand_challenge:luna16"),
        ("https://www.cancerimagingarchive.net/collection/LIDC-IDRI/", "tcia:lidc-idri"),
        ("https://www.cancerimagingarchive.net/analysis-result/plethora", "tcia:plethora"),
        ("https://www.kaggle.com/datasets/NIH-CXR/data?select=x", "kaggle:nih-cxr/data"),
        ("https://kaggle.com/c/rsna-2023/data", "kaggle_competition:rsna-2023"),
        ("https://www.synapse.org/#!Synapse:syn25829067/wiki/610863", "synapse:syn25829067"),
        ("https://www.synapse.org/Synapse:syn53285416/files/", "synapse:syn53285416"),
        ("https://zenodo.org/record/3757476#.X", "zenodo:3757476"),
        ("https://zenodo.org/records/3757476", "zenodo:3757476"),
        ("https://figshare.com/articles/dataset/A_name_2020/21540159/1", "figshare:21540159"),
        ("https://physionet.org/content/mimic-cxr/2.0.0/", "physionet:mimic-cxr"),
        ("https://data.mendeley.com/datasets/t9ndx37v5h/1", "mendeley:t9ndx37v5h"),
        ("https://doi.org/10.17632/T9NDX37V5H.1", "doi:10.17632/t9ndx37v5h.1"),
        ("https://x.example/dataset.xhtml?persistentId=doi:10.34894/AECRSD", "doi:10.34894/aecrsd"),
        ("https://w.x.example/view.action?pageId=7&utm=1", "url:w.x.example/view.action?pageid=7"),
        ("http://WWW.Knees.example/Data/index.html", "url:knees.example/data"),
    ],
)  # fmt: skip
def test_a_page_has_one_address_however_it_is_written(url: str, address: str) -> None:
    assert addresses.of_url(url)[0] == address


@pytest.mark.parametrize(
    "url",
    [
        None, "", "no page", "ftp://a.example/x", "https://[::1", "javascript:alert(1)",
        "https://a.example, https://b.example", "https://localhost/x",
        "https://a.example/" + "a" * 3000,
        "https://www.nature.com/articles/s41597-024-03844-6", "https://arxiv.org/abs/1803.05854",
        "https://doi.org/10.1109/TMI.2018.2837502",
    ],
)  # fmt: skip
def test_what_is_no_page_of_data_has_no_address(url: str | None) -> None:
    assert addresses.of_url(url) == []


@pytest.mark.parametrize(
    ("doi", "found"),
    [
        ("10.18112/openneuro.ds000117.v1.0.0", "openneuro:ds000117"),
        ("10.5281/zenodo.3757476", "zenodo:3757476"),
        ("10.6084/m9.figshare.13521488.v2", "figshare:13521488"),
        ("10.17632/t9ndx37v5h.1", "mendeley:t9ndx37v5h"),
    ],
)
def test_a_doi_names_its_accession_and_its_page_names_the_same(doi: str, found: str) -> None:
    assert addresses.of_doi(doi) == [f"doi:{doi}", found]


def test_identifiers_of_a_known_scheme_are_addresses_and_short_names_only_where_they_are() -> None:
    named = record("x:1", "A", identifiers=[("zenodo", "77"), ("DOI", "10.7937/ABC")])
    assert addresses.of_record(named) == ["zenodo:77", "doi:10.7937/abc"]
    short = [("short_name", "LIDC_IDRI")]
    assert addresses.of_record(record("idc:l", "A", identifiers=short))[1:] == ["tcia:lidc-idri"]
    assert addresses.of_record(record("x:1", "A", identifiers=short)) == []


@given(st.text(max_size=80))
def test_any_text_is_read_as_address_and_name_without_a_fault(text: str) -> None:
    for url in (text, f"https://{text}", f"https://a.example/{text}", f"https://zenodo.org/{text}"):
        assert all(":" in address for address in addresses.of_url(url))
    assert addresses.of_doi(text) is not None
    this, last = names.name(f"{text} edition 2021"), names.name(f"{text} edition 2020")
    assert (this.base, this.key != last.key) == (last.base, True)


def test_a_long_or_hostile_record_is_read_in_no_time() -> None:
    long, title = "1a" * 200_000, "(" * 500 + "1a" * 750
    found = find(
        [
            record("a:1", title, landing_url="https://figshare.com/articles/" + long),
            record("b:1", ": " * 1000, identifiers=[("zenodo", long), ("doi", "10.1/" + long)]),
            record("c:1", "<script>alert(1)</script>", doi="10.5281/zenodo." + "9" * 100_000),
        ]
    )
    assert not found.links


@pytest.mark.parametrize(
    "spelling",
    ["BraTS 2021", "BraTS'21", "BRATS21", "MICCAI BraTS 2021 Challenge", "The brats-2021 dataset"],
)
def test_spellings_of_one_name_are_one(spelling: str) -> None:
    assert names.name(spelling).key == names.name("BraTS 2021").key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BraTS 2021", "BraTS 2020"), ("BraTS 2021", "BraTS"), ("Knee Task 1", "Knee Task 2"),
        ("autoPET", "autoPET-II"), ("OASIS-3", "OASIS-4"), ("MIDOG 2021", "MIDOG++ 2022"),
    ],
)  # fmt: skip
def test_numbers_are_part_of_a_name(one: str, other: str) -> None:
    assert names.name(one).key != names.name(other).key


def test_a_year_is_read_from_an_edition_and_from_nothing_else() -> None:
    years = [names.year(names.name(raw)) for raw in ("KiTS19", "HECKTOR 2022", "VerSe`20")]
    assert years == [2019, 2022, 2020]
    for raw in ("OASIS-3", "COVID-19-20", "ADHD-200", "Task01", "KiTS"):
        assert names.year(names.name(raw)) is None, raw


def test_a_word_weighs_less_than_a_name_and_a_piece_less_than_a_whole() -> None:
    weights = [names.name(raw).weight for raw in ("Malaria", "CHAOS", "PROMISE12")]
    assert weights == sorted(set(weights))
    whole, piece = names.name("PROMISE12"), names.name("promise 12", whole=False)
    assert names.shared([whole], [whole]) == (whole, whole.weight)
    assert names.shared([whole], [piece]) == (whole, whole.weight - names.PIECE)
    assert names.shared([whole], [names.name("PROMISE13")]) is None
    assert names.name("12").weight == names.name("MR").weight == 0
