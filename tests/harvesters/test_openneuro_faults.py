"""What OpenNeuro fails at costs a retry, a record or a run; it never passes for an empty answer."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.dataset import Access, Status
from schemas.errors import SourceError
from tests.emulators.openneuro import RECORDINGS, OpenNeuro, dataset, failing
from tests.emulators.server import Reply, Request
from tests.harvesters.openneuro_runs import run

GRAPHQL = "/crn/graphql"


def some(count: int) -> list[dict[str, Any]]:
    return [dataset(f"ds{number:06}") for number in range(count)]


def canned(name: str, status: int = 200) -> Reply:
    return Reply((RECORDINGS / f"{name}.json").read_bytes(), status)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("status", 503),
        ("retry_after", 0.1),
        ("cut", None),
        ("reset", None),
        ("html", None),
        ("empty", None),
        ("replace", Reply(b"<html><h1>504 Gateway Time-out</h1></html>", 504, "text/html")),
        ("replace", Reply(b"[]")),
        ("replace", Reply(b'{"errors":[{"message":"fetch failed"}],"data":null}')),
        ("replace", Reply(b'{"errors":[{"message":"x"}],"data":{"datasets":null}}')),
    ],
    ids=str,
)
@pytest.mark.parametrize("skip", [0, 1, 2], ids=["list", "details", "metadata"])
def test_what_goes_wrong_once_is_asked_again(
    tmp_path: Path, kind: str, value: Any, skip: int
) -> None:
    with OpenNeuro(some(5)) as repo:
        repo.fail(kind, GRAPHQL, value, times=1, skip=skip)
        found = run(repo, tmp_path)
    assert (len(found.datasets), found.aside) == (5, {})
    assert all(raw["unread"] == [] or skip == 2 for raw in found.raw)


def test_the_content_type_of_an_answer_does_not_matter(tmp_path: Path) -> None:
    with OpenNeuro(some(2)) as repo:
        repo.fail("wrong_type", GRAPHQL)
        assert len(run(repo, tmp_path).datasets) == 2


def test_an_answer_that_comes_byte_by_byte_comes_whole(tmp_path: Path) -> None:
    with OpenNeuro(some(1)) as repo:
        repo.fail("slow", GRAPHQL, 0.0005, times=1)
        assert len(run(repo, tmp_path).datasets) == 1


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("huge", 70 << 20, "more than 64 MiB"),
        ("redirect", "http://10.0.0.1/", "10.0.0.1"),
        ("status", 403, "403"),
        ("html", None, "HTML page"),
        ("replace", Reply(b'{"errors":[{"message":"fetch failed"}],"data":null}'), "fetch failed"),
        ("replace", Reply(b'{"data":{"datasets":{"edges":[]}}}'), "lists no dataset"),
        ("replace", Reply(b'{"data":{"datasets":null}}'), "lists no dataset"),
        ("replace", Reply(b'{"data":{"datasets":"closed"}}'), "another shape"),
        ("replace", Reply(b'{"data":{"datasets":{"edges":7}}}'), "another shape"),
        ("replace", Reply(b'{"data":{"datasets":{"pageInfo":"x"}}}'), "another shape"),
    ],
    ids=str,
)
def test_a_list_that_fails_for_good_ends_the_harvest(
    tmp_path: Path, kind: str, value: Any, said: str
) -> None:
    with OpenNeuro(some(2)) as repo:
        repo.fail(kind, GRAPHQL, value)
        with pytest.raises(SourceError, match=said):
            run(repo, tmp_path)


@pytest.mark.parametrize("skip", [0, 1, 2], ids=["list", "details", "metadata"])
def test_a_question_that_the_schema_refuses_is_asked_once(tmp_path: Path, skip: int) -> None:
    with OpenNeuro(some(2)) as repo:
        repo.fail("replace", GRAPHQL, canned("http400_validation_error", 400), skip=skip)
        with pytest.raises(SourceError, match="schema has changed"):
            run(repo, tmp_path)
        assert len(repo.log) == skip + 1


def test_a_refusal_with_status_200_is_a_refusal(tmp_path: Path) -> None:
    with OpenNeuro(some(2)) as repo:
        repo.fail("replace", GRAPHQL, canned("http400_validation_error"))
        with pytest.raises(SourceError, match="schema has changed"):
            run(repo, tmp_path)
        assert len(repo.log) == 1


def test_a_row_that_its_snapshot_took_away_is_found_again(tmp_path: Path) -> None:
    with OpenNeuro(some(120)) as repo:
        repo.broken = {"ds000007": 1, "ds000110": 1}
        found = run(repo, tmp_path)
        assert (repo.told["Listed"], repo.told["Ids"]) == (2, 2)
    assert (len(found.datasets), found.aside) == (120, {})


def test_a_row_that_failed_makes_no_other_row_be_read_again(tmp_path: Path) -> None:
    with OpenNeuro(some(50)) as repo:
        run(repo, tmp_path / "first")
        repo.told.clear()
        repo.broken = {"ds000007": 1}
        run(repo, tmp_path / "second", tmp_path / "first")
        assert dict(repo.told) == {"Listed": 1, "Ids": 1, "Details": 1, "Metadata": 1}


def test_a_dataset_that_stays_broken_is_set_aside_with_what_is_known(tmp_path: Path) -> None:
    with OpenNeuro(
        [*some(11), dataset("ds000011", publishDate="2020-01-02T00:00:00.000Z")]
    ) as repo:
        repo.broken = {"ds000011": None}
        repo.message = "The operation was aborted due to timeout"
        found = run(repo, tmp_path)
    assert len(found.datasets) == 11
    assert "aborted due to timeout" in found.aside["ds000011"]
    kept = next(raw for raw in found.raw if raw["id"] == "ds000011")
    assert kept["publishDate"] == "2020-01-02T00:00:00.000Z"
    assert found.harvest.stated == 12


def test_a_dataset_that_was_set_aside_is_read_once_it_is_whole(tmp_path: Path) -> None:
    with OpenNeuro(some(6)) as repo:
        repo.broken = {"ds000003": None}
        run(repo, tmp_path / "first")
        repo.broken.clear()
        second = run(repo, tmp_path / "second", tmp_path / "first")
    assert (len(second.datasets), second.aside) == (6, {})


@pytest.mark.parametrize(("times", "aside"), [(1, False), (None, True)])
def test_null_without_an_error_is_a_time_limit_and_not_an_absence(
    tmp_path: Path, times: int | None, aside: bool
) -> None:
    with OpenNeuro(some(6)) as repo:
        repo.silent = {"ds000002": times}
        found = run(repo, tmp_path)
    assert ("ds000002" in found.aside) is aside
    assert ("ds000002" in found.datasets) is not aside


def test_one_dataset_that_takes_its_batch_down_costs_only_itself(tmp_path: Path) -> None:
    def fails(request: Request) -> Reply:
        heavy = "ds000002" in json.loads(request.body)["variables"].values()
        dead = Reply(b'{"errors":[{"message":"fetch failed"}],"data":null}')
        return dead if heavy else repo.answer(request)

    with OpenNeuro(some(10)) as repo:
        repo.fail("replace", GRAPHQL, fails)
        found = run(repo, tmp_path)
    assert set(found.aside) == {"ds000002"}
    assert len(found.datasets) == 9


def test_many_failures_in_a_row_are_the_repositorys(tmp_path: Path) -> None:
    with OpenNeuro(some(40)) as repo:
        repo.broken = {f"ds{number:06}": None for number in range(5, 40)}
        with pytest.raises(SourceError, match="20 datasets in a row"):
            run(repo, tmp_path)


def test_a_deleted_dataset_leaves_a_tombstone_that_points_on(tmp_path: Path) -> None:
    datasets = [dataset("ds002000", description={"Name": "Twice told"}), dataset("ds002001")]
    with OpenNeuro(datasets) as repo:
        run(repo, tmp_path / "first")
        del repo.datasets[0]
        repo.deleted = {"ds002000": "/datasets/ds002001"}
        second = run(repo, tmp_path / "second", tmp_path / "first")
        repo.told.clear()
        third = run(repo, tmp_path / "third", tmp_path / "second")
        assert "Details" not in repo.told
    for found in (second, third):
        stone = found.datasets["ds002000"]
        assert (stone.status, stone.access) == (Status.GONE, Access.GONE)
        assert stone.title == "Twice told"
        (link,) = stone.related
        assert (link.relation, link.scheme) == ("IsObsoletedBy", "URL")
        assert link.value == "https://openneuro.org/datasets/ds002001"


def test_the_recorded_deletion_leaves_a_tombstone(tmp_path: Path) -> None:
    body = json.loads(canned("dataset_deleted_redirect").body)
    body["errors"][0]["path"], body["data"] = ["d0"], {"d0": None}
    with OpenNeuro([dataset("ds002000")]) as repo:
        repo.fail("replace", GRAPHQL, Reply(json.dumps(body).encode()), skip=1, times=1)
        found = run(repo, tmp_path)
    assert found.datasets["ds002000"].status is Status.GONE


def test_a_tombstone_does_not_stand_in_for_a_dataset_that_is_missing(tmp_path: Path) -> None:
    with OpenNeuro(some(3)) as repo:
        run(repo, tmp_path / "first")
        repo.deleted = {repo.datasets.pop(0)["id"]: None}
        repo.count_added = 1
        second = run(repo, tmp_path / "second", tmp_path / "first")
        third = run(repo, tmp_path / "third", tmp_path / "second")
    for found in (second, third):
        assert (found.harvest.stated, len(found.datasets)) == (4, 3)


def test_a_deleted_dataset_is_not_asked_for_if_nothing_is_known_of_it(tmp_path: Path) -> None:
    with OpenNeuro(some(2)) as repo:
        repo.deleted = {repo.datasets.pop(0)["id"]: None}
        found = run(repo, tmp_path)
        assert repo.told["Details"] == 1
    assert (found.harvest.stated, set(found.datasets)) == (1, {"ds000001"})


@pytest.mark.parametrize("redirect", [None, "https://elsewhere.example/", "javascript:alert(1)"])
def test_a_tombstone_points_nowhere_but_to_datasets(tmp_path: Path, redirect: str | None) -> None:
    with OpenNeuro([dataset("ds002000"), dataset("ds002001")]) as repo:
        repo.deleted = {"ds002000": redirect}
        stone = run(repo, tmp_path).datasets["ds002000"]
    assert (stone.status, stone.related) == (Status.GONE, [])


def test_a_dataset_made_private_meanwhile_is_neither_kept_nor_missed(tmp_path: Path) -> None:
    with OpenNeuro(some(7)) as repo:
        repo.private = {"ds000004"}
        found = run(repo, tmp_path)
    assert "ds000004" not in {*found.datasets, *found.aside}
    assert found.harvest.stated == len(found.datasets) == 6


def test_the_recorded_refusal_of_a_private_dataset_is_understood(tmp_path: Path) -> None:
    body = json.loads(canned("dataset_private").body)
    body["errors"][0]["path"], body["data"] = ["d0"], {"d0": None}
    with OpenNeuro(some(1)) as repo:
        repo.fail("replace", GRAPHQL, Reply(json.dumps(body).encode()), skip=1, times=1)
        assert run(repo, tmp_path).raw == []


def test_a_known_dataset_that_the_list_forgot_is_asked_for_by_its_id(tmp_path: Path) -> None:
    with OpenNeuro(some(8)) as repo:
        run(repo, tmp_path / "first")
        page = repo.page
        repo.page = lambda first, offset: without(page(first, offset), "ds000005")  # type: ignore[method-assign]
        found = run(repo, tmp_path / "second", tmp_path / "first")
    assert len(found.datasets) == found.harvest.stated == 8


def without(page: dict[str, Any] | None, local: str) -> dict[str, Any] | None:
    if page is not None:
        page["edges"] = [edge for edge in page["edges"] if edge["node"]["id"] != local]
    return page


def test_a_dataset_that_comes_while_paging_is_listed_once_and_none_is_lost(tmp_path: Path) -> None:
    with OpenNeuro(some(250)) as repo:

        def publish(offset: int) -> None:
            if offset == 0 and len(repo.datasets) == 250:
                repo.datasets.insert(0, dataset("ds999999"))

        repo.after_page = publish
        found = run(repo, tmp_path)
    assert len(found.raw) == len(found.datasets) == 251
    assert found.harvest.stated == 251


def test_a_dataset_that_goes_while_paging_hides_no_other(tmp_path: Path) -> None:
    with OpenNeuro(some(250)) as repo:

        def delete(offset: int) -> None:
            if offset == 0 and len(repo.datasets) == 250:
                repo.deleted[repo.datasets.pop(3)["id"]] = None

        repo.after_page = delete
        found = run(repo, tmp_path)
    whole = {local for local, record in found.datasets.items() if record.status is Status.ACTIVE}
    assert whole == {f"ds{number:06}" for number in range(250)} - {"ds000003"}


def test_pages_asked_for_at_once_miss_nothing_that_shifts(tmp_path: Path) -> None:
    with OpenNeuro(some(550)) as repo:

        def delete(offset: int) -> None:
            if offset == 0 and len(repo.datasets) == 550:
                repo.deleted[repo.datasets.pop(3)["id"]] = None

        repo.after_page = delete
        found = run(repo, tmp_path, concurrency=4)
    assert len(found.datasets) == 550
    assert {local for local, d in found.datasets.items() if d.status is Status.GONE} == {"ds000003"}


def test_cursors_of_another_kind_are_followed_one_by_one(tmp_path: Path) -> None:
    with OpenNeuro(some(250)) as repo:
        page = repo.page
        places = {"first": 100, "second": 200}

        def renamed(first: int, offset: int) -> dict[str, Any] | None:
            found = page(first, offset)
            assert found is not None
            found["pageInfo"]["endCursor"] = {0: "first", 100: "second"}.get(offset)
            return found

        def opaque(request: Request) -> Reply:
            body = json.loads(request.body)
            if (after := body["variables"].get("after")) is not None:
                place = b64encode(json.dumps({"offset": places[after]}).encode()).decode()
                body["variables"]["after"] = place
            return repo.answer(replace(request, body=json.dumps(body).encode()))

        repo.page = renamed  # type: ignore[method-assign]
        repo.fail("replace", GRAPHQL, opaque)
        assert len(run(repo, tmp_path, concurrency=4).datasets) == 250
        assert repo.told["Listed"] == 3


def test_a_list_that_falls_short_of_its_total_is_walked_again_and_told(tmp_path: Path) -> None:
    with OpenNeuro(some(5)) as repo:
        repo.count_added = 2
        found = run(repo, tmp_path)
        assert repo.told["Listed"] == 3
    assert (found.harvest.stated, len(found.datasets)) == (7, 5)


def test_pages_that_lead_nowhere_end_the_harvest(tmp_path: Path) -> None:
    with OpenNeuro(some(2)) as repo:
        page = repo.page
        repo.page = lambda first, _: endless(page(first, 0))  # type: ignore[method-assign]
        with pytest.raises(SourceError, match="leads nowhere"):
            run(repo, tmp_path)


def endless(page: dict[str, Any] | None) -> dict[str, Any] | None:
    assert page is not None
    page["pageInfo"] |= {"hasNextPage": True, "endCursor": "eyJvZmZzZXQiOjB9"}
    return page


def test_a_page_of_nothing_but_nulls_is_asked_for_without_what_broke_it(tmp_path: Path) -> None:
    body = json.loads(canned("edges_id_bug").body)
    body["data"]["datasets"]["pageInfo"] = {"hasNextPage": False, "endCursor": None, "count": 2}
    with OpenNeuro(some(2)) as repo:
        repo.fail("replace", GRAPHQL, Reply(json.dumps(body).encode()), times=1)
        assert len(run(repo, tmp_path).datasets) == 2


@pytest.mark.parametrize("name", ["ids_only_page", "graphql-dbf9bf-POST"])
def test_a_recorded_list_leads_to_its_datasets(tmp_path: Path, name: str) -> None:
    edges = json.loads(canned(name).body)["data"]["datasets"]["edges"]
    listed = [edge["node"]["id"] for edge in edges]
    with OpenNeuro([dataset(local) for local in listed]) as repo:
        repo.fail("replace", GRAPHQL, canned(name), times=1)
        found = run(repo, tmp_path)
    assert set(found.datasets) == set(listed)


def test_metadata_that_fails_takes_nothing_else_with_it(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001", metadata={"species": "Human"})]) as repo:
        repo.formless = {"ds000001"}
        first = run(repo, tmp_path / "first")
        assert first.datasets["ds000001"].species == []
        repo.formless.clear()
        second = run(repo, tmp_path / "second", tmp_path / "first")
        assert second.datasets["ds000001"].species == ["Human"]
        repo.formless.add("ds000001")
        repo.datasets[0] = dataset("ds000001", "2.0.0")
        third = run(repo, tmp_path / "third", tmp_path / "second")
    assert third.datasets["ds000001"].species == ["Human"]
    assert third.datasets["ds000001"].version == "2.0.0"


@pytest.mark.parametrize("part", ["description", "summary"])
def test_a_part_that_matters_and_fails_for_good_sets_the_dataset_aside(
    tmp_path: Path, part: str
) -> None:
    with OpenNeuro([*some(1), dataset("ds000001", **{part: failing("fetch failed")})]) as repo:
        found = run(repo, tmp_path)
    assert set(found.datasets) == {"ds000000"}
    assert "fetch failed" in found.aside["ds000001"]


def test_a_part_that_matters_less_is_left_unknown_and_asked_for_next_time(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001", contributors=failing("fetch failed"))]) as repo:
        first = run(repo, tmp_path / "first")
        assert first.raw[0]["unread"] == ["contributors"]
        repo.told.clear()
        run(repo, tmp_path / "second", tmp_path / "first")
        assert repo.told["Details"] > 0
    assert set(first.datasets) == {"ds000001"}


def test_a_licence_that_cannot_be_read_is_unknown_and_not_assumed(tmp_path: Path) -> None:
    with OpenNeuro([dataset("ds000001", description={"License": {"name": "CC-BY"}})]) as repo:
        found = run(repo, tmp_path).datasets["ds000001"]
    assert (found.licence, found.licence_assumed) == (None, False)


def test_an_answer_about_something_else_is_not_taken(tmp_path: Path) -> None:
    def swapped(request: Request) -> Reply:
        reply = repo.answer(request)
        return Reply(reply.body.replace(b"ds000001", b"ds000666"))

    with OpenNeuro(some(2)) as repo:
        repo.fail("replace", GRAPHQL, swapped, skip=1)
        found = run(repo, tmp_path)
    assert set(found.aside) == {"ds000001"}


def test_an_answer_of_another_shape_sets_one_dataset_aside(tmp_path: Path) -> None:
    def reshaped(request: Request) -> Reply:
        body = json.loads(repo.answer(request).body)
        for node in body["data"].values():
            if node["id"] == "ds000001" and "latestSnapshot" in node:
                node["latestSnapshot"]["summary"] = {"subjects": "16"}
        return Reply(json.dumps(body).encode())

    with OpenNeuro(some(3)) as repo:
        repo.fail("replace", GRAPHQL, reshaped, skip=1)
        found = run(repo, tmp_path)
    assert set(found.aside) == {"ds000001"}
    assert "another shape" in found.aside["ds000001"]
