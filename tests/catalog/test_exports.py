"""Every record that is released can be told to machines; `show` tells one."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from datacite import schema45

from catalog.exports import dataset_of, written
from schemas.exports.citation import bibtex, ris
from schemas.exports.formats import FORMATS
from schemas.exports.schema_org import schema_org
from tests.commands import Fairscan


def test_every_released_record_is_valid_datacite_and_is_written_in_every_format(
    demo_home: Path,
) -> None:
    with sqlite3.connect(demo_home / "current" / "site.db") as site:
        records = [json.loads(row[0]) for row in site.execute("SELECT record FROM datasets")]
    faults = {}
    for record in records:
        told = json.loads(written(record, "datacite"))
        if found := [error.message for error in schema45.validator.iter_errors(told)]:
            faults[record["id"]] = found
        dataset = dataset_of(record)
        assert dataset.id == record["id"]
        assert bibtex(dataset).startswith("@misc{")
        assert ris(dataset).endswith("\r\nER  - \r\n")
        assert schema_org(dataset)["name"] == record["title"]
    assert len(records) > 2000
    assert faults == {}


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("bibtex", "@misc{idc:prostatex,"), ("ris", "TY  - DATA"),
     ("datacite", '{\n "doi": "10.7937/'), ("schema.org", '{\n "@context": {\n  "@vocab": "https://schema.org/"')],
)  # fmt: skip
def test_show_writes_a_record_in_the_format_that_is_asked_for(
    fairscan: Fairscan, release_home: Path, name: str, beginning: str
) -> None:
    done = fairscan("show", "idc:prostatex", "--format", name, home=release_home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(beginning)


def test_show_in_the_format_json_is_the_whole_record(
    fairscan: Fairscan, release_home: Path
) -> None:
    done = fairscan("show", "idc:prostatex", "--format", "json", home=release_home)
    told = fairscan.json("show", "idc:prostatex", home=release_home)
    assert json.loads(done.stdout) == told


def test_an_unknown_format_is_refused_with_those_that_there_are(
    fairscan: Fairscan, release_home: Path
) -> None:
    line = fairscan.refuses("show", "idc:prostatex", "--format", "xml", home=release_home, code=2)
    assert line == "no format 'xml'. Use one of: json, datacite, schema.org, bibtex, ris"
    assert all(name in line for name in FORMATS)
