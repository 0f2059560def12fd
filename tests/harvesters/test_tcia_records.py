"""What a record of TCIA says becomes a dataset; what it does not say stays unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from harvesters.tcia import datacite as tcia_datacite
from harvesters.tcia import records as tcia_records
from harvesters.tcia import words as tw
from harvesters.tcia.downloads import access, parts
from schemas.arrow import schema_of
from schemas.dataset import Access, Dataset, Distribution, Method
from schemas.errors import RecordError
from schemas.vocabulary import modality
from tests.emulators.wordpress import packaged

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CC = {"label": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}
NIH = {"label": "NIH Controlled Data Access Policy", "url": "https://example.org/policy"}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("http://["),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def read(downloads: Any = (), datacite: Any = None, post: str = "collections", **more: Any) -> Any:
    prefix = "collection" if post == "collections" else "result"
    record = {
        "id": 5,
        "link": "https://www.cancerimagingarchive.net/collection/mine/",
        f"{prefix}_title": "Scans of mine",
        f"{prefix}_downloads": list(downloads) if isinstance(downloads, tuple) else downloads,
        **more,
    }
    envelope: dict[str, Any] = {"post": post, "record": record}
    if datacite:
        envelope |= {"datacite": datacite, "datacite_read": "2026-08-22T01:00:00+00:00"}
    return tcia_records.dataset(envelope, NOW)


def download(**more: Any) -> dict[str, Any]:
    return {"id": 9, "license": CC, "data type": ["CT"], **more}


def part(**more: Any) -> Distribution:
    ((_, way),) = parts([download(**more)])
    return way


@pytest.mark.parametrize("nothing", [[], False, "", [False], None, [""], {}])
def test_every_kind_of_nothing_is_unknown(nothing: Any) -> None:
    names = "subjects species program cancer_types cancer_locations data_types supporting_data"
    empty = dict.fromkeys([*names.split(), "date_updated", "version_number"], nothing)
    found = read(collection_summary=nothing, collection_doi=nothing, **empty)
    bare = read()
    assert found == bare
    assert (bare.subjects, bare.doi, bare.modified, bare.version) == (None, None, None, None)
    assert (bare.access, bare.licence, bare.bytes, bare.species) == (None, None, None, [])
    assert "subjects" not in bare.provenance


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("1,566", 1566),
        (20, 20),
        ("0", 0),
        ("-3", None),
        ("about 50", None),
        (True, None),
        ("9" * 20, None),
    ],
)
def test_numbers_come_as_numbers_or_as_text(written: Any, read_as: int | None) -> None:
    assert tw.number(written) == read_as
    assert read(subjects=written).subjects == read_as


def test_markup_scripts_and_addresses_of_people_are_left_out_of_texts() -> None:
    text = '<p>Lung &amp; liver<script>alert(1)</script> <a href="x">scans</a>, me@example.org</p>'
    found = read(collection_summary=text, collection_short_title="<b>Mine</b>")
    assert found.description == "Lung & liver scans, [e-mail removed]"
    assert found.title == "Scans of mine"


def test_the_abstract_stands_in_for_a_summary_that_is_empty() -> None:
    assert read(collection_summary=False, collection_abstract="Of lungs").description == "Of lungs"


def test_a_short_name_that_the_title_lacks_comes_before_it() -> None:
    found = read(collection_short_title="STS")
    assert found.title == "STS: Scans of mine"
    assert found.provenance["title"].method is Method.DERIVED
    assert read(collection_short_title="mine").title == "Scans of mine"


def test_the_local_id_is_the_last_part_of_the_landing_page() -> None:
    assert read().id == "tcia:mine"
    found = read(link="https://www.cancerimagingarchive.net/collection/pca_bx_3dpathology/")
    assert found.id == "tcia:pca_bx_3dpathology"
    assert read(link=False, slug="by-slug").id == "tcia:by-slug"


@pytest.mark.parametrize(
    "written", ["https://doi.org/10.7937/C5KE-yx42", "10.7937/c5ke-yx42", " 10.7937/C5KE-YX42 "]
)
def test_a_doi_is_bare_and_in_lower_case_however_it_is_written(written: str) -> None:
    assert read(collection_doi=written).doi == "10.7937/c5ke-yx42"


def test_two_dois_that_differ_in_a_slash_stay_two() -> None:
    assert read(collection_doi="10.7937/K9TCIA.2017.SGW7CAQW").doi == "10.7937/k9tcia.2017.sgw7caqw"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("CC BY 4.0", Access.OPEN),
        ("CC BY-NC 3.0", Access.OPEN),
        ("NIH Controlled Data Access Policy", Access.CONTROLLED),
        ("nih controlled data access policy", Access.CONTROLLED),
        ("NCTN Data Archive License", Access.CONTROLLED),
        ("TCIA Embargo Attribution License", Access.CLOSED),
        ("Ask us", None),
        (None, None),
    ],
)
def test_access_follows_from_the_licence_of_a_download(
    label: str | None, expected: Access | None
) -> None:
    assert access(label) is expected


def test_the_dead_field_of_accessibility_decides_nothing() -> None:
    found = read((download(),), collection_page_accessibility="Limited")
    assert found.access is Access.OPEN


def test_open_and_controlled_images_are_open_and_both_labels_stand() -> None:
    found = read((download(), download(license=NIH)))
    assert found.access is Access.OPEN
    assert [way.access for way in found.distributions] == [Access.OPEN, Access.CONTROLLED]
    assert found.licence_raw == "CC BY 4.0; NIH Controlled Data Access Policy"
    assert (found.licence, found.licence_url) == (None, None)


def test_a_spreadsheet_that_anyone_may_have_does_not_make_controlled_images_open() -> None:
    sheet = download(**{"data type": ["Demographic"], "file type": ["CSV"]})
    assert read((download(license=NIH), sheet)).access is Access.CONTROLLED
    assert read((sheet,)).access is Access.OPEN


def test_a_licence_is_the_expression_of_all_parts_if_every_part_has_one() -> None:
    other = download(license={"label": "CC BY-NC 3.0", "url": False})
    assert read((download(), other)).licence == "CC-BY-4.0 AND CC-BY-NC-3.0"
    assert read((download(), download())).licence == "CC-BY-4.0"
    assert read((download(), download(license={"label": "", "url": ""}))).licence is None


@pytest.mark.parametrize(
    ("size", "unit", "expected"),
    [
        ("63.79", "kb", 63_790),
        ("3.52", "gb", 3_520_000_000),
        ("3.8", "TB", 3_800_000_000_000),
        ("1,024", "mb", 1_024_000_000),
        ([], "", None),
        ("5", "", None),
        ("", "gb", None),
        ("NaN", "gb", None),
    ],
)
def test_a_size_is_bytes_in_decimal_units(size: Any, unit: str, expected: int | None) -> None:
    assert part(**{"download size": size, "download size unit": unit}).bytes == expected


def test_the_size_of_a_dataset_is_known_if_that_of_every_part_is() -> None:
    known = download(**{"download size": "2", "download size unit": "kb"})
    assert read((known, known)).bytes == 4_000
    assert read((known, known)).provenance["bytes"].method is Method.DERIVED
    assert read((known, download())).bytes is None


@pytest.mark.parametrize(
    ("url", "search", "route"),
    [
        ("https://www.x.net/uploads/doi.tcia", "", "tcia-manifest"),
        ("https://faspex.cancerimagingarchive.net/aspera/faspex?context=e", "", "aspera"),
        ("https://www.x.net/GC_manifest_AAPM_2026.csv", False, "general-commons"),
        (
            "https://www.x.net/a.csv",
            "https://general.datacommons.cancer.gov/#/x",
            "general-commons",
        ),
        ("https://www.x.net/S1_drs_metadata_manifest.csv", "", "ctdc"),
        ("https://www.x.net/a.csv", "https://clinical.datacommons.cancer.gov/#/study/N", "ctdc"),
        ("https://pathdb.cancerimagingarchive.net/system/files/a.zip", "", "pathdb"),
        ("https://www.x.net/clinical.xlsx", "https://nbia.x.net/", "https"),
        ("", "https://cancerimagingarchive.net/datascope/T/", "page"),
        (False, [], "request"),
        ("javascript:alert(1)", "", "request"),
    ],
)
def test_the_route_follows_from_the_addresses(url: Any, search: Any, route: str) -> None:
    found = part(**{"download url": url, "search url": search})
    assert found.route == route
    assert found.url is None or found.url.startswith("https://")


def test_a_download_with_id_0_is_that_of_another_dataset_and_is_left_out() -> None:
    found = read((download(id=0), download(id="0")))
    assert found.distributions == []
    assert found.access is None
    kept = next(row for row in packaged() if row["_id"] == "luminalb-breast-mr-enhancement")
    assert tcia_records.dataset(kept, NOW).distributions == []


def test_downloads_as_ids_alone_are_refused() -> None:
    with pytest.raises(RecordError, match="version 2"):
        read(downloads=[42107])


def test_words_for_data_become_modalities_and_kinds_of_annotation_in_their_order() -> None:
    found = read(data_types=["PET", "PT", "Segmentation", "SEG", "Histopathology", "Other"])
    assert found.modalities == ["PT", "SEG", "SM"]
    assert found.annotation_kinds == ["segmentation"]
    assert found.modalities_raw[-1] == "Other"
    of_parts = read((download(), download(**{"data type": ["CT", "RTSTRUCT"]})))
    assert of_parts.modalities == ["CT", "RTSTRUCT"]
    assert of_parts.provenance["modalities_raw"].method is Method.DERIVED


def test_every_word_of_the_tables_names_what_there_is() -> None:
    rows = tw.lookup("data_types", "word").values()
    assert {row["modality"] for row in rows} - {""} <= set(modality.codes())
    assert all("/" in row["media_type"] for row in tw.lookup("file_types", "word").values())
    assert all(Access(row["access"]) for row in tw.lookup("licences", "label").values())


def test_the_media_type_of_a_part_is_known_if_it_has_one_kind_of_file() -> None:
    assert part(**{"file type": ["DICOM"]}).format == "application/dicom"
    assert part(**{"file type": ["DICOM", "CSV"]}).format is None
    both = download(**{"file type": ["NIfTI", "DAT", "CSV"]})
    assert read((both,)).formats == ["application/x-nifti", "text/csv"]


def test_conditions_and_places_leave_out_what_is_neither() -> None:
    found = read(
        cancer_types=["Phantom", "COVID-19 (non-cancer)", "Non-Cancer", "Lung Cancer"],
        cancer_locations=["Lung", "Lung Phantom", "Various", "Lymphoid System", "Head-and-Neck"],
    )
    assert [term.label for term in found.conditions] == ["COVID-19", "Lung Cancer"]
    assert [term.raw for term in found.body_parts] == ["Lung", "Lymphoid System", "Head-and-Neck"]
    assert [term.code is None for term in found.body_parts] == [False, True, False]


@pytest.mark.parametrize(
    ("written", "hidden"), [("1", True), (1, True), (True, True), ("0", False), (False, False)]
)
def test_a_record_is_hidden_only_if_it_says_so(written: Any, hidden: bool) -> None:
    assert tcia_records.is_hidden({"hide_from_browse_table": written}) is hidden


@pytest.mark.parametrize(
    "named",
    [[7], ["7"], ["QIN-Lung"], ["qin lung"], [{"ID": 7, "post_title": "Q"}], [{"slug": "qin-l"}]],
)
def test_a_result_derives_from_the_collections_that_it_names(named: list[Any]) -> None:
    record = {
        "id": 7,
        "link": "https://x.net/collection/qin-l/",
        "collection_short_title": "QIN-Lung",
    }
    slugs = dict.fromkeys(tcia_records.names(record, "collections"), "qin-l")
    assert tcia_records.derived_from({"collections": [*named, "no such"]}, slugs) == ["qin-l"]


def test_what_datacite_says_fills_only_what_the_page_does_not() -> None:
    attributes = {
        "creators": [{"name": "Archive, The"}],
        "publicationYear": 2016,
        "descriptions": [{"descriptionType": "Abstract", "description": "From DataCite"}],
        "rightsList": [{"rights": "Creative Commons Attribution 4.0 International"}],
        "citationCount": 0,
    }
    found: Dataset = read((), attributes)
    assert found.description == "From DataCite"
    assert (found.year, found.citations, found.licence) == (2016, 0, "CC-BY-4.0")
    told = found.provenance["creators"]
    assert (told.source, told.retrieved_at.day) == ("datacite", 22)
    assert found.provenance["title"].source == "tcia"
    assert read((), attributes, collection_summary="Mine").description == "Mine"


def test_a_licence_of_the_whole_never_covers_for_controlled_parts() -> None:
    attributes = {"rightsList": [{"rights": "CC BY 4.0", "rightsUri": "https://x.net/by"}]}
    found = read((download(license=NIH),), attributes)
    assert (found.licence, found.licence_url) == (None, NIH["url"])
    mixed = read((download(license=NIH), download()), attributes)
    assert (mixed.licence, mixed.licence_url) == (None, None)


def whole_or_refused(envelope: dict[str, Any]) -> None:
    """A record makes a dataset that can be written, or says why it makes none."""
    try:
        found = tcia_records.dataset(envelope, NOW)
    except (RecordError, ValidationError):
        return
    pa.Table.from_pylist([found.model_dump()], schema=schema_of(Dataset))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            "link slug collection_title collection_doi collection_summary collection_downloads "
            "collection_short_title subjects species program data_types cancer_types "
            "cancer_locations date_updated version_number collections title id".split()
        ),
        ANYTHING,
    )
)
def test_a_record_of_any_shape_is_read_or_refused(record: dict[str, Any]) -> None:
    assert isinstance(tcia_records.is_hidden(record), bool)
    tcia_records.derived_from(record, {})
    whole_or_refused({"post": "collections", "record": {"link": "https://x.net/a/b/", **record}})


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            (
                "id",
                "license",
                "data type",
                "file type",
                "download url",
                "search url",
                "series",
                "download size",
                "download size unit",
                "download title",
            )
        ),
        ANYTHING,
    )
)
def test_a_download_of_any_shape_is_read_or_refused(one: dict[str, Any]) -> None:
    record = {"link": "https://x.net/a/b/", "collection_downloads": [download(**one)]}
    whole_or_refused({"post": "collections", "record": record})


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            "creators publisher publicationYear rightsList descriptions fundingReferences version "
            "registered citationCount relatedIdentifiers".split()
        ),
        ANYTHING
        | st.lists(
            st.dictionaries(
                st.sampled_from(
                    "name familyName givenName nameIdentifiers nameIdentifier rights rightsUri "
                    "relationType relatedIdentifier relatedIdentifierType description".split()
                ),
                ANYTHING,
            ),
            max_size=2,
        ),
    )
)
def test_attributes_of_any_shape_never_cost_the_dataset(attributes: dict[str, Any]) -> None:
    assert tcia_datacite.fields(attributes).keys() == tcia_datacite.fields({}).keys()
    assert read((), attributes).title == "Scans of mine"
