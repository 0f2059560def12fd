"""An XNAT host read over its REST API: what becomes a dataset, a row, or stays hidden."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest

from harvesters.base import harvester_for
from harvesters.registry import load_sources
from harvesters.xnat.scans import age_string
from schemas.dataset import Access, Count, Creator, Identifier, Method
from schemas.errors import SourceError
from schemas.series import SERIES
from tests.emulators.xnat import Xnat
from tests.emulators.xnat_site import Project, Resource, Scan, Session, Subject, large
from tests.harvesters.xnat_hosts import harvester, read, texts


@pytest.fixture
def host() -> Iterator[Xnat]:
    with Xnat() as running:
        yield running


def test_both_shipped_sources_are_read_by_this_kind() -> None:
    sources = load_sources()
    for key, address in (
        ("nitrc_ir", "https://www.nitrc.org/ir"),
        ("health_ri", "https://xnat.health-ri.nl"),
    ):
        asked = harvester_for(sources[key]).asks()
        assert sources[key].kind == "xnat"
        assert all(line.startswith(f"GET {address}/data/") for line in asked)


def test_a_public_project_becomes_an_open_dataset_with_its_counts(
    host: Xnat, tmp_path: Path
) -> None:
    found = read(host, tmp_path).datasets["OPEN"]
    assert (found.id, found.kind, found.title) == ("nitrc_ir:OPEN", "project", "An open project")
    assert found.access is Access.OPEN
    assert (found.subjects, found.studies, found.series) == (2, 3, 5)
    assert found.modalities == ["MR", "PT"]
    assert found.landing_url == f"{host.base}/data/projects/OPEN"
    assert found.creators == [Creator(name="Lovelace, Ada")]
    assert found.formats == ["application/dicom"]
    assert (
        found.modified is not None
        and found.modified.isoformat() == "2022-03-04T05:06:07.800000+00:00"
    )
    assert found.provenance["subjects"].method is Method.STATED
    assert found.provenance["series"].method is Method.DERIVED


def test_an_experiment_that_is_no_imaging_session_is_no_study(host: Xnat, tmp_path: Path) -> None:
    before = read(host, tmp_path).datasets["OPEN"].studies
    host.site.sessions = [s for s in host.site.sessions if s.id != "XNAT_R1"]
    assert read(host, tmp_path).datasets["OPEN"].studies == before


def test_a_description_is_plain_text_and_the_keywords_follow_it(host: Xnat, tmp_path: Path) -> None:
    said = read(host, tmp_path).datasets["OPEN"].description
    assert said == ("MR & PET of two people. Write to [e-mail removed] Keywords: brain, ageing")


def test_an_alias_that_is_a_doi_is_the_doi_and_one_in_the_description_is_not(
    host: Xnat, tmp_path: Path
) -> None:
    host.site.projects[1].description = "See 10.5555/of.a.paper"
    brought = read(host, tmp_path)
    assert brought.datasets["OPEN"].doi == "10.5555/xnat.1"
    assert brought.datasets["OPEN"].identifiers == [
        Identifier(scheme="secondary_id", value="Open one"),
        Identifier(scheme="alias", value="first"),
    ]
    assert brought.datasets["SHARE"].doi is None


def test_of_two_dois_none_is_chosen_and_both_are_kept(host: Xnat, tmp_path: Path) -> None:
    host.site.projects[0].aliases = ["10.5555/a", "10.5555/b"]
    found = read(host, tmp_path).datasets["OPEN"]
    assert found.doi is None
    assert {i.value for i in found.identifiers} >= {"10.5555/a", "10.5555/b"}


def test_a_protected_project_is_on_request_and_nothing_in_it_is_asked_for(
    host: Xnat, tmp_path: Path
) -> None:
    brought = read(host, tmp_path)
    found = brought.datasets["GUARDED"]
    assert found.access is Access.REQUEST
    assert (found.subjects, found.studies, found.series, found.bytes) == (None,) * 4
    assert found.distributions == []
    assert not [row for row in brought.rows if row["dataset_id"] == "nitrc_ir:GUARDED"]
    assert host.asked("/GUARDED") == []


def test_a_private_project_is_never_published_even_to_an_account_that_reads_it(
    host: Xnat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRSCAN_NITRC_IR_USER", "ada")
    monkeypatch.setenv("FAIRSCAN_NITRC_IR_PASSWORD", "lovelace")
    brought = read(host, tmp_path)
    assert set(brought.raw) == {"GUARDED", "OPEN", "SHARE"}
    assert brought.harvest.stated == 3
    assert brought.datasets["GUARDED"].series is None
    assert not any("Not for you" in text for text in texts(brought.raw))
    assert "nitrc_ir: 1 private projects left out" in brought.said


def test_a_session_shared_between_two_projects_is_counted_where_it_is_owned(
    host: Xnat, tmp_path: Path
) -> None:
    brought = read(host, tmp_path)
    assert [row["dataset_id"] for row in brought.rows if row["study"] == "XNAT_E2"] == [
        "nitrc_ir:OPEN"
    ] * 2
    share = brought.datasets["SHARE"]
    assert (share.subjects, share.studies, share.series) == (3, 2, 2)
    assert share.derived_from == ["nitrc_ir:OPEN"]
    studies = {row["study"] for row in brought.rows} | {"XNAT_E3"}
    assert sum(d.studies or 0 for d in brought.datasets.values()) == len(studies)


def test_a_session_shared_from_a_project_that_is_not_published_counts_where_it_is_seen(
    host: Xnat, tmp_path: Path
) -> None:
    row = read(host, tmp_path).row("XNAT_E6/1")
    assert row["dataset_id"] == "nitrc_ir:SHARE"
    assert row["study_description"] == "lent", "the label of the share, not of its hidden owner"


def test_a_session_shared_from_a_hidden_project_into_two_is_counted_in_the_first(
    host: Xnat, tmp_path: Path
) -> None:
    next(s for s in host.site.sessions if s.id == "XNAT_E6").shared["OPEN"] = "lent too"
    brought = read(host, tmp_path)
    assert brought.row("XNAT_E6/1")["dataset_id"] == "nitrc_ir:OPEN"
    assert (brought.datasets["OPEN"].studies, brought.datasets["SHARE"].studies) == (4, 1)


def test_a_scan_becomes_one_row_whatever_the_number_of_its_resources(
    host: Xnat, tmp_path: Path
) -> None:
    brought = read(host, tmp_path)
    row = brought.row("XNAT_E1/1")
    assert {name: row[name] for name in ("dataset_id", "subject", "study", "description")} == {
        "dataset_id": "nitrc_ir:OPEN",
        "subject": "XNAT_S1",
        "study": "XNAT_E1",
        "description": "t1_mprage",
    }
    assert (row["instances"], row["bytes"]) == (2, 1400), "without the previews that XNAT makes"
    assert row["url"] == f"{host.base}/data/experiments/XNAT_E1/scans/1"
    assert (row["manufacturer_raw"], row["model"]) == ("SIEMENS", "TrioTim")
    assert row["study_date"] == date(2004, 1, 2)
    assert brought.harvest.series == len(brought.rows) == 7


@pytest.mark.parametrize(
    ("series", "raw", "code"),
    [
        ("XNAT_E1/1", "MR", "MR"),
        ("XNAT_E1/2-MR1", "MR", "MR"),
        ("XNAT_E1/3", None, None),
        ("XNAT_E2/1", "PET", "PT"),
        ("XNAT_E4/1", "CT", "CT"),
    ],
    ids=["as it says", "by its kind", "a kind that is no modality", "PET in a PET-MR", "CT"],
)
def test_a_modality_is_what_the_scan_says_or_the_kind_as_which_it_is_filed(
    host: Xnat, tmp_path: Path, series: str, raw: str | None, code: str | None
) -> None:
    row = read(host, tmp_path).row(series)
    assert (row["modality_raw"], row["modality"]) == (raw, code)


def test_a_scan_without_a_kind_takes_its_sessions_unless_that_mixes_two(
    host: Xnat, tmp_path: Path
) -> None:
    for session, scan in (("XNAT_E4", 0), ("XNAT_E2", 1)):
        one = next(s for s in host.site.sessions if s.id == session).scans[scan]
        one.kind = one.modality = ""
    brought = read(host, tmp_path)
    assert brought.row("XNAT_E4/1")["modality"] == "CT"
    assert brought.row("XNAT_E2/2")["modality"] is None


def test_files_that_nobody_counted_are_told_by_the_frames_and_their_size_is_unknown(
    host: Xnat, tmp_path: Path
) -> None:
    brought = read(host, tmp_path)
    assert (brought.row("XNAT_E2/2")["instances"], brought.row("XNAT_E2/2")["bytes"]) == (96, None)
    assert (brought.row("XNAT_E1/3")["instances"], brought.row("XNAT_E1/3")["bytes"]) == (
        None,
        None,
    )
    assert (brought.datasets["OPEN"].images, brought.datasets["OPEN"].bytes) == (None, None)
    assert (brought.datasets["SHARE"].images, brought.datasets["SHARE"].bytes) == (4, 2800)


def test_the_names_of_scans_and_sessions_are_plain_text(host: Xnat, tmp_path: Path) -> None:
    session = host.site.sessions[0]
    session.label = "by ada@example.org"
    session.scans[0].description = "<script>x()</script>t1 &lt; 2 mm"
    row = read(host, tmp_path).row("XNAT_E1/1")
    assert row["study_description"] == "by [e-mail removed]"
    assert row["description"] == "t1 < 2 mm"


def test_sex_and_age_are_counted_and_those_that_mean_nothing_are_not(
    host: Xnat, tmp_path: Path
) -> None:
    brought = read(host, tmp_path)
    assert brought.datasets["OPEN"].sexes == [Count(value="F", count=1), Count(value="M", count=1)]
    assert brought.datasets["OPEN"].age_bands == [Count(value="30-39", count=1)]
    assert brought.datasets["SHARE"].age_bands == [Count(value="50-59", count=1)], "250 is no age"
    row = brought.row("XNAT_E1/1")
    assert (row["age_raw"], row["age_years"], row["sex"]) == ("030Y", 30.0, "M")
    assert brought.row("XNAT_E6/1")["age_raw"] == "055Y", (
        "the subject's, where the session has none"
    )


def test_nothing_else_of_a_person_is_asked_for_or_kept(host: Xnat, tmp_path: Path) -> None:
    brought = read(host, tmp_path)
    asked = " ".join(unquote(target) for target in host.asked()).casefold()
    for name in ("yob", "dob", "insert_user", "race", "ethnicity", "dcmpatient", "operator"):
        assert name not in asked
    kept = set(texts([brought.raw, brought.rows]))
    assert not {"uploader", "1961", "1961-05-04", "insert_user", "user_role_2"} & kept
    assert not any("last_accessed" in text for text in kept)


def test_what_nobody_filled_in_is_unknown(host: Xnat, tmp_path: Path) -> None:
    host.site.projects.append(Project("BARE"))
    brought = read(host, tmp_path)
    found = brought.datasets["BARE"]
    assert (found.title, found.description, found.creators) == ("BARE", None, [])
    assert brought.row("XNAT_E2/1")["study_date"] is None
    assert brought.row("XNAT_E2/1")["manufacturer_raw"] is None
    assert (found.subjects, found.series) == (0, 0), "a public project was read, and is empty"
    assert not host.asked("project=BARE"), "without a session there is no scan to ask for"


def test_a_public_project_that_may_not_be_read_has_unknown_counts_and_is_told(
    host: Xnat, tmp_path: Path
) -> None:
    host.fail("status", "/projects/SHARE/subjects", 403)
    brought = read(host, tmp_path)
    found = brought.datasets["SHARE"]
    assert (found.access, found.subjects, found.series) == (Access.OPEN, None, None)
    assert brought.datasets["OPEN"].series == 5
    assert any("SHARE is public, but may not be read" in line for line in brought.said)
    assert brought.harvest.partial, "it is read again at the next run"


def test_accessibility_is_asked_for_one_by_one_where_the_list_does_not_tell(
    host: Xnat, tmp_path: Path
) -> None:
    host.tells = False
    brought = read(host, tmp_path)
    assert len(host.asked("/accessibility")) == 3
    assert brought.datasets["GUARDED"].access is Access.REQUEST
    assert brought.datasets["OPEN"].access is Access.OPEN


@pytest.mark.parametrize("answer", [403, 404])
def test_a_project_of_unknown_accessibility_is_counted_and_named_nowhere(
    host: Xnat, tmp_path: Path, answer: int
) -> None:
    host.tells = False
    host.fail("status", "/projects/OPEN/accessibility", answer)
    brought = read(host, tmp_path)
    assert "OPEN" not in {*brought.raw, *brought.refused}
    assert "nitrc_ir: 1 projects of unknown accessibility left out" in brought.said
    assert not any("OPEN" in line for line in brought.said)
    assert not host.asked("/projects/OPEN/subjects")


def test_a_public_project_that_was_read_before_and_is_refused_now_holds_the_source(
    host: Xnat, tmp_path: Path
) -> None:
    (tmp_path / "last").mkdir()
    (tmp_path / "now").mkdir()
    read(host, tmp_path / "last")
    host.fail("status", "/projects/OPEN/subjects", 403)
    with pytest.raises(SourceError, match="OPEN is public and was read before"):
        harvester(host).harvest(tmp_path / "now", tmp_path / "last")


def test_rows_about_people_are_not_kept_in_the_store(host: Xnat, tmp_path: Path) -> None:
    asking = harvester(host)
    asking._cache = tmp_path / "answers.db"
    asking.harvest(tmp_path)
    asking.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("answers.db*"))
    assert b"/data/projects" in stored
    assert b"subjects" not in stored and b"sub-1" not in stored


@pytest.mark.parametrize("name", ["two words", "a,b", "all*", "a/b"])
def test_a_project_whose_id_would_filter_or_break_is_set_aside_unless_it_is_a_word(
    host: Xnat, tmp_path: Path, name: str
) -> None:
    host.site.projects.append(Project(name, "Odd"))
    brought = read(host, tmp_path)
    assert not host.asked(f"project={name}") and brought.harvest.series == 7
    if " " in name:
        assert "pattern" in brought.refused[name]
    else:
        assert brought.datasets[name].series is None


def test_a_project_without_an_id_is_set_aside_and_the_others_are_read(
    host: Xnat, tmp_path: Path
) -> None:
    host.site.projects.insert(0, Project("", "Nameless"))
    brought = read(host, tmp_path)
    assert "a project without an ID" in brought.refused["row 0"]
    assert set(brought.datasets) == {"GUARDED", "OPEN", "SHARE"}


def test_two_projects_with_one_id_are_one_record(host: Xnat, tmp_path: Path) -> None:
    host.site.projects.append(Project("OPEN", "Again"))
    brought = read(host, tmp_path)
    assert sorted(brought.datasets) == ["GUARDED", "OPEN", "SHARE"]
    assert brought.harvest.stated == 3


def test_a_host_below_a_path_is_read_as_one_at_the_root(tmp_path: Path) -> None:
    with Xnat(root="/ir") as host:
        brought = read(host, tmp_path, base_url=host.base + "/")
        assert brought.harvest.series == 7
        assert brought.datasets["OPEN"].landing_url == f"{host.url}/ir/data/projects/OPEN"


def test_a_guest_and_a_user_each_keep_one_session_for_a_whole_harvest(
    host: Xnat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(host, tmp_path)
    assert list(host.opened.values()) == ["guest"]
    monkeypatch.setenv("FAIRSCAN_NITRC_IR_USER", "ada")
    monkeypatch.setenv("FAIRSCAN_NITRC_IR_PASSWORD", "lovelace")
    host.opened.clear()
    read(host, tmp_path)
    assert list(host.opened.values()) == ["ada"]
    assert host.asked("/data/JSESSION") == ["/data/JSESSION"]


def test_a_netrc_file_turns_no_guest_into_a_user(
    host: Xnat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password lovelace\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    read(host, tmp_path)
    assert all("authorization" not in request.headers for request in host.log)


def test_every_page_of_a_harvest_is_a_whole_list(host: Xnat, tmp_path: Path) -> None:
    read(host, tmp_path)
    assert not host.asked("limit") and not host.asked("offset")


def test_the_rows_are_of_the_series_schema_and_a_refresh_asks_what_it_said_it_would(
    tmp_path: Path,
) -> None:
    with Xnat(large(6, 120)) as host:
        brought = read(host, tmp_path)
        assert list(brought.rows[0]) == SERIES.names
        kinds = {unquote(line.split()[1].partition("?")[0]) for line in harvester(host).asks()}
        said = {kind.removeprefix(host.base) for kind in kinds}
        did = {request.path for request in host.log}
        for name in (project.id for project in host.site.projects):
            did = {path.replace(name, "…") for path in did}
        assert did == said
        assert len(host.log) == 2 + 3 * 6


def test_scans_come_in_three_questions_a_project_at_the_allowed_concurrency(
    tmp_path: Path,
) -> None:
    with Xnat(large(8, 80)) as host:
        host.latency = 0.02
        brought = read(host, tmp_path, concurrency=3)
        assert brought.harvest.series == 80
        assert len(host.log) == 2 + 3 * 8
        assert 1 < host.busiest <= 3


@pytest.mark.parametrize(
    ("years", "written"),
    [
        ("31", "031Y"),
        ("24.0", "024Y"),
        ("71.93", "071Y"),
        ("0.25", "003M"),
        ("1.75", "021M"),
        ("1", "001Y"),
        ("250", "250Y"),
        ("045Y", "045Y"),
        ("90+", "90+"),
        ("-4", "-4"),
        (None, None),
    ],
)
def test_an_age_in_years_is_written_as_dicom_writes_it(
    years: str | None, written: str | None
) -> None:
    assert age_string(years) == written


# The fingerprint.


def test_a_fingerprint_costs_little_and_stays_while_nothing_changes(tmp_path: Path) -> None:
    with Xnat(large(30, 3000)) as host:
        whole = harvester(host)
        whole.harvest(tmp_path)
        again = harvester(host)
        assert again.digest() == harvester(host).digest()
        assert again.traffic["requests"] <= 0.05 * whole.traffic["requests"]
        assert again.traffic["bytes"] <= 0.02 * whole.traffic["bytes"]


@pytest.mark.parametrize(
    "change",
    [
        lambda site: site.projects.append(Project("NEW", "New")),
        lambda site: site.projects.pop(1),
        lambda site: setattr(site.projects[0], "access", "protected"),
        lambda site: setattr(site.projects[0], "description", "other words"),
        lambda site: site.sessions.append(Session("XNAT_E9", "new", "OPEN", "XNAT_S1")),
        lambda site: site.sessions.pop(0),
        lambda site: site.subjects.append(Subject("XNAT_S9", "new", "OPEN")),
    ],
    ids=["project", "no project", "access", "words", "session", "no session", "subject"],
)
def test_a_fingerprint_sees(host: Xnat, change: object) -> None:
    before = harvester(host).digest()
    assert callable(change)
    change(host.site)
    assert harvester(host).digest() != before


def test_a_fingerprint_does_not_see_what_we_may_not_read_or_who_looked(host: Xnat) -> None:
    before = harvester(host).digest()
    host.site.sessions.append(Session("XNAT_E9", "new", "SECRET", "XNAT_S5"))
    host.site.sessions[0].scans.append(Scan("9", resources=[Resource("DICOM", ["1.dcm"])]))
    host.totals = "number"
    assert harvester(host).digest() == before


def test_a_source_without_an_address_says_so() -> None:
    source = load_sources()["nitrc_ir"].model_copy(update={"base_url": None})
    with pytest.raises(SourceError, match="an XNAT host without an address"):
        harvester_for(source).digest()


@pytest.mark.parametrize("name", ["two words", "a,b", "SECRET"])
def test_what_may_be_private_is_named_nowhere_whatever_its_id(
    host: Xnat, tmp_path: Path, name: str
) -> None:
    host.tells = False
    project = host.site.project("OPEN")
    assert project is not None
    project.id, project.name = name, "A private study of somebody"
    host.fail("status", "/accessibility", 403)
    brought = read(host, tmp_path)
    told = f"{brought.raw} {brought.refused} {brought.said}"
    assert name not in told and "somebody" not in told


def test_an_error_about_accessibility_names_no_project(host: Xnat, tmp_path: Path) -> None:
    host.tells = False
    host.fail("html", "/accessibility")
    with pytest.raises(SourceError, match="not a word but a page") as told:
        harvester(host).harvest(tmp_path)
    assert "OPEN" not in str(told.value) and "GUARDED" not in str(told.value)
