"""What the served site answers over HTTP: headers, errors, limits, closed doors."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

STRICT = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
    "font-src 'self'", "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
    "frame-ancestors 'none'",
}  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["/", "/cohort", "/healthz", "/site", "/site/datasets.json", "/static/site.css",
     "/dataset/idc:none", "/?colour=red", "/nothing/here/at/all", "/-/metadata"],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(server: str, path: str) -> None:
    headers = httpx.get(server + path).headers
    assert set(headers["content-security-policy"].split("; ")) == STRICT
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers.get_list("referrer-policy", split_commas=False) == ["no-referrer"]


def test_an_unknown_facet_is_refused_in_one_clear_line(server: str) -> None:
    answer = httpx.get(f"{server}/cohort?modalty=MR")
    assert answer.status_code == 400
    (line,) = [line for line in answer.text.splitlines() if 'id="what"' in line]
    assert "unknown facet &#39;modalty&#39;. Did you mean &#39;modality&#39;?" in line


@pytest.mark.parametrize("query", ["age_min=old", "page=0", "page=x", "sort=random", "size=100000"])
def test_a_malformed_parameter_is_refused(server: str, query: str) -> None:
    assert httpx.get(f"{server}/cohort?{query}").status_code == 400


def test_an_unknown_dataset_suggests_a_search(server: str) -> None:
    answer = httpx.get(f"{server}/dataset/idc:prostrate_x")
    assert answer.status_code == 404
    assert 'value="prostrate x"' in answer.text


def test_a_dataset_is_found_by_its_percent_encoded_id(server: str) -> None:
    assert httpx.get(f"{server}/dataset/idc%3Aprostatex").status_code == 200


def test_an_error_of_the_json_interface_is_json(server: str) -> None:
    answer = httpx.get(f"{server}/site/nothing.json")
    assert answer.status_code == 404
    assert answer.json()["ok"] is False


@pytest.mark.parametrize(
    "path",
    ["/-/metadata", "/-/databases.json", "/-/plugins", "/-/threads", "/-/patterns", "/site.db"],
)
def test_what_shows_the_machine_or_the_whole_file_is_closed(server: str, path: str) -> None:
    assert httpx.get(server + path).status_code in (403, 404)


@pytest.mark.parametrize(
    "sql",
    [
        "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
        "delete from datasets",
        "attach '/tmp/x.db' as x",
        "select * from missing",
    ],
)
def test_sql_that_writes_or_runs_away_is_refused(server: str, sql: str) -> None:
    answer = httpx.get(f"{server}/site.json", params={"sql": sql}, timeout=30)
    assert answer.status_code == 400
    assert httpx.get(f"{server}/site/datasets.json?_size=1").json()["rows"]


def test_health_names_the_release_that_is_served(server: str, release_home: Path) -> None:
    served = httpx.get(f"{server}/healthz").json()
    current = json.loads((release_home / "current" / "release.json").read_text())
    assert served == {"ok": True, "release": current["id"]}


def test_the_cohort_page_stays_light(server: str) -> None:
    assert len(httpx.get(f"{server}/cohort").content) < 150_000


def test_our_own_files_are_kept_by_the_browser_until_they_change(server: str) -> None:
    page = httpx.get(server).text
    href = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = httpx.get(server + href)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in httpx.get(f"{server}/static/site.css").headers["cache-control"]


def test_a_page_that_the_browser_has_is_not_sent_again(server: str) -> None:
    first = httpx.get(f"{server}/cohort?modality=MR")
    tag = first.headers["etag"]
    again = httpx.get(f"{server}/cohort?modality=MR", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    other = httpx.get(f"{server}/cohort?modality=MR", headers={"If-None-Match": 'W/"older"'})
    assert other.content == first.content


def test_the_tag_of_a_page_is_found_among_others_and_compared_weakly(server: str) -> None:
    tag = httpx.get(f"{server}/sources").headers["etag"]
    for named in (f'"a", {tag}', f'{tag} ,W/"b"', tag.removeprefix("W/"), "*"):
        assert httpx.get(f"{server}/sources", headers={"If-None-Match": named}).status_code == 304
    assert httpx.get(f"{server}/sources", headers={"If-None-Match": '"*"'}).status_code == 200


@pytest.mark.parametrize("named", [None, "*"])
def test_a_dataset_that_is_not_there_is_never_unchanged(server: str, named: str | None) -> None:
    tag = named or httpx.get(f"{server}/dataset/idc:prostatex").headers["etag"]
    statuses = [
        httpx.get(f"{server}/dataset/{key}", headers={"If-None-Match": tag}).status_code
        for key in ("idc:prostatex", "idc:none")
    ]
    assert statuses == [304, 404]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/cohort", "/dataset/idc:prostatex", "/site/findings"])
def test_a_page_is_only_read(server: str, path: str, method: str) -> None:
    answer = httpx.request(method, server + path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert set(answer.headers["content-security-policy"].split("; ")) == STRICT
    assert httpx.head(server + path).status_code == 200


def test_a_slash_after_a_dataset_leads_to_its_page(server: str) -> None:
    answer = httpx.get(f"{server}/dataset/idc%3Aprostatex/")
    assert (answer.status_code, answer.headers["location"]) == (301, "/dataset/idc:prostatex")
    elsewhere = httpx.get(f"{server}/dataset//example.org/").headers["location"]
    assert elsewhere == "/dataset/%2Fexample.org"


def test_control_characters_are_no_part_of_a_text(server: str) -> None:
    for page in ("/", "/cohort"):
        text = httpx.get(f"{server}{page}?q=pro%00sta%1Bte%0At2%C2%9F").text
        assert 'value="prostate t2"' in text


@pytest.mark.parametrize("page", ["/", "/cohort"])
def test_a_query_of_very_many_values_is_refused_and_one_of_many_stays_light(
    server: str, page: str
) -> None:
    def chosen(count: int, value: str = "v") -> httpx.Response:
        return httpx.get(server + page, params=[("modality", f"{value}{n}") for n in range(count)])

    assert chosen(51).status_code == 400
    assert "more than 50 values are chosen" in chosen(51).text
    assert chosen(50, "v" * 80).status_code == 400
    many = chosen(50, "v" * 60)
    assert many.status_code == 200
    assert len(many.content) < 600_000


def test_a_long_list_says_where_it_ends_and_what_to_do(server: str) -> None:
    text = httpx.get(f"{server}/cohort?page=10000").text
    assert 'rel="next"' not in text
    assert "The list is shown to page 10,000. To see the rest, narrow it, or write" in text
    assert 'rel="next"' in httpx.get(f"{server}/cohort?page=9999").text
    assert "The list is shown" not in httpx.get(f"{server}/cohort?dataset_id=idc:prostatex").text


@pytest.mark.parametrize("query", ["_sort=nope", "_sort_desc=nope", "_sort=field&_sort_desc=field"])
def test_a_table_that_cannot_be_sorted_so_says_that_the_request_is_wrong(
    server: str, query: str
) -> None:
    assert httpx.get(f"{server}/site/findings?{query}").status_code == 400
    assert httpx.get(f"{server}/site/findings.json?{query}").json()["status"] == 400


def test_a_table_page_says_what_its_columns_hold(server: str) -> None:
    text = httpx.get(f"{server}/site/findings").text
    assert "<dt><code>evidence</code></dt><dd>The value, masked" in text
