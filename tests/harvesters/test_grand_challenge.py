"""Grand Challenge's lists become datasets, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvesters.base import Harvest, Harvester, harvester_for
from harvesters.registry import load_sources
from schemas.dataset import Access, Dataset, Method
from schemas.errors import RecordError, SourceError
from tests.emulators.grand_challenge import ARCHIVES, GrandChallenge, packaged
from tests.emulators.server import as_json
from tests.emulators.zenodo import Zenodo

CONTRACT = Path(__file__).parents[1] / "contracts" / "grand_challenge.json"
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "array": list,
    "object": dict,
}


@pytest.fixture
def repo() -> Iterator[GrandChallenge]:
    with GrandChallenge() as running:
        yield running


@pytest.fixture
def zenodo() -> Iterator[Zenodo]:
    with Zenodo() as running:
        yield running


@pytest.fixture
def reader(repo: GrandChallenge, zenodo: Zenodo, tmp_path: Path) -> Harvester:
    return reading(repo, zenodo, tmp_path)


def reading(repo: GrandChallenge, zenodo: Zenodo, folder: Path) -> Harvester:
    source = load_sources()["grand_challenge"].model_copy(
        update={
            "base_url": f"{repo.url}/api/v1/",
            "services": {"zenodo": f"{zenodo.url}/api/"},
            "requests_per_second": 1000.0,
        }
    )
    return harvester_for(source, folder / "cache.db")


def row(slug: str, **changes: Any) -> dict[str, Any]:
    return {**packaged()[0], "slug": slug, "publications": [], **changes}


def built(harvest: Harvest) -> list[Dataset]:
    return [record.build() for record in harvest.records]


def by_id(harvest: Harvest) -> dict[str, Dataset]:
    return {dataset.id.partition(":")[2]: dataset for dataset in built(harvest)}


def quarantined(harvest: Harvest) -> list[str]:
    refused = []
    for record in harvest.records:
        try:
            record.build()
        except (RecordError, ValueError) as error:
            refused.append(str(error))
    return refused


def test_every_challenge_and_archive_becomes_a_dataset(reader: Harvester, tmp_path: Path) -> None:
    harvest = reader.harvest(tmp_path)
    datasets = built(harvest)
    assert harvest.stated == len(datasets) == 217 + len(ARCHIVES)
    assert {dataset.kind for dataset in datasets} == {"challenge", "archive"}
    assert len({dataset.id for dataset in datasets}) == len(datasets)


def test_one_request_a_list_is_enough(
    reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    reader.harvest(tmp_path)
    assert repo.asked() == [
        "/api/v1/challenges/?limit=1000",
        "/api/v1/archives/?limit=1000",
    ]


def test_the_emulator_answers_in_the_shape_of_the_contract(repo: GrandChallenge) -> None:
    schemas = json.loads(CONTRACT.read_text(encoding="utf-8"))["schemas"]
    for name, rows in (("PublicChallenge", repo.challenges), ("Archive", repo.archives)):
        schema = schemas[name]
        for one in rows:
            assert set(schema["required"]) <= set(one) <= set(schema["properties"])
            for field, value in one.items():
                rule = schema["properties"][field]
                if value is None:
                    assert rule.get("nullable"), field
                    continue
                assert isinstance(value, TYPES[rule["type"]]), field
                assert len(value) <= rule.get("maxLength", 10**6) if rule["type"] == "string" else 1


def test_only_fields_of_the_contract_are_kept(zenodo: Zenodo, tmp_path: Path) -> None:
    with GrandChallenge([row("mine", creator_email="someone@example.org")], []) as repo:
        (record,) = reading(repo, zenodo, tmp_path).harvest(tmp_path).records
    schemas = json.loads(CONTRACT.read_text(encoding="utf-8"))["schemas"]
    assert set(record.raw) - {"zenodo"} == set(schemas["PublicChallenge"]["properties"])


def test_a_slug_is_one_name_whatever_its_case(zenodo: Zenodo, tmp_path: Path) -> None:
    with GrandChallenge([row("LUNA16")], []) as repo:
        (dataset,) = built(reading(repo, zenodo, tmp_path).harvest(tmp_path))
    assert dataset.id == "grand_challenge:luna16"
    assert dataset.identifiers[0].value == "LUNA16"


def test_a_challenge_without_a_title_is_called_by_its_slug(zenodo: Zenodo, tmp_path: Path) -> None:
    with GrandChallenge([row("LUNA16", title="")], []) as repo:
        (dataset,) = built(reading(repo, zenodo, tmp_path).harvest(tmp_path))
    assert dataset.title == "LUNA16"
    assert dataset.provenance["title"].method is Method.DERIVED


def test_what_the_api_does_not_say_stays_unknown(zenodo: Zenodo, tmp_path: Path) -> None:
    with GrandChallenge([row("mine", status="COMPLETED")], []) as repo:
        (dataset,) = built(reading(repo, zenodo, tmp_path).harvest(tmp_path))
    unknown = ("access", "licence", "subjects", "bytes", "doi", "year")
    assert [getattr(dataset, name) for name in unknown] == [None] * len(unknown)
    assert dataset.modalities == dataset.body_parts == dataset.distributions == []


def test_an_archive_is_had_on_request_which_is_assumed(reader: Harvester, tmp_path: Path) -> None:
    archive = by_id(reader.harvest(tmp_path))[f"archive-{ARCHIVES[0]['pk']}"]
    assert archive.access is Access.REQUEST
    assert archive.provenance["access"].method is Method.ASSUMED
    assert archive.landing_url == ARCHIVES[0]["url"]


def test_markup_in_a_description_does_not_survive(zenodo: Zenodo, tmp_path: Path) -> None:
    hostile = "<p>Find <b>nodules</b></p><script>alert(1)</script> write to a.b@example.org"
    with GrandChallenge([row("mine", description=hostile)], []) as repo:
        (dataset,) = built(reading(repo, zenodo, tmp_path).harvest(tmp_path))
    assert dataset.description == "Find nodules write to [e-mail removed]"


def test_a_landing_address_that_is_no_web_address_is_left_out(
    zenodo: Zenodo, tmp_path: Path
) -> None:
    with GrandChallenge([row("mine", url="javascript:alert(1)")], []) as repo:
        (dataset,) = built(reading(repo, zenodo, tmp_path).harvest(tmp_path))
    assert dataset.landing_url is None


def test_papers_document_a_challenge(zenodo: Zenodo, tmp_path: Path) -> None:
    papers = [
        "https://doi.org/10.1016/J.MEDIA.2010.05.005",
        "https://arxiv.org/abs/2006.12449",
        "https://doi.org/10.1016/j.media.2010.05.005",
        "https://example.org/paper",
        "a paper of ours",
    ]
    with GrandChallenge([row("mine", publications=papers)], []) as repo:
        (dataset,) = built(reading(repo, zenodo, tmp_path).harvest(tmp_path))
    assert [(one.relation, one.scheme, one.value) for one in dataset.related] == [
        ("IsDocumentedBy", "DOI", "10.1016/j.media.2010.05.005"),
        ("IsDocumentedBy", "arXiv", "arXiv:2006.12449"),
        ("IsDocumentedBy", "URL", "https://example.org/paper"),
    ]


def test_a_private_challenge_is_left_out_and_not_missed(zenodo: Zenodo, tmp_path: Path) -> None:
    with GrandChallenge([row("mine"), row("ours", public=False)], []) as repo:
        harvest = reading(repo, zenodo, tmp_path).harvest(tmp_path)
    assert harvest.stated == 1
    assert [dataset.id for dataset in built(harvest)] == ["grand_challenge:mine"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"title": 7}, "title is no text"),
        ({"publications": "10.1/x"}, "no list of addresses"),
        ({"publications": [None]}, "no list of addresses"),
        ({"created": "yesterday"}, "created"),
        ({"slug": None}, "without its id"),
        ({"slug": "two words"}, "without its id"),
    ],
)
def test_a_row_of_another_shape_is_quarantined_alone(
    changes: dict[str, Any], why: str, zenodo: Zenodo, tmp_path: Path
) -> None:
    with GrandChallenge([row("good"), {**row("bad"), **changes}], []) as repo:
        harvest = reading(repo, zenodo, tmp_path).harvest(tmp_path)
        (reason,) = quarantined(harvest)
    assert why in reason


def test_a_row_that_is_no_object_is_quarantined(zenodo: Zenodo, tmp_path: Path) -> None:
    rows: list[Any] = [row("good"), "bad"]
    with GrandChallenge(rows, []) as repo:
        harvest = reading(repo, zenodo, tmp_path).harvest(tmp_path)
        assert len(quarantined(harvest)) == 1


def test_of_two_challenges_with_one_id_the_second_is_quarantined(
    zenodo: Zenodo, tmp_path: Path
) -> None:
    with GrandChallenge([row("mine"), row("Mine"), row("other")], []) as repo:
        harvest = reading(repo, zenodo, tmp_path).harvest(tmp_path)
        assert harvest.stated == 3
        assert quarantined(harvest) == ["two records with one id (mine)"]


def test_more_challenges_than_a_page_are_all_read(
    reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    repo.cap = 50
    assert len(built(reader.harvest(tmp_path))) == 217 + len(ARCHIVES)
    assert [target for target in repo.asked("offset=") if "challenges" in target] == [
        f"/api/v1/challenges/?limit=1000&offset={offset}" for offset in (50, 100, 150, 200)
    ]


def test_a_list_that_grows_while_it_is_read_is_read_again(
    reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    repo.cap = 100
    repo.grows = [row("brand-new")]
    harvest = reader.harvest(tmp_path)
    datasets = built(harvest)
    assert harvest.stated == len(datasets) == 218 + len(ARCHIVES)
    assert "grand_challenge:brand-new" in {dataset.id for dataset in datasets}


def test_a_list_that_loses_a_row_while_it_is_read_is_read_again(
    reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    repo.cap = 100
    repo.shrinks = 1
    left = {f"grand_challenge:{one['slug'].lower()}" for one in repo.challenges[1:]}
    harvest = reader.harvest(tmp_path)
    assert {one.id for one in built(harvest) if one.kind == "challenge"} == left


def test_a_list_that_never_has_what_it_promises_is_held(
    reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    short = {"count": 217, "next": None, "previous": None, "results": packaged()[:200]}
    repo.fail("replace", "offset", as_json({**short, "results": []}))
    repo.fail("replace", "challenges", as_json(short))
    with pytest.raises(SourceError, match="200 of 217 challenges came, twice"):
        reader.harvest(tmp_path)


def test_a_list_without_an_end_is_held(
    reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    endless = {"count": 10**9, "next": None, "previous": None, "results": [row("mine")]}
    repo.fail("replace", "challenges", as_json(endless))
    with pytest.raises(SourceError, match="no end after 100 pages"):
        reader.harvest(tmp_path)


def test_an_empty_list_of_challenges_is_no_harvest(
    reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    repo.challenges = []
    with pytest.raises(SourceError, match="list of challenges is empty"):
        reader.harvest(tmp_path)


@pytest.mark.parametrize(
    "body", [[], {"detail": "maintenance"}, {"count": "217", "results": []}, {"count": 1}]
)
def test_an_answer_of_another_shape_holds_the_source(
    body: Any, reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    repo.fail("replace", "challenges", as_json(body))
    with pytest.raises(SourceError, match="without `count` and `results`"):
        reader.harvest(tmp_path)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("status", 503), ("retry_after", 0.1), ("cut", None), ("reset", None), ("wrong_type", None)],
)
def test_what_passes_by_itself_costs_no_data(
    kind: str, value: Any, reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    repo.fail(kind, "challenges", value, times=1)
    assert len(built(reader.harvest(tmp_path))) == 217 + len(ARCHIVES)


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("html", None, "HTML page"),
        ("empty", None, "not JSON but nothing"),
        ("redirect", "http://10.0.0.1/challenges/", "10.0.0.1"),
        ("huge", 70 << 20, "more than 64 MiB"),
        ("status", 404, "404"),
    ],
)
def test_what_does_not_pass_holds_the_source(
    kind: str, value: Any, why: str, reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    repo.fail(kind, "archives", value)
    with pytest.raises(SourceError, match=why):
        reader.harvest(tmp_path)


def test_a_list_that_comes_byte_by_byte_still_comes(zenodo: Zenodo, tmp_path: Path) -> None:
    with GrandChallenge([row("mine")], []) as repo:
        repo.fail("slow", "challenges", 0.0)
        assert len(built(reading(repo, zenodo, tmp_path).harvest(tmp_path))) == 1


def test_a_refused_token_says_that_none_is_needed(
    repo: GrandChallenge, zenodo: Zenodo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRSCAN_GRAND_CHALLENGE_TOKEN", "expired")
    with pytest.raises(SourceError, match="token was refused") as caught:
        reading(repo, zenodo, tmp_path).harvest(tmp_path)
    assert caught.value.do is not None and "FAIRSCAN_GRAND_CHALLENGE_TOKEN" in caught.value.do
    assert "expired" not in str(caught.value)


def test_an_empty_token_is_not_sent(
    repo: GrandChallenge, zenodo: Zenodo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRSCAN_GRAND_CHALLENGE_TOKEN", "")
    reading(repo, zenodo, tmp_path).harvest(tmp_path)
    assert not [one for one in repo.log if "authorization" in one.headers]


def test_the_digest_changes_with_a_challenge_and_not_with_its_logo(
    repo: GrandChallenge, zenodo: Zenodo, tmp_path: Path
) -> None:
    first = reading(repo, zenodo, tmp_path).digest()
    repo.challenges = [
        {**one, "logo": "https://example.org/new.png", "submission_types": ["B", "A"]}
        for one in reversed(repo.challenges)
    ]
    assert reading(repo, zenodo, tmp_path).digest() == first
    repo.challenges[3] = {**repo.challenges[3], "modified": "2026-11-01T00:00:00Z"}
    assert reading(repo, zenodo, tmp_path).digest() != first


def test_the_digest_changes_with_an_archive(
    repo: GrandChallenge, zenodo: Zenodo, tmp_path: Path
) -> None:
    first = reading(repo, zenodo, tmp_path).digest()
    repo.archives = repo.archives[1:]
    assert reading(repo, zenodo, tmp_path).digest() != first


def test_a_run_asks_for_each_list_once(
    reader: Harvester, repo: GrandChallenge, tmp_path: Path
) -> None:
    reader.digest()
    reader.harvest(tmp_path)
    assert len(repo.log) == 2


def test_a_look_for_changes_moves_no_body_where_the_server_keeps_etags(
    repo: GrandChallenge, zenodo: Zenodo, tmp_path: Path
) -> None:
    repo.etags = True
    reading(repo, zenodo, tmp_path).harvest(tmp_path)
    later = reading(repo, zenodo, tmp_path)
    later.digest()
    assert later.traffic == {"requests": 2, "bytes": 0, "retries": 0}


def test_the_version_is_the_newest_change(reader: Harvester, tmp_path: Path) -> None:
    harvest = reader.harvest(tmp_path)
    assert harvest.version == max(one["modified"] for one in packaged())
    assert harvest.dated is not None and harvest.dated.isoformat() == harvest.version[:10]


def test_what_would_be_asked_is_told_without_asking(
    reader: Harvester, repo: GrandChallenge, zenodo: Zenodo
) -> None:
    lines = reader.asks()
    assert lines[0] == f"GET {repo.url}/api/v1/challenges/?limit=1000"
    assert lines[2].startswith(f"GET {zenodo.url}/api/records/…")
    assert not repo.log and not zenodo.log


def test_the_emulator_pages_as_the_server_does(reader: Harvester, repo: GrandChallenge) -> None:
    def sizes(query: str) -> int:
        page = reader.client.get(f"{repo.url}/api/v1/challenges/{query}").json()
        return len(page["results"])

    assert [
        sizes(query) for query in ("", "?limit=0", "?limit=x", "?limit=5000", "?offset=210")
    ] == [
        100,
        100,
        100,
        217,
        7,
    ]
    assert b"Disallow: /api/" in reader.client.get(f"{repo.url}/robots.txt").body


def test_the_source_is_read_live_only_if_asked_for() -> None:
    assert load_sources()["grand_challenge"].opt_in


def test_a_source_about_one_challenge_asks_for_that_one_alone() -> None:
    with GrandChallenge() as host:
        drive = load_sources()["drive"].model_copy(
            update={"base_url": f"{host.url}/api/v1/", "requests_per_second": 1000.0}
        )
        reader = harvester_for(drive)
        digest = reader.digest()
        harvest = reader.harvest(Path())
        (built,) = [record.build() for record in harvest.records]
        assert reader.digest() == digest
        reader.close()
        assert host.asked() == ["/api/v1/challenges/drive/"]
    assert (built.id, built.source) == ("drive:drive", "drive")
    assert built.title == "DRIVE"
    assert harvest.stated == 1
    assert reader.asks() == [f"GET {drive.base_url}challenges/drive/"]
