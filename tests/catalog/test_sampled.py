"""A sample of a dataset's files is read where they lie: heads only, and the same ones each time."""

from __future__ import annotations

import gzip
import io
import json
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pydicom
import pytest

from catalog import checked, heads, sampled
from catalog.cli.remote import check_dataset
from catalog.home import Home
from catalog.picked import Picking, Remote, Seed, picked, turns
from catalog.reader import Reader
from curation.check import check_files
from curation.formats.file import File
from curation.profiles import load
from harvesters.http import Client
from harvesters.registry import load_sources
from schemas.errors import DownloadError, UsageError
from schemas.file_finding import FileFinding
from schemas.finding import Severity
from schemas.source import Source
from tests.emulators.object_store import Habits, ObjectStore

DATASET = "idc:lung_phantom"
CT = (Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm").read_bytes()
PIXELS = 200_000

Emit = Callable[[FileFinding], None]


def with_pixels(length: int, **more: Any) -> bytes:
    """pydicom's CT with so many bytes of Pixel Data; its head is a few kilobytes."""
    image = pydicom.dcmread(io.BytesIO(CT))
    image.PixelData = bytes(length)
    for name, value in more.items():
        setattr(image, name, value)
    out = io.BytesIO()
    image.save_as(out, enforce_file_format=True)
    return out.getvalue()


LARGE = with_pixels(PIXELS)


@pytest.fixture(scope="module")
def running() -> Iterator[ObjectStore]:
    with ObjectStore() as served:
        yield served


@pytest.fixture
def store(running: ObjectStore) -> ObjectStore:
    running.forget()
    running.buckets = {}
    return running


@pytest.fixture
def sources(store: ObjectStore) -> dict[str, Source]:
    quick = {"services": {"s3": store.url}, "requests_per_second": 5000.0}
    return {
        key: source.model_copy(update=quick)
        for key, source in load_sources().items()
        if key in ("idc", "openneuro")
    }


@pytest.fixture
def place(small_home: Path) -> Home:
    return Home(small_home)


@pytest.fixture
def opened(small_home: Path) -> Iterator[Reader]:
    reader = Reader((small_home / "current").resolve())
    yield reader
    reader.close()


class Looker:
    """Stands for the checker: keeps what it is given, and finds one thing in each file."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.seen: dict[str, bytes] = {}
        self.stop_after = stop_after

    def __call__(self, files: Iterable[File], emit: Emit) -> None:
        for file in files:
            self.seen[file.name] = file.path.read_bytes()
            emit(finding(file.name))
            if len(self.seen) == self.stop_after:
                raise KeyboardInterrupt


def finding(file: str, **more: Any) -> FileFinding:
    told = {
        "check": "text-identifier", "severity": Severity.WARNING, "file": file,
        "where": "00081140[0].00204000", "rule": "PS3.15 E.1", "message": "A text holds a name",
        "kind": "name", "evidence": "Aaa",
    }  # fmt: skip
    return FileFinding(**(told | more))


def fill(store: ObjectStore, opened: Reader, body: bytes, dataset: str = DATASET) -> list[str]:
    """Let the store hold two files of each series of a dataset; their folders."""
    with opened.cursor() as cursor:
        rows = cursor.execute("SELECT url FROM series WHERE dataset_id = ?", [dataset]).fetchall()
    for (url,) in rows:
        _, _, bucket, folder, _ = url.split("/")
        store.buckets.setdefault(bucket, {}).update({f"{folder}/{n}.dcm": body for n in range(2)})
    return [url for (url,) in rows]


def test_heads_alone_are_read_and_handed_to_the_checks(
    store: ObjectStore, place: Home, opened: Reader, sources: dict[str, Source]
) -> None:
    fill(store, opened, LARGE)
    plan = sampled.plan(opened, sources, DATASET, 10)
    looker = Looker()
    done = sampled.take(place, plan, looker, lambda _: None)
    assert (done.asked, done.read, done.failed) == (10, 10, [])
    assert set(looker.seen.values()) == {LARGE[: LARGE.index(b"\xe0\x7f\x10\x00OW")]}
    assert [one.file for one in done.findings] == list(looker.seen)
    ranged = [one for one in store.log if "range" in one.headers]
    assert {one.headers["range"] for one in ranged} == {f"bytes=0-{heads.FIRST - 1}"}
    assert len(ranged) == 10
    assert done.bytes < 10 * heads.FIRST + len(store.log) * 2000 < 10 * len(LARGE)
    assert done.requests == len(store.log) <= plan.picking.requests
    assert not any((place.cache / "heads").iterdir()), "what was read is removed"


def test_a_sample_is_the_same_each_time_and_another_with_another_seed(
    opened: Reader, sources: dict[str, Source]
) -> None:
    def parts(seed: int) -> list[Any]:
        return sampled.plan(opened, sources, "idc:prostatex", 30, seed).picking.parts

    assert parts(0) == parts(0)
    assert set(parts(0)) != set(parts(1))


def test_a_sample_takes_modalities_and_subjects_in_turn(
    opened: Reader, sources: dict[str, Source]
) -> None:
    plan = sampled.plan(opened, sources, "idc:prostatex", 300)
    with opened.cursor() as cursor:
        rows = cursor.execute(
            "SELECT modality_raw, subject FROM series WHERE list_contains(?, url)",
            [[folder for folder, _ in plan.picking.parts]],
        ).fetchall()
        every = cursor.execute(
            "SELECT count(DISTINCT modality_raw) FROM series WHERE dataset_id = 'idc:prostatex'"
        ).fetchone()
    assert every is not None and every[0] > 1
    assert len({modality for modality, _ in rows}) == every[0]
    by_modality = [subject for modality, subject in rows if modality == "MR"]
    assert len(by_modality) == len(set(by_modality)), "no subject twice while there are others"


def test_where_there_are_few_series_each_gives_several_files(
    store: ObjectStore, place: Home, opened: Reader, sources: dict[str, Source]
) -> None:
    folders = fill(store, opened, LARGE)
    plan = sampled.plan(opened, sources, DATASET, len(folders) + 3)
    looker = Looker()
    done = sampled.take(place, plan, looker, lambda _: None)
    assert done.read == len(looker.seen) == len(folders) + 3


def test_a_plan_asks_nobody(store: ObjectStore, opened: Reader, sources: dict[str, Source]) -> None:
    told = sampled.plan(opened, sources, DATASET, 7).told()
    assert store.log == []
    assert (told["files"], told["requests"]) == (7, 7 + 7 * heads.READS)
    assert told["usual_bytes"] == 7 * heads.FIRST < told["bytes"]


def test_a_long_head_is_read_piece_by_piece(store: ObjectStore, sources: dict[str, Source]) -> None:
    body = with_pixels(500_000, ImageComments="x" * 9000, TextValue="y" * 300_000)
    store.buckets = {"scans": {"a.dcm": body}}
    client = Client(sources["idc"])
    found = sampled._head(client, Remote("a.dcm", f"{store.url}/scans/a.dcm"))
    assert body.startswith(found) and 300_000 < len(found) < len(body)
    assert [one.headers["range"] for one in store.log] == [
        "bytes=0-65535", "bytes=65536-131071", "bytes=131072-262143", "bytes=262144-524287",
    ]  # fmt: skip


@pytest.mark.parametrize("habits", [Habits(ignores_ranges=True), Habits(most=50_000)])
def test_a_server_of_other_habits_gives_the_same_head(
    store: ObjectStore, sources: dict[str, Source], habits: Habits
) -> None:
    body = with_pixels(PIXELS, TextValue="y" * 100_000)
    store.buckets = {"scans": {"a.dcm": body}}
    store.habits = habits
    found = sampled._head(Client(sources["idc"]), Remote("a.dcm", f"{store.url}/scans/a.dcm"))
    assert found == heads.head(body[:-1], whole=False)


def test_a_head_without_an_end_is_given_up(store: ObjectStore, sources: dict[str, Source]) -> None:
    body = with_pixels(100, TextValue="y" * (heads.LONGEST + 10))
    store.buckets = {"scans": {"a.dcm": body}}
    with pytest.raises(ValueError, match="longer than 8 MiB"):
        sampled._head(Client(sources["idc"]), Remote("a.dcm", f"{store.url}/scans/a.dcm"))
    assert len(store.log) == heads.READS


def test_files_that_cannot_be_read_are_told_and_harm_no_others(
    store: ObjectStore, place: Home, opened: Reader, sources: dict[str, Source]
) -> None:
    fill(store, opened, LARGE)
    plan = sampled.plan(opened, sources, DATASET, 8)
    folders = [folder.split("/")[3] for folder, _ in plan.picking.parts]
    store.fail("status", at=f"{folders[0]}/0.dcm", value=403)
    store.fail("status", at=f"{folders[0]}/1.dcm", value=403)
    store.fail("status", at=f"prefix={folders[1]}", value=404)
    done = sampled.take(place, plan, Looker(), lambda _: None)
    assert done.read == 6
    assert sorted(reason[:23] for _, reason in done.failed) == [
        "the server answered 403", "the server answered 404",
    ]  # fmt: skip


def test_a_dataset_of_which_nothing_could_be_read_is_not_clean(
    store: ObjectStore, place: Home, opened: Reader, sources: dict[str, Source]
) -> None:
    fill(store, opened, LARGE)
    store.closed = set(store.buckets)
    plan = sampled.plan(opened, sources, DATASET, 3)
    with pytest.raises(DownloadError, match="none of its files could be read"):
        sampled.take(place, plan, Looker(), lambda _: None)


def test_a_run_that_was_stopped_reads_no_head_again(
    store: ObjectStore, place: Home, opened: Reader, sources: dict[str, Source]
) -> None:
    fill(store, opened, LARGE)
    plan = sampled.plan(opened, sources, DATASET, 12)
    with pytest.raises(KeyboardInterrupt):
        sampled.take(place, plan, Looker(stop_after=5), lambda _: None)
    (folder,) = (place.cache / "heads").iterdir()
    assert folder.stat().st_mode & 0o077 == 0, "what was read is nobody else's business"
    kept = len([one for one in folder.iterdir() if not one.name.startswith(".")])
    assert kept >= 5
    store.forget()
    done = sampled.take(place, plan, Looker(), lambda _: None)
    assert done.read == 12
    assert len([one for one in store.log if "range" in one.headers]) == 12 - kept


def test_a_file_that_changed_since_is_read_again(
    store: ObjectStore, sources: dict[str, Source], tmp_path: Path
) -> None:
    store.buckets = {"scans": {"a.dcm": LARGE}}
    client = Client(sources["idc"])
    old, new = (Remote("a.dcm", f"{store.url}/scans/a.dcm", etag=tag) for tag in (None, None))
    sampled._kept(client, old, tmp_path)
    sampled._kept(client, new, tmp_path)
    assert len(store.log) == 2, "without an entity tag nobody knows"


def record(**more: Any) -> dict[str, Any]:
    told = {"id": "openneuro:ds1", "source": "openneuro", "kind": "dataset", "access": "open"}
    ways = [{"route": "s3", "url": "s3://openneuro.org/ds1", "access": "open"}]
    return told | {"distributions": ways} | more


def pick(sources: dict[str, Source], count: int, key: str = "openneuro", **more: Any) -> Picking:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE series (dataset_id VARCHAR, derived_dataset_id VARCHAR, url VARCHAR, "
            "series VARCHAR, subject VARCHAR, modality_raw VARCHAR, manufacturer_raw VARCHAR)"
        )
        seed = Seed("x", "r", "0")
        return picked(connection, record(**more), sources[key], count, seed)


def nifti(voxels: int, extension: bytes) -> bytes:
    """A NIfTI-1 image with one extension (code 6, a comment), after nifti1.h."""
    size = -(-(8 + len(extension)) // 16) * 16
    offset = 352 + size
    head = bytearray(348)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 1, voxels, 1, 1, 1, 1, 1, 1)
    struct.pack_into("<2h", head, 70, 2, 8)
    struct.pack_into("<f", head, 108, float(offset))
    head[344:348] = b"n+1\0"
    inner = struct.pack("<2i", size, 6) + extension.ljust(size - 8, b"\0")
    voxel = bytes(n * n % 251 for n in range(voxels % 32767))
    return bytes(head) + b"\1\0\0\0" + inner + voxel


def test_tables_sidecars_and_images_of_a_folder_take_turns(
    store: ObjectStore, sources: dict[str, Source]
) -> None:
    image = gzip.compress(nifti(30_000, b"comment"))
    store.buckets = {
        "openneuro.org": {
            "ds1/participants.tsv": b"participant_id\n", "ds1/dataset_description.json": b"{}",
            "ds1/code/run.exe": b"x", "ds10/participants.tsv": b"another",
        } | {
            f"ds1/sub-{n:02}/anat/sub-{n:02}_T1w{end}": body
            for n in range(1, 20) for end, body in ((".nii.gz", image), (".json", b"{}"))
        }
    }  # fmt: skip
    found = pick(sources, 7).files(Client(sources["openneuro"]), None)
    names = [one.name for one in found]
    assert "participants.tsv" in names
    images = [name for name in names if name.endswith(".nii.gz")]
    assert len(names) == 7 and len({name.split("/")[0] for name in images}) == len(images) == 3
    assert not any("exe" in name or "another" in name for name in names)
    assert len(store.log) == 1 + 7, "one list of the folder, and one of each that was chosen"


def test_a_packed_image_gives_its_header_and_extensions_to_the_checks(
    store: ObjectStore, sources: dict[str, Source], tmp_path: Path
) -> None:
    whole = nifti(32_000, b"made for JANE ROE on 2019-03-04")
    store.buckets = {"scans": {"a.nii.gz": gzip.compress(whole, 0) + bytes(90_000)}}
    found = sampled._head(Client(sources["idc"]), Remote("a", f"{store.url}/scans/a.nii.gz"))
    told = gzip.decompress(found)
    assert told[348:] == whole[348 : whole.index(b"made") - 8 + 48] + b"\0", "of one voxel"
    assert len(store.log) == 1
    (tmp_path / "a.nii.gz").write_bytes(found)
    emitted: list[FileFinding] = []
    looked = [File(tmp_path / "a.nii.gz", "a.nii.gz")]
    check_files(looked, load("research"), emitted.append, pixels=False, faces=False)
    assert {(one.check, one.where) for one in emitted} == {("text-identifier", "extension[0]")}


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"access": "controlled"}, "not for everybody: access is controlled"),
        ({"distributions": []}, "none is told"),
        ({"distributions": [{"route": "web", "url": "https://x.org/", "access": None}]}, "web"),
        (
            {"distributions": [
                {"route": "tcia-manifest", "url": "https://x.org/a.tcia", "access": "open"},
                {"route": "https", "url": "https://x.org/clinical.csv", "access": "open"},
            ]},
            "zip archives that are made when asked for",
        ),
        (
            {"distributions": [{"route": "s3", "url": "s3://scans/a.tar", "access": "open"}]},
            "no part of its files can be read",
        ),
        (
            {"distributions": [{"route": "s3", "url": "s3://scans/a", "access": "controlled"}]},
            "no part of its files can be read",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_sampled_says_why(
    sources: dict[str, Source], more: dict[str, Any], what: str
) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        pick(sources, 5, **more)
    assert "fairscan check FOLDER" in str(caught.value)


def test_an_index_without_series_never_leads_to_all_of_its_bucket(
    sources: dict[str, Source],
) -> None:
    with pytest.raises(UsageError, match="no part of its files"):
        pick(sources, 5, key="idc")


def test_single_files_are_read_by_their_addresses(sources: dict[str, Source]) -> None:
    urls = [
        f"https://zenodo.org/api/records/1/files/{name}"
        for name in ("a.nii.gz", "b.pdf", "c%20d.csv")
    ]
    ways = [{"route": "https", "url": url, "access": None} for url in urls]
    found = pick(sources, 5, distributions=ways)
    assert {one.name for one in found.parts} == {"a.nii.gz", "c d.csv"}


@pytest.mark.parametrize("count", [0, -1, sampled.MOST + 1])
def test_a_sample_has_a_size(opened: Reader, sources: dict[str, Source], count: int) -> None:
    with pytest.raises(UsageError, match="a sample of"):
        sampled.plan(opened, sources, DATASET, count)


def test_turns_give_each_file_once() -> None:
    files = [Remote(f"sub-{n % 3}/{n}.nii", "") for n in range(10)] + [Remote("a.json", "")]
    taken = turns(files, 100, Seed("x"))
    assert sorted(taken) == sorted(files)
    assert {one.name.partition("/")[0] for one in taken[:6]} >= {
        "sub-0",
        "sub-1",
        "sub-2",
        "a.json",
    }


@pytest.fixture
def command(store: ObjectStore, place: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`fairscan check ID` in this process, on a home whose IDC lies in the store."""
    (place.root / "fairscan.toml").write_text(
        f'[sources.idc]\ns3 = "{store.url}"\nrequests_per_second = 5000.0\n'
    )
    monkeypatch.setenv("FAIRSCAN_HOME", str(place.root))
    monkeypatch.delenv("FAIRSCAN_OFFLINE", raising=False)

    def run(count: int, **more: Any) -> int:
        how = {"dry_run": False, "fail_on": Severity.WARNING, "as_json": True} | more
        return check_dataset(DATASET, load("research"), count, 0, **how)

    return run


def test_the_command_reports_findings_and_keeps_the_result(
    store: ObjectStore, place: Home, opened: Reader, command: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    fill(store, opened, with_pixels(PIXELS, InstitutionName="St. Jane's Hospital"))
    assert command(4) == 3
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    named = [line for line in lines if line.get("where") == "00080080"]
    assert len({line["file"] for line in named}) == 4
    told = checked.kept(place)[DATASET]
    assert (told["asked"], told["read"], told["failed"], told["affected"]) == (4, 4, 0, 4)
    assert "Jane" not in json.dumps(told)
    assert command(4, fail_on=Severity.BLOCKER) == 0


def test_the_command_asks_nobody_for_a_plan_or_offline(
    store: ObjectStore, place: Home, command: Callable[..., int],
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert command(4, dry_run=True) == 0
    assert json.loads(capsys.readouterr().out)["files"] == 4
    monkeypatch.setenv("FAIRSCAN_OFFLINE", "1")
    with pytest.raises(UsageError, match="FAIRSCAN_OFFLINE"):
        command(4)
    assert store.log == [] and checked.kept(place) == {}
