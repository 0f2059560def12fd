"""ISIC's collections become datasets, each with the licences of its images side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.dataset import Access, Method
from schemas.errors import SourceError
from schemas.facts import Facts
from tests.emulators.isic import Isic, collection, credit
from tests.emulators.server import as_json
from tests.harvesters import apis


@pytest.fixture
def repo() -> Iterator[Isic]:
    with Isic() as running:
        yield running


def reading(repo: Isic) -> Any:
    return apis.reader(apis.source("isic", f"{repo.url}/api/v2/"))


def many(count: int) -> list[dict[str, Any]]:
    return [collection(number) for number in range(1, count + 1)]


def test_every_public_collection_becomes_a_dataset(repo: Isic, tmp_path: Path) -> None:
    harvest = reading(repo).harvest(tmp_path)
    found = apis.datasets(harvest)
    assert harvest.stated == len(found) == 3
    one = found["70"]
    assert one.id == "isic:70"
    assert one.kind == "collection"
    assert one.title == "Challenge 2020: Training"
    assert one.description == "Images of skin, collection 70"
    assert one.doi == "10.34970/2020-ds01"
    assert one.landing_url == "https://api.isic-archive.com/collections/70/"
    assert one.images == 7311 + 11108 + 4374
    assert one.bytes == one.images * 1_000_000


def test_a_licence_without_its_version_is_kept_as_text_and_not_believed(
    repo: Isic, tmp_path: Path
) -> None:
    one = apis.datasets(reading(repo).harvest(tmp_path))["249"]
    assert one.licence is None
    assert one.licence_raw == "CC-BY-NC"


def test_a_mix_of_licences_is_a_part_for_each_that_names_its_holders(
    repo: Isic, tmp_path: Path
) -> None:
    one = apis.datasets(reading(repo).harvest(tmp_path))["70"]
    barcelona, new_york = "Hospital Clínic de Barcelona", "Memorial Sloan Kettering Cancer Center"
    vienna = "Medical University of Vienna"
    assert (one.licence, one.licence_raw) == (None, "CC-BY-NC; CC-BY")
    assert [(part.title, part.licence, part.licence_raw) for part in one.distributions] == [
        (f"18,419 images of {barcelona}; {new_york}", None, "CC-BY-NC"),
        (f"4,374 images of {vienna}", None, "CC-BY"),
    ]
    assert [maker.name for maker in one.creators] == [barcelona, new_york, vienna]


def test_one_licence_that_is_certain_is_that_of_the_whole(repo: Isic, tmp_path: Path) -> None:
    one = apis.datasets(reading(repo).harvest(tmp_path))["66"]
    assert (one.licence, one.licence_raw) == ("CC0-1.0", "CC-0")


def test_two_licences_are_not_one_of_them(tmp_path: Path) -> None:
    credits = {1: [credit("CC-0", "One", 2), credit("CC BY 4.0", "Two", 1)]}
    with Isic([collection(1)], credits) as repo:
        (one,) = apis.datasets(reading(repo).harvest(tmp_path)).values()
    assert (one.licence, one.licence_raw) == (None, "CC-0; CC BY 4.0")
    assert [part.licence for part in one.distributions] == ["CC0-1.0", "CC-BY-4.0"]


def test_a_count_that_was_added_up_is_derived_and_one_that_was_read_is_stated(
    repo: Isic, tmp_path: Path
) -> None:
    found = apis.datasets(reading(repo).harvest(tmp_path))
    assert found["70"].provenance["images"].method is Method.DERIVED
    assert found["66"].provenance["images"].method is Method.STATED


def test_what_holds_for_the_archive_is_assumed_of_a_collection(repo: Isic, tmp_path: Path) -> None:
    one = apis.datasets(reading(repo).harvest(tmp_path))["66"]
    assert one.modalities == ["DMS", "XC"]
    assert one.access is Access.OPEN
    assert [part.code for part in one.body_parts] == ["39937001"]
    assert {one.provenance[name].method for name in ("modalities", "access", "body_parts")} == {
        Method.ASSUMED
    }


def test_what_is_known_of_a_collection_is_not_assumed_of_it(repo: Isic, tmp_path: Path) -> None:
    facts = Facts(id="66", title="Dermoscopes only", modalities=["DMS"])
    of = apis.source("isic", f"{repo.url}/api/v2/", datasets=[facts])
    found = apis.datasets(apis.reader(of).harvest(tmp_path))
    assert (found["66"].modalities, found["70"].modalities) == ([], ["DMS", "XC"])


def test_a_private_collection_is_not_kept_even_if_it_is_shown(repo: Isic, tmp_path: Path) -> None:
    repo.mine = {390}
    harvest = reading(repo).harvest(tmp_path)
    assert "390" not in apis.records(harvest)
    assert harvest.stated == 3
    assert not repo.asked("collections/390")


def test_pages_are_followed_here_though_links_name_the_real_host(tmp_path: Path) -> None:
    with Isic(many(110), {}) as repo:
        harvest = reading(repo).harvest(tmp_path)
        assert harvest.stated == len(apis.records(harvest)) == 110
        assert len(repo.asked("/collections/?")) == 2


def test_a_collection_without_images_has_no_count_of_them(tmp_path: Path) -> None:
    with Isic([collection(1)], {}) as repo:
        (one,) = apis.datasets(reading(repo).harvest(tmp_path)).values()
    assert one.images is None
    assert one.distributions == []


def test_a_row_that_comes_twice_as_pages_shift_is_one_row(tmp_path: Path) -> None:
    with Isic(many(101), {}) as repo:
        repo.grows = [collection(900)]
        harvest = reading(repo).harvest(tmp_path)
        assert harvest.stated == len(apis.datasets(harvest)) == 101


def test_a_page_that_is_lost_once_is_walked_for_again(tmp_path: Path) -> None:
    with Isic(many(101), {}) as repo:
        end = as_json({"results": [], "count": None, "next": None, "previous": None})
        repo.fail("replace", "cursor=", end, times=1)
        assert len(apis.datasets(reading(repo).harvest(tmp_path))) == 101


def test_a_page_that_is_lost_twice_holds_the_harvest(tmp_path: Path) -> None:
    with Isic(many(101), {}) as repo:
        end = as_json({"results": [], "count": None, "next": None, "previous": None})
        repo.fail("replace", "cursor=", end)
        with pytest.raises(SourceError, match="100 of 101 rows came, twice"):
            reading(repo).harvest(tmp_path)


def test_a_link_that_leads_back_ends_the_walk(repo: Isic, tmp_path: Path) -> None:
    answer = {"results": repo.collections, "count": 4, "next": "/collections/?limit=100"}
    repo.fail("replace", "/collections/?", as_json(answer))
    with pytest.raises(SourceError, match="back to one before it"):
        reading(repo).harvest(tmp_path)


def test_a_login_page_is_no_list(repo: Isic) -> None:
    repo.fail("html", "/collections/?")
    with pytest.raises(SourceError, match="not JSON but an HTML page"):
        reading(repo).digest()


def test_an_empty_list_is_no_harvest(tmp_path: Path) -> None:
    with Isic([], {}) as repo, pytest.raises(SourceError, match="empty"):
        reading(repo).harvest(tmp_path)


def test_an_answer_without_its_count_is_no_list(repo: Isic, tmp_path: Path) -> None:
    repo.fail("replace", "/collections/?", as_json({"results": repo.collections, "next": None}))
    with pytest.raises(SourceError, match="without its `count`"):
        reading(repo).harvest(tmp_path)


@pytest.mark.parametrize(
    "answer", [{"detail": "maintenance"}, [], {"results": "none", "count": 0}, "text", None]
)
def test_an_answer_of_another_shape_is_no_list(repo: Isic, tmp_path: Path, answer: Any) -> None:
    repo.fail("replace", "/collections/?", as_json(answer))
    with pytest.raises(SourceError, match="without its list"):
        reading(repo).harvest(tmp_path)


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_a_passing_fault_is_passed(repo: Isic, tmp_path: Path, kind: str) -> None:
    repo.fail(kind, "/collections/?", times=1)
    assert len(apis.datasets(reading(repo).harvest(tmp_path))) == 3


def test_credits_that_cannot_be_read_hold_the_harvest(repo: Isic, tmp_path: Path) -> None:
    repo.fail("html", "attribution")
    with pytest.raises(SourceError, match="HTML"):
        apis.records(reading(repo).harvest(tmp_path))


def test_credits_that_are_gone_leave_the_collection_without_counts(
    repo: Isic, tmp_path: Path
) -> None:
    repo.fail("status", "collections/70/attribution", 404)
    found = apis.datasets(reading(repo).harvest(tmp_path))
    assert (found["70"].images, found["70"].licence_raw) == (None, None)
    assert found["66"].images == 25331


@pytest.mark.parametrize("count", [-1, "many", 1.5, True, [2], None])
def test_a_count_that_is_none_puts_its_record_aside(tmp_path: Path, count: Any) -> None:
    credits = {1: [credit("CC-0", "Anonymous", 3), {**credit("CC-0", "B", 0), "count": count}]}
    with Isic(many(2), credits) as repo:
        repo.fail("replace", "size", as_json({"size": 1}))
        why = apis.refusals(reading(repo).harvest(tmp_path))
    assert list(why) == ["1"]
    assert "no count" in why["1"]


def test_hostile_text_is_plain_text_afterwards(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>Skin <b>images</b> of a.person@example.org"
    credits = {1: [credit("<i>CC-0</i>", "<img src=x onerror=alert(1)>Holder", 1)]}
    with Isic([collection(1, name=name)], credits) as repo:
        (one,) = apis.datasets(reading(repo).harvest(tmp_path)).values()
    assert one.title == "Skin images of [e-mail removed]"
    assert one.distributions[0].title == "1 images of Holder"
    assert one.distributions[0].licence == "CC0-1.0"


def test_a_row_without_an_id_that_can_be_one_goes_to_quarantine(tmp_path: Path) -> None:
    rows = [collection(1), collection(0, id="../users"), collection(0, id=None)]
    rows.append(collection(1, name="Another"))
    with Isic(rows, {}) as repo:
        harvest = reading(repo).harvest(tmp_path)
        assert set(apis.refusals(harvest)) == {"row-1", "row-2", "row-3"}
        assert not repo.asked("users")


def test_nothing_is_kept_of_a_collection_but_what_is_read(tmp_path: Path) -> None:
    with Isic([collection(1, owner={"email": "a.person@example.org"})], {}) as repo:
        (one,) = apis.records(reading(repo).harvest(tmp_path)).values()
    assert set(one.raw) == {"id", "name", "description", "doi", "public", "details"}


def test_the_digest_is_of_the_list_alone_and_costs_little(tmp_path: Path) -> None:
    with Isic(many(40), {}) as repo:
        before = reading(repo).digest()
        assert len(repo.log) == 1
        repo.forget()
        apis.records(reading(repo).harvest(tmp_path))
        assert len(repo.log) == 1 + 2 * 40
        repo.collections.reverse()
        assert reading(repo).digest() == before
        repo.collections[0] = collection(40, name="Renamed")
        assert reading(repo).digest() != before
