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


def test_a_table_page_says_what_its_columns_hold(server: str) -> None:
    text = httpx.get(f"{server}/site/findings").text
    assert "<dt><code>evidence</code></dt><dd>The value, masked" in text
