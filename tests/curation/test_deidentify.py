"""A folder is de-identified into another: whole, resumed, never half; originals stay."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curation.audit.record import Run
from curation.deidentify import table
from curation.deidentify.layout import Layout
from curation.deidentify.mapping import Mapping
from curation.deidentify.run import Wish, deidentify
from curation.dicom.element import plain
from curation.dicom.reader import read
from curation.profiles import load
from schemas.errors import FairscanError, UsageError
from tests.curation.dicom.made import as_bytes, image
from tests.small import snapshot

KEY = b"a key of thirty-two bytes, a key"
OTHER = b"another key of 32 bytes, another"
CSV = "participant_id,name,age\nsub-01,Anna Kowalska,93\nsub-02,Zbigniew Wojciechowski,41\n"


def study(folder: Path, patients: int = 3, slices: int = 2) -> None:
    """Scans as a hospital has them, a table of who they are of, and a file that nobody can read."""
    for patient in range(patients):
        below = folder / f"patient{patient}"
        below.mkdir(parents=True)
        for number in range(slices):
            uid = f"1.2.826.0.1.3680043.10.{patient}.{number}"
            name = f"MRN00741{patient}"
            ds = image(SOPInstanceUID=uid, PatientID=name, PatientName="KOWALSKA^ANNA",
                       StudyDate="20240718", InstanceNumber=number + 1)  # fmt: skip
            (below / f"{number}.dcm").write_bytes(as_bytes(ds))
    (folder / "participants.csv").write_text(CSV)
    (folder / "broken.dcm").write_bytes(as_bytes(image())[:-9])


@pytest.fixture
def wish(tmp_path: Path) -> Wish:
    """To de-identify a small study, in this process, without looking at pixels."""
    study(tmp_path / "in")
    return Wish(
        tmp_path / "in", tmp_path / "out", tmp_path / "records", load("research"), Mapping(KEY),
        pixels=False, check=False, jobs=1,
    )  # fmt: skip


def run(wish: Wish, say: Callable[[str, int, int], None] = lambda _1, _2, _3: None) -> Run:
    """Do it."""
    return deidentify(wish, lambda _: None, say)


def quarantined(wish: Wish) -> dict[str, str]:
    """The files that were not written, each with the reason."""
    lines = (wish.records / "quarantine.jsonl").read_text().splitlines()
    return {line["file"]: line["reason"] for line in map(json.loads, lines)}


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def digest(folder: Path) -> str:
    """What stands in all files below a folder, in one word."""
    return hashlib.sha256(b"".join((folder / n).read_bytes() for n in files(folder))).hexdigest()


def test_what_is_safe_is_written_and_what_is_not_is_quarantined_with_its_reason(wish: Wish) -> None:
    before = snapshot(wish.source), digest(wish.source)
    done = run(wish)
    assert (snapshot(wish.source), digest(wish.source)) == before
    assert files(wish.target) == [
        "participants.csv", "patient0/0.dcm", "patient0/1.dcm", "patient1/0.dcm",
        "patient1/1.dcm", "patient2/0.dcm", "patient2/1.dcm",
    ]  # fmt: skip
    (reason,) = done.quarantined
    assert quarantined(wish) == {"broken.dcm": reason}
    assert reason.startswith("the file ends inside an element")
    assert (done.files_read, done.files_written, done.complete) == (8, 7, True)
    text = (wish.target / "participants.csv").read_text()
    assert "Kowalska" not in text and "93" not in text


def test_the_time_of_a_file_is_not_that_of_the_original(wish: Wish) -> None:
    for path in wish.source.rglob("*.dcm"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    run(wish)
    assert all(p.stat().st_mtime > 1_500_000_000 for p in wish.target.rglob("*.dcm"))


def test_the_output_is_checked(wish: Wish) -> None:
    found: list[Any] = []
    done = deidentify(replace(wish, check=True), found.append)
    assert done.check is not None
    assert done.check.files == 7
    assert [f for f in found if f.severity in ("error", "warning")] == []


@pytest.mark.parametrize(
    ("target", "records"),
    [
        ("in", "r"),
        ("in/out", "r"),
        (".", "r"),
        ("in/../in/x", "r"),
        ("out", "in/r"),
        ("out", "out/r"),
    ],
)
def test_folders_that_overlap_are_refused_before_anything_is_written(
    wish: Wish, target: str, records: str
) -> None:
    folder = wish.source.parent
    before = snapshot(folder)
    with pytest.raises(UsageError):
        run(replace(wish, target=folder / target, records=folder / records))
    assert snapshot(folder) == before


def test_a_link_to_the_input_is_no_way_round(wish: Wish) -> None:
    link = wish.target
    link.symlink_to(wish.source, target_is_directory=True)
    before = snapshot(wish.source)
    with pytest.raises(UsageError, match="lies in the input"):
        run(wish)
    assert snapshot(wish.source) == before


def test_a_folder_with_files_of_others_is_not_written_to(wish: Wish) -> None:
    wish.target.mkdir()
    (wish.target / "theirs.txt").write_text("mine")
    with pytest.raises(UsageError, match="no run of this kind wrote"):
        run(wish)
    assert files(wish.target) == ["theirs.txt"]


def test_an_input_that_is_not_there_is_refused(wish: Wish) -> None:
    with pytest.raises(UsageError, match="no such file"):
        run(replace(wish, source=wish.source / "nowhere"))


def test_links_and_pipes_are_not_followed(wish: Wish, tmp_path: Path) -> None:
    (tmp_path / "outside.dcm").write_bytes(as_bytes(image()))
    (wish.source / "link.dcm").symlink_to(tmp_path / "outside.dcm")
    (wish.source / "loop").symlink_to(wish.source, target_is_directory=True)
    os.mkfifo(wish.source / "pipe.dcm")
    (wish.source / "name\x1b[31m.dcm").write_bytes(as_bytes(image()))
    run(wish)
    why = quarantined(wish)
    assert why["link.dcm"] == why["loop"] == "a link, which is not followed"
    assert why["pipe.dcm"] == "neither a file nor a folder"
    assert not any("link" in name or "loop" in name for name in files(wish.target))
    assert all(name.isprintable() for name in files(wish.target))


def test_a_file_that_vanishes_is_quarantined_and_the_rest_is_written(wish: Wish) -> None:
    gone = wish.source / "patient1" / "0.dcm"

    def say(doing: str, _done: int, _of: int) -> None:
        if doing == "reading" and gone.exists():
            gone.unlink()

    assert run(wish, say).files_written == 6
    assert quarantined(wish)["patient1/0.dcm"] == "No such file or directory"


def test_a_file_that_vanishes_after_it_was_looked_at_is_quarantined(
    wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    from curation.deidentify import one

    digest = one.digest

    def gone(path: Path) -> str:
        known = digest(path)
        if path.parts[-2:] == ("patient1", "0.dcm"):
            path.unlink()
        return known

    monkeypatch.setattr(one, "digest", gone)
    assert run(wish).files_written == 6
    assert quarantined(wish)["patient1/0.dcm"] == "No such file or directory"


def test_a_file_that_may_not_be_read_is_quarantined(
    wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refused(self: Path, *arguments: Any, **more: Any) -> Any:
        if self.parts[-2:] == ("patient1", "0.dcm") and wish.source in self.parents:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *arguments, **more)

    monkeypatch.setattr(Path, "open", refused)
    run(wish)
    assert quarantined(wish)["patient1/0.dcm"] == "Permission denied"


def test_a_reader_that_breaks_leaves_nothing_behind(
    wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Anna Kowalska")

    monkeypatch.setattr("curation.dicom.deidentify.write", broken)
    done = run(wish)
    assert files(wish.target) == ["participants.csv"]
    assert done.quarantined["its reader failed (RuntimeError)"] == 6
    assert "Kowalska" not in (wish.records / "quarantine.jsonl").read_text()


def test_a_full_disk_stops_the_run_with_a_word_and_it_goes_on_later(
    wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    room = iter([10**9] * 3 + [1000] * 99)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda _: usage(0, 0, next(room)))
        with pytest.raises(FairscanError, match="no space left") as refused:
            run(wish)
    assert "goes on" in (refused.value.do or "")
    written = files(wish.target)
    assert len(written) == 3 - 1  # one of the three was quarantined
    times = {name: (wish.target / name).stat().st_mtime_ns for name in written}
    assert run(wish).files_written == 7
    assert {n: (wish.target / n).stat().st_mtime_ns for n in written} == times


def test_a_disk_that_fills_up_while_it_is_written_to_leaves_no_half_file(
    wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object, to: Any) -> None:
        to.write(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("curation.dicom.deidentify.write", full)
        with pytest.raises(FairscanError, match="No space left"):
            run(wish)
    assert all((wish.target / n).read_bytes()[:4] != b"half" for n in files(wish.target))
    assert run(wish).files_written == 7


def test_a_run_that_is_done_writes_nothing_anew(wish: Wish) -> None:
    one = run(wish)
    before = snapshot(wish.target)
    two = run(wish)
    assert snapshot(wish.target) == before
    assert (two.files_written, two.output_digest) == (one.files_written, one.output_digest)


def test_what_was_taken_from_the_output_is_written_again(wish: Wish) -> None:
    run(wish)
    whole = (wish.target / "patient0/0.dcm").read_bytes()
    (wish.target / "patient0/0.dcm").unlink()
    (wish.target / "patient1/0.dcm").write_bytes(b"cut")
    run(wish)
    assert (wish.target / "patient0/0.dcm").read_bytes() == whole
    assert len((wish.target / "patient1/0.dcm").read_bytes()) == len(whole)


@pytest.mark.parametrize("torn", [b'{"token": "' + b"x" * 9000, b"\x00\x00\x00"])
def test_a_ledger_whose_last_line_is_torn_is_gone_on_with(wish: Wish, torn: bytes) -> None:
    run(wish)
    before = {name: (wish.target / name).read_bytes() for name in files(wish.target)}
    ledger = wish.records / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-1]) + torn)
    assert run(wish).files_written == 7
    assert {name: (wish.target / name).read_bytes() for name in files(wish.target)} == before
    assert all(json.loads(line) for line in ledger.read_text().splitlines())


def test_the_ledger_names_no_input_and_no_key(wish: Wish) -> None:
    run(wish)
    text = (wish.records / "ledger.jsonl").read_text()
    assert "broken" not in text and "Kowalska" not in text and "MRN" not in text
    assert KEY.decode() not in text


@pytest.mark.parametrize("change", [{"mapping": Mapping(OTHER)}, {"profile": load("basic")}])
def test_another_key_or_profile_does_not_go_on_with_the_same_output(
    wish: Wish, change: dict[str, Any]
) -> None:
    run(wish)
    before = snapshot(wish.target)
    with pytest.raises(FairscanError, match="another key or profile"):
        run(replace(wish, **change))
    assert snapshot(wish.target) == before
    run(wish)  # and it locks nobody out


def test_two_runs_do_not_write_into_one_folder(wish: Wish) -> None:
    def say(doing: str, done: int, of: int) -> None:
        if doing == "writing" and done == of and not refusals:
            with pytest.raises(FairscanError, match="another run") as refused:
                run(wish)
            refusals.append(refused)

    refusals: list[Any] = []
    run(wish, say)
    assert refusals


def test_two_files_that_would_get_one_name_both_stay(wish: Wish) -> None:
    for name in ("Kowalska_Anna.csv", "KOWALSKA_ANNA.csv"):
        (wish.source / name).write_text(CSV + name)
    (wish.source / "A.csv").write_text("age\n1\n")
    (wish.source / "a.csv").write_text("age\n2\n")
    run(wish)
    names = files(wish.target)
    assert len(names) == 7 + 4
    assert len({name.casefold() for name in names}) == len(names)
    assert "Kowalska" not in " ".join(names)


def test_a_layout_puts_dicom_files_where_its_template_says(wish: Wish) -> None:
    run(replace(wish, layout=Layout("{patient}/{modality}/{instance}.dcm")))
    names = [n for n in files(wish.target) if n.endswith(".dcm")]
    assert len(names) == 6
    for name in names:
        elements = read(wish.target / name).elements
        patient, modality, file = name.split("/")
        assert patient == plain(elements, 0x00100020)
        assert (modality, file) == ("CT", plain(elements, 0x00080018) + ".dcm")
    assert "participants.csv" in files(wish.target)


@pytest.mark.parametrize(
    "template",
    [
        "{patient}",
        "{name}/{instance}",
        "/{instance}",
        "../{instance}",
        "{instance",
        "{0}{instance}",
        "{instance.__class__}",
    ],
)
def test_a_layout_that_is_no_good_is_refused(template: str) -> None:
    with pytest.raises(UsageError):
        Layout(template)


def test_many_processes_write_what_one_does(wish: Wish, tmp_path: Path) -> None:
    one = run(wish)
    many = replace(wish, target=tmp_path / "many", records=tmp_path / "many.records", jobs=2)
    assert run(many).output_digest == one.output_digest
    contents = [(wish.target / n).read_bytes() for n in files(wish.target)]
    assert contents == [(many.target / n).read_bytes() for n in files(many.target)]


def test_the_table_has_who_is_who(wish: Wish, tmp_path: Path) -> None:
    path = tmp_path / "who.table"
    run(replace(wish, remember=lambda rows: table.append(path, KEY, rows)))
    mapping = Mapping(KEY)
    rows = set(table.read(path, KEY))
    assert ("patient", "MRN007410", mapping.patient("MRN007410")) in rows
    uid = "1.2.826.0.1.3680043.10.0.0"
    assert ("uid", uid, mapping.uid(uid)) in rows
    assert {new for kind, _, new in rows if kind == "path"} == set(files(wish.target))
    patients = {old for kind, old, _ in rows if kind == "patient"}
    assert patients >= {"MRN007410", "MRN007411", "MRN007412"}
    assert b"MRN00741" not in path.read_bytes()


KILLED = '''
import os, random, signal, sys
from pathlib import Path
from dataclasses import replace
from curation.deidentify import table
from tests.curation import test_deidentify as here

root = Path(sys.argv[1])
wish = here.Wish(
    root / "in", Path(), Path(), here.load("research"), here.Mapping(here.KEY),
    pixels=False, check=False, jobs=1,
)
STEPS = ("open", "os.rename", "os.mkdir", "os.remove", "os.truncate")

def child(name, end):
    """Run in another process, killed at its step of number `end`; how many it made."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        steps = 0
        def step(event, arguments):
            nonlocal steps
            if event in STEPS:
                steps += 1
                if steps == end:
                    os.kill(os.getpid(), signal.SIGKILL)
        path = root / f"{name}.table"
        sys.addaudithook(step)
        here.run(replace(wish, target=root / name, records=root / f"{name}.records",
                         remember=lambda rows: table.append(path, here.KEY, rows)))
        os.write(writer, str(steps).encode())
        os._exit(0)
    os.close(writer)
    said = os.read(reader, 100)
    status = os.waitpid(pid, 0)[1]
    return int(said or 0), status

