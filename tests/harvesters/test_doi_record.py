"""A dataset that is known by its DOI: DataCite's record, and the files at figshare or Zenodo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina
from pydantic import ValidationError

from harvesters.base import harvester_for
from harvesters.doi_record import figshare
from harvesters.registry import load_sources
from schemas.dataset import Access, Creator, Dataset, Identifier, Method, RelatedIdentifier
from schemas.errors import RecordError, SourceError
from schemas.source import Source
from tests.emulators import zenodo
from tests.emulators.datacite import Datacite
from tests.emulators.figshare import Figshare, article
from tests.emulators.server import as_json

SOURCES = load_sources()
MIAS, ECHONET = "10.17863/cam.105113", "10.71718/yqp5-y078"
FIRST, SECOND = "10.6084/m9.figshare.13521488", "10.6084/m9.figshare.13521509"


def registered(doi: str, **attributes: Any) -> dict[str, Any]:
    """A record of DataCite; its own DOI is in the letters that its publisher chose."""
    told = {"doi": doi, "titles": [{"title": f"Title of {doi}"}], "publicationYear": 2024}
    return {"id": doi, "type": "dois", "attributes": {**told, **attributes}, "relationships": {}}


@pytest.fixture
def datacite() -> Iterator[Datacite]:
    records = [registered(doi) for doi in (MIAS, ECHONET, FIRST, SECOND)]
    with Datacite(records) as running, stamina.set_testing(True, attempts=2):
        yield running


@pytest.fixture
def shares() -> Iterator[Figshare]:
    with Figshare(article(13521488, files=3, version=2), article(13521509)) as running:
        yield running


def says(datacite: Datacite, doi: str, **attributes: Any) -> None:
    for record in datacite.records:
        if record["id"] == doi:
            record["attributes"] |= attributes


def at(datacite: Datacite, key: str, **services: str) -> Source:
    changes = {"base_url": datacite.url, "services": services, "requests_per_second": 1000.0}
    return SOURCES[key].model_copy(update=changes)


def read(datacite: Datacite, tmp_path: Path, key: str, **services: str) -> list[Dataset]:
    harvest = harvester_for(at(datacite, key, **services)).harvest(tmp_path)
    found = [one.build() for one in harvest.records]
    assert harvest.stated == len(found)
    return found


def test_what_the_registry_says_lies_over_the_facts(datacite: Datacite, tmp_path: Path) -> None:
    says(
        datacite,
        MIAS,
        creators=[{"name": "Suckling, John", "nameIdentifiers": []}],
        publisher="Apollo",
        version="2",
        descriptions=[{"descriptionType": "Abstract", "description": "Films of <b>MIAS</b>."}],
    )
    found, *others = read(datacite, tmp_path, "mias")
    assert others == []
    assert (found.title, found.description) == (f"Title of {MIAS}", "Films of MIAS.")
    assert (found.creators, found.publisher) == ([Creator(name="Suckling, John")], "Apollo")
    assert (found.year, found.version, found.doi) == (2024, "2", MIAS)
    told = found.provenance["title"]
    assert (told.source, told.method, told.snapshot) == ("datacite", Method.STATED, None)
    assert (found.subjects, found.provenance["subjects"].method) == (161, Method.CURATED)


@pytest.mark.parametrize(
    ("rights", "licence", "raw"),
    [
        (
            {"rights": "Attribution 4.0 International (CC BY 4.0)",
             "rightsUri": "https://creativecommons.org/licenses/by/4.0/"},
            "CC-BY-4.0",
            "Attribution 4.0 International (CC BY 4.0)",
        ),
        ({"rights": "CC BY"}, None, "CC BY"),
        ({"rights": "Attribution", "rightsIdentifier": "cc-by-2.0",
          "rightsIdentifierScheme": "SPDX"}, "CC-BY-2.0", "Attribution"),
    ],
)  # fmt: skip
def test_the_version_of_a_licence_is_known_only_if_the_registry_says_it(
    datacite: Datacite, tmp_path: Path, rights: dict[str, str], licence: str | None, raw: str
) -> None:
    says(datacite, MIAS, rightsList=[rights])
    (found,) = read(datacite, tmp_path, "mias")
    assert (found.licence, found.licence_raw) == (licence, raw)


def test_a_registry_without_rights_leaves_the_curated_words(
    datacite: Datacite, tmp_path: Path
) -> None:
    (found,) = read(datacite, tmp_path, "mias")
    assert (found.licence, found.licence_raw) == (None, "CC BY")
    assert found.provenance["licence_raw"].method is Method.CURATED


def test_a_registry_without_a_title_leaves_the_curated_one(
    datacite: Datacite, tmp_path: Path
) -> None:
    says(datacite, MIAS, titles=None)
    (found,) = read(datacite, tmp_path, "mias")
    assert found.title == "Mammographic Image Analysis Society (MIAS) database"
    assert found.provenance["title"].method is Method.CURATED


def test_a_custom_agreement_is_kept_word_for_word(datacite: Datacite, tmp_path: Path) -> None:
    agreement = "Stanford University School of Medicine EchoNet-Dynamic Dataset Agreement"
    says(datacite, ECHONET, rightsList=[{"rights": agreement}])
    (found,) = read(datacite, tmp_path, "echonet_dynamic")
    assert (found.licence, found.licence_raw) == (None, agreement)
    assert found.access is Access.REGISTERED


def test_related_works_of_the_registry_join_those_of_the_facts(
    datacite: Datacite, tmp_path: Path
) -> None:
    paper = RelatedIdentifier(
        relation="IsDescribedBy", scheme="DOI", value="10.1038/s41586-020-2145-8"
    )
    more = {"relationType": "IsSupplementTo", "relatedIdentifierType": "URL",
            "relatedIdentifier": "https://example.org/"}  # fmt: skip
    says(datacite, ECHONET, relatedIdentifiers=[more])
    (found,) = read(datacite, tmp_path, "echonet_dynamic")
    assert found.related == [
        RelatedIdentifier(relation="IsSupplementTo", scheme="URL", value="https://example.org/"),
        paper,
    ]
    assert found.provenance["related"].method is Method.DERIVED


def test_a_doi_that_datacite_does_not_know_stops_the_run(
    datacite: Datacite, tmp_path: Path
) -> None:
    datacite.records.clear()
    with pytest.raises(SourceError, match=f"DataCite does not know {MIAS}"):
        read(datacite, tmp_path, "mias")


@pytest.mark.parametrize("fault", ["html", "empty", "cut"])
def test_a_registry_that_does_not_answer_whole_stops_the_run(
    datacite: Datacite, tmp_path: Path, fault: str
) -> None:
    datacite.fail(fault)
    with pytest.raises(SourceError):
        read(datacite, tmp_path, "mias")


def test_an_answer_without_attributes_stops_the_run(datacite: Datacite, tmp_path: Path) -> None:
    datacite.fail("replace", value=as_json({"data": []}))
    with pytest.raises(SourceError, match=r"without `data\.attributes`"):
        read(datacite, tmp_path, "mias")


def test_files_at_figshare_come_with_size_and_md5(
    datacite: Datacite, shares: Figshare, tmp_path: Path
) -> None:
    first, second = read(datacite, tmp_path, "covid19_ct_seg", figshare=shares.url)
    assert (first.id, second.id) == ("covid19_ct_seg:13521488", "covid19_ct_seg:13521509")
    part = first.distributions[2]
    assert (part.title, part.bytes, part.checksum) == ("part2.nii.gz", 1002, f"md5:{2:032x}")
    assert part.url == "https://ndownloader.figshare.com/files/1002"
    assert (part.licence, part.licence_raw) == ("CC0-1.0", "CC0")
    assert (first.bytes, len(first.distributions)) == (3003, 3)
    assert (first.licence, first.access, first.version) == ("CC0-1.0", Access.OPEN, "2")
    assert first.title == "Scans of article 13521488"
    assert first.provenance["title"].source == "covid19_ct_seg"
    assert first.description == "Chest CT. Write to [e-mail removed]."
    assert first.creators == [Creator(name="Doe, Jane", orcid="0000-0002-1825-0097")]
    assert (first.images, first.provenance["images"].confidence) == (100, "unverified")


def test_a_versioned_doi_is_another_name_of_the_dataset(
    datacite: Datacite, shares: Figshare, tmp_path: Path
) -> None:
    first, _ = read(datacite, tmp_path, "covid19_ct_seg", figshare=shares.url)
    assert first.doi == FIRST
    assert first.identifiers == [Identifier(scheme="doi", value=f"{FIRST}.v2")]


@pytest.mark.parametrize(
    ("doi", "found"),
    [
        (FIRST, ("13521488", None)),
        (f"{FIRST}.v2", ("13521488", "2")),
        (f"{FIRST}.v", None),
        ("10.5281/zenodo.3757476", None),
        ("10.25405/data.ncl.1", None),
    ],
)
def test_a_doi_of_figshare_names_an_article_and_maybe_its_version(
    doi: str, found: tuple[str, str | None] | None
) -> None:
    assert figshare.article(doi) == found


@pytest.mark.parametrize("files", [1, 12])
def test_a_version_that_a_doi_names_is_the_one_that_is_read(
    datacite: Datacite, tmp_path: Path, files: int
) -> None:
    pinned = f"{SECOND}.v1"
    datacite.records.append(registered(pinned))
    facts = SOURCES["covid19_ct_seg"].datasets[1].model_copy(update={"doi": pinned})
    versions = (article(13521509, version=1, files=files), article(13521509, version=3, files=2))
    with Figshare(*versions) as shares:
        source = at(datacite, "covid19_ct_seg", figshare=shares.url)
        source = source.model_copy(update={"datasets": [facts]})
        harvest = harvester_for(source).harvest(tmp_path)
        found = next(harvest.records).build()
    assert (found.version, len(found.distributions), found.identifiers) == ("1", files, [])


@pytest.mark.parametrize("files", [10, 11, 100, 205])
def test_every_file_is_listed_however_many_there_are(
    datacite: Datacite, tmp_path: Path, files: int
) -> None:
    with Figshare(article(13521488, files=files), article(13521509)) as shares:
        first, _ = read(datacite, tmp_path, "covid19_ct_seg", figshare=shares.url)
    assert len({part.url for part in first.distributions}) == files


def test_an_article_that_is_not_public_any_more_is_gone_and_keeps_its_facts(
    datacite: Datacite, shares: Figshare, tmp_path: Path
) -> None:
    del shares.articles[13521488, 2]
    first, second = read(datacite, tmp_path, "covid19_ct_seg", figshare=shares.url)
    assert (first.access, first.provenance["access"].method) == (Access.GONE, Method.DERIVED)
    assert (first.images, first.licence, second.access) == (100, "CC0-1.0", Access.OPEN)


@pytest.mark.parametrize("shut", ["is_embargoed", "is_confidential", "download_disabled"])
def test_an_article_whose_files_nobody_may_have_is_closed(
    datacite: Datacite, tmp_path: Path, shut: str
) -> None:
    held = article(13521488, files=0, **{shut: True})
    with Figshare(held, article(13521509)) as shares:
        first, _ = read(datacite, tmp_path, "covid19_ct_seg", figshare=shares.url)
    assert first.access is Access.CLOSED
    assert first.bytes is None


@pytest.mark.parametrize(
    ("said", "licence", "raw"),
    [
        ({"value": 1, "name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
         "CC-BY-4.0", "CC BY 4.0"),
        ({"value": 9, "name": "MIT", "url": "https://creativecommons.org/licenses/by/4.0/"},
         None, "MIT"),
        ({"value": 50, "name": "In Copyright", "url": ""}, None, "In Copyright"),
    ],
)  # fmt: skip
def test_a_licence_is_certain_only_if_name_and_address_agree(
    datacite: Datacite, tmp_path: Path, said: Any, licence: str | None, raw: str
) -> None:
    with Figshare(article(13521488, licence=said), article(13521509)) as shares:
        first, _ = read(datacite, tmp_path, "covid19_ct_seg", figshare=shares.url)
    assert (first.licence, first.licence_raw) == (licence, raw)
    assert first.distributions[0].licence == licence


def test_a_file_that_is_but_a_link_has_no_size(datacite: Datacite, tmp_path: Path) -> None:
    told = article(13521488)
    told["files"][0] |= {"is_link_only": True, "size": 0, "computed_md5": "", "mimetype": None}
    with Figshare(told, article(13521509)) as shares:
        first, _ = read(datacite, tmp_path, "covid19_ct_seg", figshare=shares.url)
    (part,) = first.distributions
    assert (part.bytes, part.checksum, part.format) == (None, None, None)


@pytest.mark.parametrize("damage", [7, {"name": "a"}, {"name": "a", "size": "big"}])
def test_a_file_of_another_shape_puts_one_dataset_aside_and_not_the_other(
    datacite: Datacite, tmp_path: Path, damage: Any
) -> None:
    told = article(13521488)
    base = told["files"][0]
    told["files"][0] = (
        {**base, **damage} if isinstance(damage, dict) and "size" in damage else damage
    )
    with Figshare(told, article(13521509)) as shares:
        source = at(datacite, "covid19_ct_seg", figshare=shares.url)
        first, second = harvester_for(source).harvest(tmp_path).records
    with pytest.raises((RecordError, ValidationError)):
        first.build()
    assert second.build().access is Access.OPEN


@pytest.mark.parametrize("fault", ["html", "cut", "status"])
def test_a_repository_that_does_not_answer_whole_stops_the_run(
    datacite: Datacite, shares: Figshare, tmp_path: Path, fault: str
) -> None:
    shares.fail(fault, value=503)
    with pytest.raises(SourceError):
        read(datacite, tmp_path, "covid19_ct_seg", figshare=shares.url)


def test_a_list_of_files_that_fails_on_its_second_page_stops_the_run(
    datacite: Datacite, tmp_path: Path
) -> None:
    with Figshare(article(13521488, files=205), article(13521509)) as shares:
        shares.fail("status", at="page=2", value=500)
        with pytest.raises(SourceError, match="500"):
            read(datacite, tmp_path, "covid19_ct_seg", figshare=shares.url)


def zenodo_source(datacite: Datacite, shelf: zenodo.Zenodo, number: int) -> Source:
    doi = f"10.5281/zenodo.{number}"
    datacite.records.append(registered(doi))
    source = at(datacite, "mias", zenodo=f"{shelf.url}/api")
    return source.model_copy(
        update={"datasets": [source.datasets[0].model_copy(update={"doi": doi})]}
    )


def test_files_at_zenodo_come_with_size_and_md5(datacite: Datacite, tmp_path: Path) -> None:
    with zenodo.Zenodo(zenodo.record(42, files=(("a.zip", 10), ("b.zip", 5)))) as shelf:
        harvest = harvester_for(zenodo_source(datacite, shelf, 42)).harvest(tmp_path)
        found = next(harvest.records).build()
    assert [part.bytes for part in found.distributions] == [10, 5]
    assert (found.bytes, found.licence, found.access) == (15, "CC-BY-4.0", Access.OPEN)


def test_a_record_that_zenodo_deleted_is_gone_and_keeps_its_facts(
    datacite: Datacite, tmp_path: Path
) -> None:
    with zenodo.Zenodo() as shelf:
        shelf.gone.add("42")
        harvest = harvester_for(zenodo_source(datacite, shelf, 42)).harvest(tmp_path)
        found = next(harvest.records).build()
    assert (found.access, found.subjects) == (Access.GONE, 161)


def test_a_record_that_zenodo_does_not_show_to_guests_is_not_said_to_be_gone(
    datacite: Datacite, tmp_path: Path
) -> None:
    with zenodo.Zenodo(zenodo.record(42)) as shelf:
        shelf.fail("status", at="/records/42", value=403)
        source = zenodo_source(datacite, shelf, 42)
        found = next(harvester_for(source).harvest(tmp_path).records).build()
    assert (found.access, found.subjects) == (source.datasets[0].access, 161)


def test_the_digest_does_not_follow_citations_but_files_and_licences(
    datacite: Datacite, shares: Figshare
) -> None:
    def digest() -> str:
        return harvester_for(at(datacite, "covid19_ct_seg", figshare=shares.url)).digest()

    before = digest()
    datacite.touch()
    assert digest() == before
    shares.articles[13521509, 1]["license"] = {"name": "CC BY 4.0", "url": ""}
    assert digest() != before


def test_a_whole_refresh_asks_for_each_record_once(
    datacite: Datacite, shares: Figshare, tmp_path: Path
) -> None:
    harvester = harvester_for(at(datacite, "covid19_ct_seg", figshare=f"{shares.url}/v2"))
    harvester.digest()
    list(harvester.harvest(tmp_path).records)
    asked = [*datacite.log, *shares.log]
    assert len(asked) == len(harvester.asks()) == 4
    assert harvester.asks()[1] == f"GET {shares.url}/v2/articles/13521488"


def test_people_are_kept_as_names_alone(
    datacite: Datacite, shares: Figshare, tmp_path: Path
) -> None:
    harvest = harvester_for(at(datacite, "covid19_ct_seg", figshare=shares.url)).harvest(tmp_path)
    raw = next(harvest.records).raw
    assert raw["figshare"]["authors"] == [
        {"name": "Doe, Jane", "nameIdentifiers": [{"nameIdentifier": "0000-0002-1825-0097"}]}
    ]
