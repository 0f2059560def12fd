"""OpenNeuro is read whole, politely, and only where it changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from graphql import FieldNode, build_schema, parse, validate, visit
from graphql.language.visitor import Visitor

from harvesters.openneuro import queries
from harvesters.openneuro.sitemap import versions
from schemas.dataset import Status
from schemas.errors import SourceError
from tests.emulators.openneuro import CONTRACT, OpenNeuro, dataset, packaged, recorded
from tests.emulators.server import Reply
from tests.harvesters.openneuro_runs import harvester, run, write_raw

ASKED = [
    queries.LISTED,
    queries.IDS,
    *(make(count) for make in (queries.details, queries.metadata) for count in range(1, 11)),
]
PERSONAL = {
    "adminUsers", "uploader", "permissions", "users", "user", "authorEmail", "authorName", "email",
    "participantId", "reviewers", "followers", "stars", "history", "seniorAuthor",
}  # fmt: skip


@pytest.mark.parametrize("query", ASKED)
def test_every_question_is_valid_in_openneuros_own_schema(query: str) -> None:
    schema = build_schema(CONTRACT.read_text(encoding="utf-8"))
    assert validate(schema, parse(query)) == []


def test_no_question_asks_for_accounts_or_for_ids_that_are_never_filled() -> None:
    paths: list[list[str]] = []

    class Walk(Visitor):
        def __init__(self) -> None:
            super().__init__()
            self.above: list[str] = []

        def enter_field(self, node: FieldNode, *_: object) -> None:
            self.above.append(node.name.value)
            paths.append(list(self.above))

        def leave_field(self, *_: object) -> None:
            self.above.pop()

    for query in ASKED:
        visit(parse(query), Walk())
    assert not PERSONAL & {name for path in paths for name in path}
    ended = {tuple(path[-2:]) for path in paths}
    assert ("node", "id") in ended
    assert not {("edges", "id"), ("description", "id"), ("deprecated", "user")} & ended


def test_every_packaged_dataset_comes_back_as_one_record(tmp_path: Path) -> None:
    datasets = packaged()
    with OpenNeuro(datasets) as repo:
        found = run(repo, tmp_path, concurrency=4)
        assert repo.busiest <= 4
        assert dict(repo.told) == {"Listed": 19, "Details": 370, "Metadata": 370}
    assert (len(found.datasets), found.aside) == (1848, {})
    assert (found.harvest.stated, found.harvest.version) == (1848, "5.5.1")
    people = [d["latestSnapshot"]["summary"] for d in datasets]
    counted = sum(len(summary["subjects"]) for summary in people if summary)
    assert sum(d.subjects or 0 for d in found.datasets.values()) == counted


def test_the_recorded_datasets_come_back_as_they_were_told(tmp_path: Path) -> None:
    with OpenNeuro(recorded()) as repo:
        found = run(repo, tmp_path).datasets
    faces = found["ds000117"]
    assert faces.title == "Multisubject, multimodal face processing"
    assert (faces.version, faces.bytes) == ("1.1.0", 94113470873)
    assert (faces.licence, faces.licence_raw, faces.licence_assumed) == ("CC0-1.0", "CC0", False)
    assert faces.modalities == ["BI", "MR"]
    assert faces.paradigms == ["faceprocessing", "facerecognition"]
    assert [creator.name for creator in faces.creators] == ["Wakeman, DG", "Henson, RN"]
    risk = found["ds000001"]
    assert risk.title == "Balloon Analog Risk-taking Task"
    assert {"10.3389/fnins.2012.00080"} == {link.value for link in risk.related}


def test_an_unchanged_repository_costs_one_request_and_no_bytes(tmp_path: Path) -> None:
    with OpenNeuro([dataset(f"ds{number:06}") for number in range(300)]) as repo:
        before = harvester(repo, tmp_path / "cache").digest()
        again = harvester(repo, tmp_path / "cache")
        assert again.digest() == before
        assert again.traffic == {"requests": 1, "bytes": 0, "retries": 0}


def test_a_new_version_changes_the_digest_and_another_order_does_not(tmp_path: Path) -> None:
    datasets = [dataset("ds000001"), dataset("ds000002")]
    with OpenNeuro(datasets) as repo:
        before = harvester(repo, tmp_path / "cache").digest()
        repo.datasets.reverse()
        assert harvester(repo, tmp_path / "cache").digest() == before
        repo.datasets[0] = dataset("ds000002", "1.0.1")
        assert harvester(repo, tmp_path / "cache").digest() != before


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<!DOCTYPE html><html><body>Not found", 404, "text/html"),
        Reply(b"<html><head><title>Log in</title></head></html>", 200, "text/html"),
        Reply(b'<?xml version="1.0"?><urlset><url><loc>https://openneuro.org/da', 200),
        Reply(b"", 200),
        Reply(b"<urlset></urlset>", 200),
    ],
    ids=["not found", "login page", "cut short", "empty", "no dataset"],
)
def test_without_a_sitemap_the_list_of_datasets_tells_what_changed(reply: Reply) -> None:
    with OpenNeuro([dataset("ds000001")]) as repo:
        repo.fail("replace", "/sitemap.xml", reply)
        before = harvester(repo).digest()
        assert harvester(repo).digest() == before
        repo.datasets[0] = dataset("ds000001", "1.0.1")
        assert harvester(repo).digest() != before


def test_the_list_read_for_the_digest_is_not_read_again_for_the_harvest(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001")]) as repo:
        repo.fail("replace", "/sitemap.xml", Reply(status=404))
        reader = harvester(repo)
        reader.digest()
        assert len(list(reader.harvest(tmp_path).records)) == 1
        assert repo.told["Listed"] == 1


def test_a_sitemap_that_declares_entities_is_refused() -> None:
    laughs = b'<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><urlset>&b;</urlset>'
    with pytest.raises(SourceError, match="declares entities"):
        versions(laughs)


def test_a_sitemap_is_read_whatever_its_host_and_prefix() -> None:
    body = (
        b'<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url>'
        b"<s:loc> http://mirror.example/datasets/ds000001/versions/1.0%2B0 </s:loc>"
        b"<s:lastmod>2024-01-01</s:lastmod></s:url><s:url><s:loc>/faq</s:loc></s:url></s:urlset>"
    )
    assert versions(body) == {("ds000001", "1.0+0")}


def test_only_what_changed_is_asked_for_again(tmp_path: Path) -> None:
    with OpenNeuro([dataset(f"ds{number:06}") for number in range(250)]) as repo:
        first = run(repo, tmp_path / "first")
        repo.told.clear()
        repo.datasets[17] = dataset("ds000017", "2.0.0")
        repo.datasets.append(dataset("ds000250"))
        second = run(repo, tmp_path / "second", tmp_path / "first")
        assert dict(repo.told) == {"Listed": 3, "Details": 1, "Metadata": 1}
    assert len(second.datasets) == 251
    assert second.datasets["ds000017"].version == "2.0.0"
    same = first.datasets["ds000003"].model_dump(exclude={"retrieved", "provenance"})
    assert second.datasets["ds000003"].model_dump(exclude={"retrieved", "provenance"}) == same


def test_a_snapshot_that_is_deprecated_is_read_again_once(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001")]) as repo:
        run(repo, tmp_path / "first")
        marked = {"id": "ds000001:1.0.0", "timestamp": "2026-01-01"}
        repo.datasets[0]["latestSnapshot"]["deprecated"] = marked
        second = run(repo, tmp_path / "second", tmp_path / "first")
        assert second.datasets["ds000001"].status is Status.DEPRECATED
        repo.told.clear()
        third = run(repo, tmp_path / "third", tmp_path / "second")
        assert dict(repo.told) == {"Listed": 1}
    assert third.datasets["ds000001"].status is Status.DEPRECATED


def test_a_day_of_publication_that_changed_needs_no_other_question(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001")]) as repo:
        assert run(repo, tmp_path / "first").datasets["ds000001"].year is None
        repo.datasets[0]["publishDate"] = "2021-03-04T00:00:00.000Z"
        repo.told.clear()
        assert run(repo, tmp_path / "second", tmp_path / "first").datasets["ds000001"].year == 2021
        assert dict(repo.told) == {"Listed": 1}


def test_a_snapshot_without_a_commit_is_read_each_time(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001", hexsha=None)]) as repo:
        run(repo, tmp_path / "first")
        repo.told.clear()
        run(repo, tmp_path / "second", tmp_path / "first")
        assert repo.told["Details"] == 1


def test_a_record_that_is_used_again_was_read_when_it_was_read(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001"), dataset("ds000002")]) as repo:
        first = run(repo, tmp_path / "first")
        earlier = [{**raw, "read_at": "2026-01-02T03:04:05+00:00"} for raw in first.raw]
        write_raw(tmp_path / "first", earlier)
        repo.datasets[1] = dataset("ds000002", "1.0.1")
        second = run(repo, tmp_path / "second", tmp_path / "first")
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert second.datasets["ds000001"].retrieved == moment
    assert second.datasets["ds000001"].provenance["title"].retrieved_at == moment
    assert second.datasets["ds000002"].retrieved > moment


def test_records_that_were_kept_in_another_form_are_read_anew(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001")]) as repo:
        first = run(repo, tmp_path / "first")
        write_raw(tmp_path / "first", [{**first.raw[0], "form": "older"}, {"_id": "packaged"}])
        repo.told.clear()
        second = run(repo, tmp_path / "second", tmp_path / "first")
        assert repo.told["Details"] == 1
    assert set(second.datasets) == {"ds000001"}


def test_a_damaged_last_harvest_costs_time_and_loses_nothing(tmp_path: Path) -> None:
    with OpenNeuro([dataset(f"ds{number:06}") for number in range(40)]) as repo:
        run(repo, tmp_path / "first")
        path = tmp_path / "first" / "raw.jsonl.zst"
        path.write_bytes(path.read_bytes()[:-200])
        assert len(run(repo, tmp_path / "second", tmp_path / "first").datasets) == 40


def test_a_harvest_leaves_nothing_of_its_own_in_the_folder(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001")]) as repo:
        list(harvester(repo).harvest(tmp_path).records)
    assert list(tmp_path.iterdir()) == []


def test_what_would_be_asked_is_told_without_asking() -> None:
    with OpenNeuro([]) as repo:
        told = harvester(repo).asks()
        assert repo.log == []
        assert all(repo.url in line for line in told)
        assert any("sitemap.xml" in line for line in told)
