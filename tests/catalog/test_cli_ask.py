"""`cohort`, `select` and `query` ask over every series."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Fairscan

Index = Callable[[str], list[tuple[Any, ...]]]
PROSTATE_MR = ("--modality", "MR", "--body-part", "Prostate")
_MR = "Modality = 'MR' AND upper(BodyPartExamined) = 'PROSTATE'"


def test_a_cohort_counts_what_sql_on_the_index_counts(
    fairscan: Fairscan, release_home: Path, index: Index
) -> None:
    found = fairscan.json("cohort", *PROSTATE_MR, home=release_home)
    ((series, subjects, datasets, files, size),) = index(
        "SELECT count(*), count(DISTINCT (collection_id, PatientID)), "
        "count(DISTINCT collection_id), sum(instanceCount)::BIGINT, "
        f"sum(round(series_size_MB * 1e6)::BIGINT)::BIGINT FROM idx WHERE {_MR}"
    )
    assert series > 10_000
    counted = {
        name: found[name] for name in ("series", "subjects", "datasets", "instances", "bytes")
    }
    assert counted == {
        "series": series,
        "subjects": subjects,
        "datasets": datasets,
        "instances": files,
        "bytes": size,
    }


def test_a_cohort_may_be_narrowed_by_sql(
    fairscan: Fairscan, release_home: Path, index: Index
) -> None:
    found = fairscan.json("cohort", *PROSTATE_MR, "--where", "instances > 100", home=release_home)
    ((series,),) = index(f"SELECT count(*) FROM idx WHERE {_MR} AND instanceCount > 100")
    assert found["series"] == series > 0


def test_a_cohort_may_be_grouped_by_a_facet(
    fairscan: Fairscan, release_home: Path, index: Index
) -> None:
    found = fairscan.json("cohort", *PROSTATE_MR, "--group-by", "dataset", home=release_home)
    counted = index(f"SELECT 'idc:' || collection_id, count(*) FROM idx WHERE {_MR} GROUP BY 1")
    assert found["facets"] == {"dataset_id": dict(counted)}


def test_a_cohort_in_words_starts_with_its_totals(fairscan: Fairscan, release_home: Path) -> None:
    done = fairscan("cohort", "--dataset", "idc:prostatex", home=release_home)
    assert done.returncode == 0
    assert done.stdout.startswith("19,177 series, 346 subjects, 1 datasets, ")


@pytest.mark.parametrize(
    "where",
    [
        "instances >",
        "no_such_column = 1",
        "",
        "1 = 1; DROP TABLE series",
        "1 = 1 -- note",
        "1 = 1) IS TRUE) OR ((1 = 1",
        "'",
        "series IN (SELECT * FROM read_csv('/etc/passwd'))",
        "'a word'",
    ],
)
@pytest.mark.parametrize("command", [["cohort"], ["select", "-o", "-"]])
def test_a_malformed_condition_is_wrong_usage_in_one_line(
    fairscan: Fairscan, release_home: Path, command: list[str], where: str
) -> None:
    fairscan.refuses(*command, "--where", where, home=release_home, code=2)


@pytest.mark.parametrize("where", ["series = 'x' OR true", "series = 'x') OR (1 = 1"])
def test_a_condition_narrows_what_the_facets_chose_and_never_widens_it(
    fairscan: Fairscan, release_home: Path, where: str
) -> None:
    chosen = ("--dataset", "idc:qiba_ct_liver_phantom", "--where", where)
    assert fairscan.json("cohort", *chosen, home=release_home)["series"] == 684
    told = fairscan.json("select", *chosen, "-o", "x", "--dry-run", home=release_home)
    assert told["series"] == 684


def test_a_facet_to_group_by_that_does_not_exist_is_refused(
    fairscan: Fairscan, release_home: Path
) -> None:
    line = fairscan.refuses("cohort", "--group-by", "manufacturers", home=release_home, code=2)
    assert line.startswith("unknown facet 'manufacturers'. Did you mean 'manufacturer'?")


def test_select_writes_a_manifest_of_the_cohort(
    fairscan: Fairscan, release_home: Path, tmp_path: Path, index: Index
) -> None:
    target = tmp_path / "subset.json"
    told = fairscan.json("select", *PROSTATE_MR, "-o", target, home=release_home)
    manifest = json.loads(target.read_text(encoding="utf-8"))
    ((series, size, files),) = index(
        "SELECT count(*), sum(round(series_size_MB * 1e6)::BIGINT)::BIGINT, "
        f"sum(instanceCount)::BIGINT FROM idx WHERE {_MR}"
    )
    totals = manifest["totals"]
    assert (totals["series"], totals["bytes"], totals["instances"]) == (series, size, files)
    assert len(manifest["series"]) == series
    assert sum(line["bytes"] for line in manifest["series"]) == size
    chosen = index(f"SELECT SeriesInstanceUID FROM idx WHERE {_MR}")
    assert {line["series"] for line in manifest["series"]} == {row[0] for row in chosen}
    cited = index(f"SELECT DISTINCT lower(source_DOI) FROM idx WHERE {_MR}")
    assert {part["doi"] for part in manifest["parts"]} == {row[0] for row in cited}
    licences = index(f"SELECT DISTINCT license_short_name FROM idx WHERE {_MR}")
    assert {part["licence_raw"] for part in manifest["parts"]} == {row[0] for row in licences}
    assert manifest["release"] == (release_home / "current").resolve().name
    assert told["content_sha256"] == manifest["content_sha256"]
    assert told["series"] == series


def test_a_manifest_has_one_line_a_series_and_no_rest_is_left_beside_it(
    fairscan: Fairscan, release_home: Path, tmp_path: Path
) -> None:
    target = tmp_path / "subset.json"
    fairscan("select", "--dataset", "idc:phantom_fda", "-o", target, home=release_home)
    lines = [line for line in target.read_text().splitlines() if line.startswith('{"source"')]
    assert len(lines) == 4433
    assert all(json.loads(line.rstrip(",")) for line in lines[:100])
    assert list(tmp_path.iterdir()) == [target]


def test_the_same_subset_has_the_same_content_hash(
    fairscan: Fairscan, release_home: Path, tmp_path: Path
) -> None:
    hashes = [
        fairscan.json("select", *cohort, "-o", tmp_path / name, home=release_home)["content_sha256"]
        for name, cohort in (
            ("a", ["--dataset", "idc:phantom_fda"]),
            ("b", ["--where", "dataset_id = 'idc:phantom_fda'"]),
            ("c", ["--dataset", "idc:phantom_fda", "--where", "instances > 200"]),
        )
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_select_writes_to_stdout(fairscan: Fairscan, release_home: Path) -> None:
    done = fairscan(
        "select", "--dataset", "idc:qiba_ct_liver_phantom", "-o", "-", home=release_home
    )
    assert done.returncode == 0 and done.stderr == ""
    assert len(json.loads(done.stdout)["series"]) == 684


def test_a_dry_run_tells_the_totals_and_writes_nothing(
    fairscan: Fairscan, release_home: Path, tmp_path: Path
) -> None:
    target = tmp_path / "subset.json"
    done = fairscan("select", *PROSTATE_MR, "-o", target, "--dry-run", home=release_home)
    assert done.returncode == 0
    assert done.stdout.startswith("would select ") and "DOIs to cite" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_empty_cohort_is_wrong_usage_and_writes_nothing(
    fairscan: Fairscan, release_home: Path, tmp_path: Path
) -> None:
    line = fairscan.refuses(
        "select", "--modality", "MR", "--dataset", "idc:phantom_fda", "-o", tmp_path / "x.json",
        home=release_home, code=2,
    )  # fmt: skip
    assert line == "no series matches. Widen it; see: fairscan cohort"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["missing/subset.json", "file/subset.json", "."])
def test_a_target_that_cannot_be_written_is_one_line(
    fairscan: Fairscan, release_home: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").write_text("not a folder")
    target = tmp_path / name
    line = fairscan.refuses(
        "select", "--dataset", "idc:qiba_ct_liver_phantom", "-o", target, home=release_home, code=1
    )
    assert str(tmp_path) in line
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_target_that_exists_is_replaced_whole_or_kept(
    fairscan: Fairscan, release_home: Path, tmp_path: Path
) -> None:
    target = tmp_path / "subset.json"
    target.write_text("before")
    fairscan.refuses("select", "--text", "zzzz qqqq", "-o", target, home=release_home, code=2)
    assert target.read_text() == "before"
    fairscan("select", "--dataset", "idc:qiba_ct_liver_phantom", "-o", target, home=release_home)
    assert json.loads(target.read_text())["totals"]["series"] == 684


def test_query_answers_a_select(fairscan: Fairscan, release_home: Path) -> None:
    asked = "SELECT count(*) AS n, count(DISTINCT dataset_id) AS collections FROM series"
    assert fairscan.json("query", asked, home=release_home) == [
        {"n": 1_044_191, "collections": 179}
    ]


def test_query_prints_a_limited_table_and_says_so(fairscan: Fairscan, release_home: Path) -> None:
    done = fairscan(
        "query", "SELECT id FROM datasets ORDER BY id", "--limit", "2", home=release_home
    )
    assert done.stdout.count("idc:") == 2
    assert done.stderr == "only the first 2 rows are shown; --limit shows more\n"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO runs SELECT * FROM runs",
        "DELETE FROM datasets",
        "CREATE TABLE mine AS SELECT 1",
        "COPY datasets TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/new.db'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/*')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM nothing_here",
        "SELEC 1",
        "SELECT 1; SELECT 2",
        "",
    ],
)
def test_a_statement_that_is_no_question_to_the_release_is_refused(
    fairscan: Fairscan, release_home: Path, tmp_path: Path, sql: str
) -> None:
    fairscan.refuses("query", sql.format(folder=tmp_path), home=release_home, code=2)
    assert list(tmp_path.iterdir()) == []


def test_a_query_that_runs_away_is_stopped(fairscan: Fairscan, release_home: Path) -> None:
    line = fairscan.refuses(
        "query",
        "SELECT count(*) FROM range(10000000000) a, range(1000) b",
        "--timeout",
        "1",
        home=release_home,
        code=2,
    )
    assert line.startswith("the query ran longer than 1 s and was stopped")


def test_a_query_that_eats_memory_is_stopped(fairscan: Fairscan, release_home: Path) -> None:
    line = fairscan.refuses(
        "query", "SELECT list(repeat(series, 1000)) FROM series", home=release_home, code=2
    )
    assert "Ask for less at once" in line


def test_the_content_hash_is_that_of_the_series_lines(
    fairscan: Fairscan, release_home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "subset.json"
    fairscan("select", "--modality", "US", "-o", out, home=release_home)
    lines = [
        line.removesuffix(",")
        for line in out.read_text(encoding="utf-8").splitlines()
        if line.startswith('{"source"')
    ]
    assert len(lines) == 2_249
    recomputed = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    assert json.loads(out.read_text(encoding="utf-8"))["content_sha256"] == recomputed


def test_a_facet_value_is_found_in_any_case(fairscan: Fairscan, release_home: Path) -> None:
    exact = fairscan.json("cohort", "--body-part", "Prostate", home=release_home)
    assert fairscan.json("cohort", "--body-part", "PROSTATE", home=release_home) == exact


def test_a_facet_value_that_no_series_has_is_refused_with_the_nearest(
    fairscan: Fairscan, release_home: Path
) -> None:
    line = fairscan.refuses("cohort", "--body-part", "Prostrate", home=release_home, code=2)
    assert line == "no series has body_part 'Prostrate'. Did you mean: Prostate?"
    line = fairscan.refuses("select", "--modality", "NOPE", "-o", "-", home=release_home, code=2)
    assert line.startswith("no series has modality 'NOPE'")


def test_ages_the_wrong_way_round_are_refused(fairscan: Fairscan, release_home: Path) -> None:
    line = fairscan.refuses(
        "cohort", "--age-min", "60", "--age-max", "50", home=release_home, code=2
    )
    assert line.startswith("no age lies from 60 to 50")
