"""TCIA's Collection Manager is read whole, page by page, or the run fails and nothing shrinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harvesters.base import Harvest, RawRecord, harvester_for
from harvesters.registry import load_sources
from schemas.errors import RecordError, SourceError
from tests.emulators.server import as_json
from tests.emulators.wordpress import Wordpress

VISIBLE = 291


@pytest.fixture
def wordpress() -> Iterator[Wordpress]:
    with Wordpress() as server:
        yield server


def harvest(wordpress: Wordpress, folder: Path, **changes: Any) -> Harvest:
    """A harvest of WordPress alone; hidden records, of which nobody says more, are left out."""
    here = {
        "base_url": wordpress.root,
        "services": {},
        "requests_per_second": 1000.0,
        "concurrency": 4,
    }
    source = load_sources()["tcia"].model_copy(update=here | changes)
    return harvester_for(source).harvest(folder)


def slugs(harvest: Harvest) -> list[str]:
    return [record.build().id.removeprefix("tcia:") for record in harvest.records]


@pytest.mark.parametrize(
    ("kind", "value", "times"),
    [
        ("status", 503, 2),
        ("status", 429, 1),
        ("retry_after", 0.2, 1),
        ("cut", None, 1),
        ("reset", None, 1),
        ("wrong_type", None, None),
    ],
)
def test_what_passes_is_waited_for(
    wordpress: Wordpress, tmp_path: Path, kind: str, value: Any, times: int | None
) -> None:
    wordpress.fail(kind, "page=2", value, times=times)
    assert len(set(slugs(harvest(wordpress, tmp_path)))) == VISIBLE


def test_a_server_that_gives_a_byte_at_a_time_is_read_whole(
    wordpress: Wordpress, tmp_path: Path
) -> None:
    wordpress.fail("slow", "analysis-results/?per_page=100&page=1&fields", 0.0, times=1)
    assert len(slugs(harvest(wordpress, tmp_path))) == VISIBLE


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("status", 404, "answered 404"),
        ("html", None, "HTML page"),
        ("empty", None, "not JSON but nothing"),
        ("huge", 65 << 20, "more than 64 MiB"),
        ("redirect", "http://10.255.255.1/", "private"),
        ("redirect", "file:///etc/passwd", "no web address"),
        ("replace", as_json([]), "not a page of records"),
        ("replace", as_json({"results": {}, "total_pages": 3}), "not a page of records"),
        ("replace", as_json({"results": []}), "not a page of records"),
        ("replace", as_json({"page": 2, "total_pages": 3, "results": []}), "holds 0 records"),
        ("replace", as_json({"page": 1, "total_pages": 3, "results": [1]}), "page 1 came for"),
    ],
)
def test_a_page_that_fails_for_good_fails_the_run(
    wordpress: Wordpress, tmp_path: Path, kind: str, value: Any, told: str
) -> None:
    wordpress.fail(kind, "collections/?per_page=100&page=2&v=1", value)
    with pytest.raises(SourceError, match=told):
        harvest(wordpress, tmp_path)


def test_a_page_that_stays_unavailable_fails_the_run(wordpress: Wordpress, tmp_path: Path) -> None:
    wordpress.fail("status", "page=3", 500)
    with pytest.raises(SourceError, match="answered 500"):
        harvest(wordpress, tmp_path)
    assert len(wordpress.asked("page=3")) == 5


def once(act: Callable[[], None]) -> Callable[[str, int], None]:
    done: list[int] = []

    def between(post: str, page: int) -> None:
        if post == "collections" and page == 1 and not done:
            done.append(page)
            act()

    return between


def test_a_record_added_while_reading_is_not_lost_and_none_comes_twice(
    wordpress: Wordpress, tmp_path: Path
) -> None:
    rows = wordpress.records["collections"]
    new = {**rows[0], "id": 7, "slug": "new", "link": "https://example.org/collection/new/"}
    wordpress.between = once(lambda: rows.insert(0, new))
    found = slugs(harvest(wordpress, tmp_path))
    assert len(found) == len(set(found)) == VISIBLE + 1
    assert "new" in found


def test_a_record_that_vanishes_while_reading_takes_no_other_with_it(
    wordpress: Wordpress, tmp_path: Path
) -> None:
    rows = wordpress.records["collections"]
    gone = rows[0]["slug"]
    wordpress.between = once(lambda: rows.pop(0) and None)
    found = slugs(harvest(wordpress, tmp_path))
    assert len(found) == len(set(found)) == VISIBLE - 1
    assert gone not in found


def test_a_number_of_pages_that_changes_once_is_read_again(
    wordpress: Wordpress, tmp_path: Path
) -> None:
    wordpress.totals = {2: 4}
    wordpress.between = lambda _post, page: wordpress.totals.clear() if page == 3 else None
    assert len(slugs(harvest(wordpress, tmp_path))) == VISIBLE


def test_a_number_of_pages_that_never_settles_fails_the_run(
    wordpress: Wordpress, tmp_path: Path
) -> None:
    wordpress.totals = {2: 4}
    with pytest.raises(SourceError, match="3 pages became 4"):
        harvest(wordpress, tmp_path)


def test_records_that_never_stand_still_fail_the_run(wordpress: Wordpress, tmp_path: Path) -> None:
    rows = wordpress.records["collections"]
    wordpress.between = lambda _post, page: rows.pop(0) and None if page == 1 else None
    with pytest.raises(
        SourceError, match=r"changed while they were read: 23\d of 23\d records came"
    ):
        harvest(wordpress, tmp_path)


def test_a_repository_that_gives_nothing_gives_no_record(
    wordpress: Wordpress, tmp_path: Path
) -> None:
    for rows in wordpress.records.values():
        rows.clear()
    found = harvest(wordpress, tmp_path)
    assert (found.stated, list(found.records)) == (0, [])


@pytest.mark.parametrize(
    "broken",
    [
        {"link": "", "slug": ""},
        {"collection_downloads": [42107, 42109]},
        {"collection_downloads": "see the page"},
        {"subjects": 20, "collection_downloads": [{"id": 5, "license": {"label": ["?"]}}, 7]},
    ],
)
def test_a_record_of_the_wrong_shape_is_set_aside_and_the_others_come(
    wordpress: Wordpress, tmp_path: Path, broken: dict[str, Any]
) -> None:
    wordpress.record("4d-lung").update(broken)
    found = harvest(wordpress, tmp_path)
    good, bad = _parted(found.records)
    assert found.stated == VISIBLE
    assert (len(good), len(bad)) == (VISIBLE - 1, 1)
    assert bad[0].raw["record"]["id"] == 42113


@pytest.mark.parametrize("row", ["a text", None, ["a", "list"], {"slug": "no-id"}])
def test_a_row_that_is_no_record_is_set_aside_or_read_for_what_it_is(
    wordpress: Wordpress, tmp_path: Path, row: Any
) -> None:
    whole = wordpress.records["collections"]
    listed = [{"id": one["id"]} for one in whole[200:]]

    def page(_: Any) -> Any:
        return as_json({"page": 3, "total_pages": 3, "results": [*whole[200:], row]})

    wordpress.fail("replace", "collections/?per_page=100&page=3&v=1", page)
    assert len(listed) == 39
    good, bad = _parted(harvest(wordpress, tmp_path).records)
    assert len(good) + len(bad) == VISIBLE + 1
    assert len(good) >= VISIBLE


def test_no_more_requests_at_once_than_the_source_allows(
    wordpress: Wordpress, tmp_path: Path
) -> None:
    wordpress.latency = 0.02
    slugs(harvest(wordpress, tmp_path, concurrency=2))
    assert wordpress.busiest <= 2


def _parted(records: Iterator[RawRecord]) -> tuple[list[RawRecord], list[RawRecord]]:
    good, bad = [], []
    for record in records:
        try:
            record.build()
            good.append(record)
        except (RecordError, ValidationError):
            bad.append(record)
    return good, bad