here.run(replace(wish, target=root / "warm", records=root / "warm.records"))
steps, status = child("undisturbed", 0)
assert status == 0 and steps > 50, (steps, status)
rng = random.Random(7)
for number in range(6):
    name = f"killed{number}"
    for moment in sorted(rng.sample(range(1, steps), 2)):
        child(name, moment)
    assert child(name, 0)[1] == 0
print(steps)
'''


def test_a_run_that_is_killed_goes_on_to_the_same_end(tmp_path: Path) -> None:
    study(tmp_path / "in")
    subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path], check=True, cwd=Path(__file__).parents[2],
        capture_output=True,
    )  # fmt: skip
    whole = tmp_path / "undisturbed"
    expected = {name: (whole / name).read_bytes() for name in files(whole)}
    rows = set(table.read(tmp_path / "undisturbed.table", KEY))
    assert (len(expected), len(rows) > 15) == (7, True)
    for number in range(6):
        there = tmp_path / f"killed{number}"
        assert {name: (there / name).read_bytes() for name in files(there)} == expected
        records = tmp_path / f"killed{number}.records"
        assert "unfinished" not in " ".join(files(records))
        assert (records / "files.parquet").read_bytes()
        assert set(table.read(tmp_path / f"killed{number}.table", KEY)) == rows
