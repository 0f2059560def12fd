"""CSV and TSV: columns by their names in several languages, cells by what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from curation.formats import Unsafe
from curation.formats.sheet import read

CLINICAL = (
    "MRN;Patient Name;Geburtsdatum;phone;visit_date;notes;score\r\n"
    '12345678;"Müller, Hans";17.03.1954;030 1234567;01.02.2020;'
    '"Herr Müller klagt\r\nüber Schmerz";3,5\r\n'
    '22345678;"Nagy, Anna";17.03.1954;;15.02.2020;ok;4\r\n'
)


def test_a_clinical_table_is_told_cell_by_cell(desk: Any) -> None:
    assert desk.places("clinical.csv", CLINICAL) == {
        "1:MRN": "id",
        "1:Patient Name": "name",
        "1:Geburtsdatum": "date",
        "1:phone": "phone",
        "1:notes": "name",
        "2:MRN": "id",
        "2:Patient Name": "name",
        "2:Geburtsdatum": "date",
    }


def test_a_cleaned_table_is_written_as_it_was_read(desk: Any) -> None:
    clean = desk.written("clinical.csv", CLINICAL.encode("latin-1")).decode("latin-1")
    header, first, rest, second, end = clean.split("\r\n")
    assert header == CLINICAL.split("\r\n", 1)[0]
    assert first.startswith(desk.act.mapping.patient("12345678") + ";;;;")
    assert second.startswith(desk.act.mapping.patient("22345678") + ";;;;")
    assert rest == 'über Schmerz";3,5' and end == ""
    assert desk.places("clinical.csv", clean.encode("latin-1")) == {}


def test_a_row_moves_by_the_days_of_its_patient(desk: Any) -> None:
    table = "patient_id,first_visit,last_visit\nA1234567,2020-01-01,2020-01-31\n"
    _, first, last = desk.written("x.csv", table).decode().splitlines()[1].split(",")
    days = desk.act.mapping.days("A1234567")
    assert (first, last) == (_later("2020-01-01", days), _later("2020-01-31", days))


def test_one_row_tells_which_of_two_numbers_is_the_day(desk: Any) -> None:
    table = "patient_id,exam_date\nA1234567,03/04/2020\nA1234567,23/04/2020\n"
    cells = [row.split(",")[1] for row in desk.written("x.csv", table).decode().splitlines()[1:]]
    iso = ["-".join(reversed(cell.split("/"))) for cell in cells]
    days = desk.act.mapping.days("A1234567")
    assert iso == [_later("2020-04-03", days), _later("2020-04-23", days)]


def test_participants_keep_pseudonyms_and_lose_names(desk: Any) -> None:
    table = "participant_id\tage\tsex\tname\nsub-01\t93\tM\tJohn Smith\nsub-02\t45\tF\tn/a\n"
    assert desk.places("participants.tsv", table) == {"1:age": "age", "1:name": "name"}
    assert desk.written("participants.tsv", table).decode() == (
        "participant_id\tage\tsex\tname\nsub-01\t90\tM\tn/a\nsub-02\t45\tF\tn/a\n"
    )


def test_a_participant_is_called_alike_in_tables_and_folders(desk: Any) -> None:
    from curation.formats.paths import clean_path

    table = "participant_id\nsub-MRN0012345\n"
    label = desk.written("participants.tsv", table).decode().splitlines()[1]
    path = clean_path("sub-MRN0012345/anat/sub-MRN0012345_T1w.json", desk.act, desk.act.known)
    assert path == f"{label}/anat/{label}_T1w.json"
    assert "0012345" not in label and label.replace("sub-", "").isalnum()


def test_scan_times_go_before_1925(desk: Any) -> None:
    table = "filename\tacq_time\nanat/sub-01_T1w.nii.gz\t2021-03-04T10:00:00\n"
    name, time = desk.written("sub-01/sub-01_scans.tsv", table).decode().splitlines()[1].split("\t")
    assert name == "anat/sub-01_T1w.nii.gz"
    assert time[:4] <= "1925" and time.endswith("T10:00:00")


def test_shifted_dates_are_an_observation_once_a_column(desk: Any) -> None:
    table = "id,exam_date\n1,2020-01-01\n2,2020-01-02\n"
    [only] = desk.findings("x.csv", table)
    assert (only.severity, only.where) == ("info", "1:exam_date")


def test_full_dates_break_a_profile_that_leaves_years(desk_of: Any) -> None:
    table = "id,exam_date\n1,2020-01-01\n"
    desk = desk_of("hipaa")
    assert desk.places("x.csv", table) == {"1:exam_date": "date"}
    assert desk.written("x.csv", table) == b"id,exam_date\n1,2020\n"


def test_tables_of_numbers_pass_unchanged(desk: Any) -> None:
    table = "onset\tduration\ttrial_type\tvalue\n" + "".join(
        f"{i}.5\t1e-3\tgo\t{i * 1000003}\n" for i in range(200)
    )
    name = "sub-01/func/sub-01_task-rest_events.tsv"
    assert desk.findings(name, table) == []
    assert desk.written(name, table).decode() == table


def test_a_table_without_header_is_numbered(desk: Any) -> None:
    table = "12.5,John Smith,3\n4,Maria Rossi,5\n"
    assert desk.places("x.csv", table) == {"1:2": "name", "2:2": "name"}


def test_a_name_in_the_header_is_not_repeated(desk: Any) -> None:
    table = "id,Dr. Georgios Papadakis\n1,2\n"
    assert list(desk.places("x.csv", table)) == ["0:2"]
    assert desk.written("x.csv", table) == b"id,column 2\n1,2\n"


def test_labels_of_channels_are_no_names_of_people(desk: Any) -> None:
    table = "name\ttype\tunits\nFp1\tEEG\tuV\nMark\tTRIG\tV\n"
    assert desk.findings("sub-01/eeg/sub-01_channels.tsv", table) == []


def test_cells_beyond_the_header_are_looked_at(desk: Any) -> None:
    assert desk.places("x.csv", "a,b\n1,2,jane.miller@example.org\n") == {"1:3": "email"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_encodings_are_found(desk: Any, encoding: str) -> None:
    table = "patient name,score\nMüller Hans,1\n".encode(encoding)
    assert list(desk.places("x.csv", table)) == ["1:patient name"]
    assert desk.written("x.csv", table).decode(encoding) == "patient name,score\n,1\n"


@pytest.mark.parametrize(
    ("text", "delimiter", "quoted"),
    [
        ("a;b\n1,5;2\n", ";", True),
        ("a|b\n1|2\n", "|", True),
        ('a\tb\n5" lens\t2\n', "\t", False),
        ('a\tb\n"5\t6"\t2\n', "\t", True),
        ("a\n1\n", ",", True),
    ],
)
def test_delimiters_and_quotes_are_found(
    desk: Any, text: str, delimiter: str, quoted: bool
) -> None:
    with read(desk.file("x.csv", text).path) as (sheet, rows):
        assert (sheet.delimiter, sheet.quoted) == (delimiter, quoted)
        assert len(list(rows)) == 1
    assert desk.written("x.csv", text).decode() == text


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (b'a,b\n"' + b"x" * 200_000, "does not end"),
        (b"," * 20_000, "columns"),
    ],
)
def test_what_is_no_table_is_unsafe(desk: Any, table: bytes, reason: str) -> None:
    with pytest.raises(Unsafe, match=reason):
        desk.findings("x.csv", table)


def test_a_column_of_identifiers_is_not_listed_for_ever(desk: Any) -> None:
    table = "mrn\n" + "".join(f"{i:08d}\n" for i in range(10_000_000, 10_001_500))
    found = desk.findings("x.csv", table)
    assert len(found) == 1001
    assert "no more are listed" in found[-1].message


def _later(day: str, days: int) -> str:
    from datetime import date, timedelta

    return str(date.fromisoformat(day) + timedelta(days=days))
