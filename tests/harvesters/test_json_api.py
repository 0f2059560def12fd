"""An API of another repository is one source file: its pages, tables, conditions and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harvesters.base import Harvester, harvester_for
from harvesters.json_api.paths import meets, projected, values
from schemas.api import Api, Keep
from schemas.dataset import Method
from schemas.errors import SourceError
from tests.emulators.girder import ACDC, CAMUS, CAMUS_PATIENTS, Girder
from tests.emulators.nda import Nda, structure
from tests.emulators.server import Emulator, Reply, Request, as_json
from tests.harvesters import apis

OF_FIVE = ("camus", "isic", "kaggle", "nda", "ukbiobank")


class Paged(Emulator):
    """Forty-five rows behind a word for the next page, or as the table that `table` holds."""

    def __init__(self, table: bytes = b"") -> None:
        super().__init__()
        self.table = table

    def answer(self, request: Request) -> Reply:
        """A page, or the table."""
        if request.path == "/table":
            return Reply(self.table, type="text/csv")
        start = int((request.one("token") or "t0")[1:])
        rows = [{"id": n, "title": f"Row {n}"} for n in range(start, min(start + 20, 45))]
        following = f"t{start + 20}" if start + 20 < 45 else ""
        return as_json({"data": {"rows": rows}, "nextPageToken": following})


@pytest.fixture
def girder() -> Iterator[Girder]:
    with Girder() as running:
        yield running


def camus(repo: Girder) -> Harvester:
    return apis.reader(apis.source("camus", f"{repo.url}/api/v1/"))


@pytest.fixture
def table() -> Iterator[Callable[..., Harvester]]:
    """Makes the reader of a table, which is served until the test ends."""
    with ExitStack() as served:

        def reading(text: bytes, **api: Any) -> Harvester:
            repo = served.enter_context(Paged(text))
            of = apis.declared(repo.url, path="table", **{"format": "csv", **api})
            return apis.reader(of)

        yield reading


def test_rows_behind_a_word_for_the_next_page_are_read_to_the_end(tmp_path: Path) -> None:
    pager = {"kind": "token", "param": "token", "next": "nextPageToken"}
    with Paged() as repo:
        of = apis.declared(repo.url, path="list", rows="data.rows", pager=pager)
        found = apis.datasets(apis.reader(of).harvest(tmp_path))
    assert [one.title for one in found.values()] == [f"Row {n}" for n in range(45)]


def test_rows_behind_an_offset_are_read_to_the_end(girder: Girder, tmp_path: Path) -> None:
    pager = {"kind": "offset", "param": "offset", "size": 50, "size_param": "limit"}
    of = apis.declared(
        girder.url,
        path="folder",
        params={"parentType": "folder", "parentId": CAMUS_PATIENTS},
        pager=pager,
        id="_id",
        fields={"title": "name"},
    )
    assert len(apis.datasets(apis.reader(of).harvest(tmp_path))) == 500
    assert len(girder.log) == 11


def test_a_list_without_end_is_refused(girder: Girder, tmp_path: Path) -> None:
    pager = {"kind": "offset", "param": "start", "size": 50, "size_param": "limit", "most": 3}
    params = {"parentType": "folder", "parentId": CAMUS_PATIENTS}
    of = apis.declared(girder.url, path="folder", params=params, pager=pager, id="_id")
    with pytest.raises(SourceError, match="no end after 3 pages"):
        apis.reader(of).harvest(tmp_path)


def test_both_sets_of_the_heart_are_read_by_their_ids(girder: Girder, tmp_path: Path) -> None:
    found = apis.datasets(camus(girder).harvest(tmp_path))
    assert set(found) == {"CAMUS", "ACDC"}
    assert found["CAMUS"].subjects == 500
    assert found["CAMUS"].bytes == 2_210_000_000
    assert found["CAMUS"].landing_url == (
        f"https://humanheart-project.creatis.insa-lyon.fr/database/#collection/{CAMUS}"
    )
    assert found["ACDC"].subjects is None
    assert found["ACDC"].kind == "challenge"


def test_a_zip_that_is_made_while_it_is_sent_has_no_checksum(
    girder: Girder, tmp_path: Path
) -> None:
    client = camus(girder).client
    address = f"{girder.url}/api/v1/folder/{CAMUS_PATIENTS}/download"
    assert client.get(address).body != client.get(address).body
    for facts in apis.packaged()["camus"].datasets:
        assert [part.checksum for part in facts.distributions] == [None]
    apis.records(camus(girder).harvest(tmp_path))
    assert len(girder.asked("download")) == 2


@pytest.mark.parametrize("gone", [True, False])
def test_a_collection_that_is_not_shown_is_left_to_the_facts(
    girder: Girder, tmp_path: Path, *, gone: bool
) -> None:
    if gone:
        del girder.collections[1]
    else:
        girder.collections[1]["public"] = False
    assert set(apis.datasets(camus(girder).harvest(tmp_path))) == {"CAMUS"}


def test_no_owner_of_a_collection_is_kept(girder: Girder, tmp_path: Path) -> None:
    girder.collections[0]["creatorId"] = "5f00000000000000000000aa"
    record = apis.records(camus(girder).harvest(tmp_path))["CAMUS"]
    assert set(record.raw) == {
        "_id", "name", "description", "size", "created", "updated", "named", "details"
    }  # fmt: skip


def test_forms_of_imaging_are_parts_of_one_record_and_no_datasets(tmp_path: Path) -> None:
    with Nda() as repo:
        reader = apis.reader(apis.source("nda", f"{repo.url}/api/"))
        (one,) = apis.datasets(reader.harvest(tmp_path)).values()
    assert one.id == "nda:nda"
    assert one.title == "NIMH Data Archive: imaging data"
    assert one.provenance["title"].method is Method.CURATED
    assert [related.value for related in one.related if related.scheme == "URL"] == [
        "https://nda.nih.gov/data-structure/image03",
        "https://nda.nih.gov/data-structure/fmriresults01",
        "https://nda.nih.gov/data-structure/eeg_sub_files01",
    ]
    assert "IsDescribedBy" in {related.relation for related in one.related}
    assert (one.subjects, one.images, one.series) == (None, None, None)


def test_the_archives_part_that_is_known_is_named_once(tmp_path: Path) -> None:
    with Nda() as repo:
        reader = apis.reader(apis.source("nda", f"{repo.url}/api/"))
        (one,) = apis.datasets(reader.harvest(tmp_path)).values()
    known = [r for r in one.related if r.value.endswith("/image03")]
    assert len(known) == 1


def test_a_form_whose_name_leads_elsewhere_is_no_part(tmp_path: Path) -> None:
    rows = [structure("image03", "Image"), structure("../../login?x=", "Not an image")]
    with Nda(rows) as repo:
        reader = apis.reader(apis.source("nda", f"{repo.url}/api/"))
        (one,) = apis.datasets(reader.harvest(tmp_path)).values()
    assert "login" not in str(one.related)


def test_a_dictionary_without_images_is_no_harvest(tmp_path: Path) -> None:
    with Nda([structure("x01", "Some", "Omics")]) as repo:
        reader = apis.reader(apis.source("nda", f"{repo.url}/api/"))
        assert apis.records(reader.harvest(tmp_path)) == {}


def test_a_table_with_a_quoted_newline_is_read(
    table: Callable[..., Harvester], tmp_path: Path
) -> None:
    reader = table(b'id,title,title2\n1,"CT, of\nthe head",x\n2,MRI,y\n')
    found = apis.datasets(reader.harvest(tmp_path))
    assert [one.title for one in found.values()] == ["CT, of the head", "MRI"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_a_table_is_read_in_any_of_its_encodings(
    table: Callable[..., Harvester], tmp_path: Path, encoding: str
) -> None:
    reader = table("id,title\n1,Röntgen\n".encode(encoding))
    (one,) = apis.datasets(reader.harvest(tmp_path)).values()
    assert one.title == "Röntgen"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"number,title\n1,CT\n", "a table without id"),
        (b"id,title\n1,CT,extra\n", "another length"),
        (b'id,title\n1,"CT\n', "no table"),
        (b"", "no table"),
        (b"id,title\n", "empty"),
        (b"<!DOCTYPE html><html>log in</html>", "without id|no table"),
    ],
)
def test_what_is_no_such_table_is_refused(
    table: Callable[..., Harvester], tmp_path: Path, text: bytes, why: str
) -> None:
    with pytest.raises(SourceError, match=why):
        table(text).harvest(tmp_path)


def test_every_kind_of_field_is_read_as_its_kind(
    table: Callable[..., Harvester], tmp_path: Path
) -> None:
    header = b"id,title,doi,modality,organ,disease,by,when,people,page\n"
    row = b"a/1,Set,https://doi.org/10.5281/ZENODO.1,MRI,Brain,Glioma,Doe Jane,2020-02-03,12,%s\n"
    fields = {
        "title": "title", "doi": "doi", "modalities": "modality", "body_parts": "organ",
        "conditions": "disease", "creators": "by", "published": "when", "subjects": "people",
        "landing_url": "page",
    }  # fmt: skip
    text = header + row % b"https://example.org/1" + row.replace(b"a/1", b"2") % b"javascript:x()"
    found = apis.datasets(table(text, fields=fields).harvest(tmp_path))
    one = found["a/1"]
    assert one.doi == "10.5281/zenodo.1"
    assert (one.modalities, one.modalities_raw) == (["MR"], ["MRI"])
    assert [(part.label, part.code) for part in one.body_parts] == [("Brain", "12738006")]
    assert [term.raw for term in one.conditions] == ["Glioma"]
    assert [maker.name for maker in one.creators] == ["Doe Jane"]
    assert one.published is not None and one.published.isoformat() == "2020-02-03T00:00:00+00:00"
    assert one.subjects == 12
    assert one.landing_url == "https://example.org/1"
    assert found["2"].landing_url is None


@pytest.mark.parametrize(
    ("column", "value"),
    [("subjects", "12 people"), ("subjects", "-1"), ("subjects", "9" * 30), ("created", "soon")],
)
def test_a_value_that_its_field_cannot_have_puts_the_record_aside(
    table: Callable[..., Harvester], tmp_path: Path, column: str, value: str
) -> None:
    text = f"id,title,{column}\n1,CT,{value}\n2,MRI,\n".encode()
    reader = table(text, fields={"title": "title", column: column})
    assert list(apis.refusals(reader.harvest(tmp_path))) == ["1"]


@pytest.mark.parametrize(
    ("api", "why"),
    [
        ({"pager": {"kind": "scroll"}}, "'next', 'offset', 'page' or 'token'"),
        ({"pager": {"kind": "page", "param": "page"}}, "needs `param` and `size`"),
        ({"pager": {"kind": "next"}}, "needs `next`"),
        ({"fields": {"name": "title"}}, "Input should be 'title'"),
        ({"fields": {"title": "{a}{b}"}}, "more than one path in braces"),
        ({"fields": {"doi": "doi"}}, "where the title is"),
        ({"path": None}, "neither a list"),
        ({"part": True}, "need the address of `one`"),
        ({"keep": [{"paths": ["a"]}]}, "one of `equals`, `begins` and `words`"),
        ({"details": [{"name": "more", "address": "more"}]}, "one path in braces"),
        ({"every": {"modalities": ["MRI"]}}, "no DICOM modality codes"),
        ({"pages": 3}, "Extra inputs are not permitted"),
    ],
)
def test_a_declaration_that_says_nothing_sensible_is_refused(api: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Api.model_validate({"id": "id", "path": "list", "fields": {"title": "title"}} | api)


def test_a_source_without_its_declaration_says_so(tmp_path: Path) -> None:
    bare = apis.packaged()["isic"].model_copy(update={"api": None})
    with pytest.raises(SourceError, match="not declared"):
        harvester_for(bare, tmp_path / "cache.db").digest()


def test_what_a_whole_harvest_asks_is_told_without_asking() -> None:
    for key in OF_FIVE:
        reader = harvester_for(apis.packaged()[key])
        assert all(line.startswith("GET https://") for line in reader.asks())
        assert reader.traffic["requests"] == 0


def test_the_five_have_their_row_of_the_review_and_a_dataset_each() -> None:
    sources = apis.packaged()
    assert {key: len(sources[key].datasets) for key in OF_FIVE} == {
        "camus": 2, "isic": 1, "kaggle": 3, "nda": 1, "ukbiobank": 7
    }  # fmt: skip
    assert all(sources[key].seed is not None for key in OF_FIVE)


@pytest.mark.parametrize("key", OF_FIVE)
def test_no_licence_rules_where_none_is_certain(key: str) -> None:
    source = apis.packaged()[key]
    assert source.licence is None
    assert {facts.licence for facts in source.datasets} == {None}


def test_the_id_of_a_dataset_of_another_host_is_not_asked_of_it(
    girder: Girder, tmp_path: Path
) -> None:
    apis.records(camus(girder).harvest(tmp_path))
    assert set(girder.asked()) == {
        f"/api/v1/collection/{CAMUS}",
        f"/api/v1/collection/{ACDC}",
        f"/api/v1/folder/{CAMUS_PATIENTS}/details",
    }


def test_a_path_goes_through_lists_and_braces_make_a_text_of_each() -> None:
    row = {"a": [{"b": "x"}, {"b": None}, {"c": 1}, {"b": ["y/z", "../w", ""]}], "n": 0}
    assert values(row, "a.b") == ["x", "y/z", "../w"]
    assert values(row, "at/{a.b}/end") == ["at/x/end", "at/y/z/end"]
    assert values(row, "n") == [0]
    assert values(row, "a.b.c.d") == []


def test_only_what_lies_at_the_paths_is_kept() -> None:
    row = {"a": [{"b": 1, "c": 2}], "d": {"e": 3}, "f": 4}
    assert projected(row, ["a.b", "x/{d}", "none"]) == {"a": [{"b": 1}], "d": {"e": 3}}


@pytest.mark.parametrize(
    ("said", "value", "met"),
    [
        ({"words": ["ct"]}, "Chest CT, contrast", True),
        ({"words": ["ct"]}, "Actors", False),
        ({"words": ["x-ray"]}, "CHEST X-RAY", True),
        ({"equals": [True]}, True, True),
        ({"equals": [True]}, False, False),
        ({"equals": ["Imaging"]}, "imaging", True),
        ({"begins": "A > B"}, "A > B > C", True),
        ({"begins": "A > B"}, "C > A > B", False),
        ({"words": ["ct"]}, None, False),
    ],
)
def test_a_condition_is_met_or_not(said: dict[str, Any], value: Any, *, met: bool) -> None:
    assert meets({"a": value}, [Keep.model_validate({"paths": ["a"], **said})]) is met


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=10,
)


@given(JSON)
def test_no_row_breaks_a_path(row: Any) -> None:
    assert None not in values(row, "a.b")
    assert all(".." not in text for text in values(row, "{a.b}"))
    projected(row, ["a.b", "b"])


def test_a_row_does_not_speak_in_our_name(tmp_path: Path) -> None:
    forged = {"local": "another", "more": 1}
    row = {"id": 1, "title": "T", "named": forged, "read": "x", "details": {"size": 5}}
    with Paged() as repo:
        repo.fail("replace", at="/list", value=as_json([row]))
        of = apis.declared(
            repo.url, path="list", fields={"title": "title", "bytes": "details.size"}
        )
        found = apis.datasets(apis.reader(of).harvest(tmp_path))
    assert set(found) == {"1"}
    assert found["1"].bytes is None


@pytest.mark.parametrize(
    "header", [b"id,title,persons\n", b"id,title,people,people\n", b"id,title\n"]
)
def test_a_table_without_a_column_that_is_read_or_with_two_is_refused(
    table: Callable[..., Harvester], tmp_path: Path, header: bytes
) -> None:
    row = b",".join([b"1"] * (header.count(b",") + 1)) + b"\n"
    reader = table(header + row, fields={"title": "title", "subjects": "people"})
    with pytest.raises(SourceError, match="a table without people, once each"):
        reader.harvest(tmp_path)


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://example.org/a?b=c@d#e", True),
        ("http://example.org", True),
        ("https://example.org@evil.example/a", False),
        ("https://me:secret@example.org/", False),
        ("https://example.org/\x1b[31mred", False),
        ("https://example.org/\u202egpj", False),
        ("javascript:alert(1)//https://example.org", False),
    ],
)
def test_an_address_that_hides_something_is_none(
    tmp_path: Path, address: str, *, taken: bool
) -> None:
    with Paged() as repo:
        repo.fail("replace", at="/list", value=as_json([{"id": 1, "title": "T", "page": address}]))
        fields = {"title": "title", "landing_url": "page"}
        of = apis.declared(repo.url, path="list", fields=fields)
        found = apis.datasets(apis.reader(of).harvest(tmp_path))["1"]
    assert (found.landing_url == address) is taken


def test_nothing_is_kept_of_what_is_no_row(tmp_path: Path) -> None:
    rows = [{"id": 1, "title": "T"}, "Jane Doe, born 1950", ["Jane Doe"]]
    with Paged() as repo:
        repo.fail("replace", at="/list", value=as_json(rows))
        of = apis.declared(repo.url, path="list")
        found = apis.records(apis.reader(of).harvest(tmp_path))
    assert len(found) == 3
    assert "Jane" not in str([one.raw for one in found.values()])
