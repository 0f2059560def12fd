"""De-identifying a folder into another one: surveyed, written, checked, and recorded."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from curation.audit.detail import detail
from curation.audit.record import Run, described, operator
from curation.check import check
from curation.deidentify.layout import Layout
from curation.deidentify.ledger import Done, Ledger
from curation.deidentify.mapping import Mapping
from curation.deidentify.one import Outcome, deidentify_one, enough_room, put
from curation.deidentify.survey import survey
from curation.dicom.faces import cuts_of
from curation.faces.masks import FaceCut
from curation.formats.act import Act
from curation.formats.file import File
from curation.phi.known import Known
from curation.pool import Pool, batched
from curation.profiles import Profile
from curation.quiet import hush, quiet
from curation.reports.summary import Summary
from curation.walk import files_below
from schemas.errors import FairscanError, UsageError
from schemas.file_finding import FileFinding

Say = Callable[[str, int, int], None]
Row = tuple[str, str, str]
Task = tuple[str, File, Path]

_BATCH = 16
_FEW = 256
_TOGETHER = 1024
_UNFINISHED = "unfinished-"


@dataclass(frozen=True)
class Wish:
    """What is asked for. `records` is a folder beside the output, for the key holder alone."""

    source: Path
    target: Path
    records: Path
    profile: Profile
    mapping: Mapping
    key_kept: bool = False
    layout: Layout = field(default_factory=Layout)
    pixels: bool = True
    check: bool = True
    jobs: int = 0
    operator: str | None = None
    command: tuple[str, ...] = ()
    remember: Callable[[Iterable[Row]], None] | None = None
    """Takes (kind, old, new) of each batch, for the re-identification table; null keeps none."""


def deidentify(
    wish: Wish,
    emit: Callable[[FileFinding], None],
    say: Say = lambda _1, _2, _3: None,
    summary: Summary | None = None,
) -> Run:
    """Do it: what was written by an earlier run that was stopped is not written again.

    `emit` gets the findings of the check of the output, and `summary` its totals. Quarantined
    files are listed, with their names, in `quarantine.jsonl` in the records. Raises FairscanError,
    before anything is written, if source and target overlap, and when the disk is full: the run
    can go on then.
    """
    _sane(wish)
    for folder in (wish.target, wish.records):
        folder.mkdir(parents=True, exist_ok=True)
    wish.records.chmod(0o700)
    run = Run(
        command=list(wish.command),
        profile=described(wish.profile),
        operator=operator(wish.operator),
        key_fingerprint=wish.mapping.fingerprint(),
        key_kept=wish.key_kept,
        table_kept=wish.remember is not None,
    )
    ledger = Ledger(wish.records / "ledger.jsonl", wish.mapping.key, wish.profile.digest)
    try:
        with quiet():
            _write(wish, run, ledger, say)
        _count(wish, run, ledger)
    finally:
        ledger.close()
    if wish.check:
        run.check = check(
            wish.target, wish.profile, emit, summary=summary, pixels=wish.pixels, jobs=wish.jobs,
            say=lambda summary: say("checking", summary.files, run.files_written),
        )  # fmt: skip
    run.end()
    return run


def _sane(wish: Wish) -> None:
    source, target = wish.source.resolve(), wish.target.resolve()
    if not wish.source.exists():
        raise UsageError("there is no such file or folder", where=str(wish.source))
    if target.is_relative_to(source) or (source.is_dir() and source.is_relative_to(target)):
        raise UsageError(
            "the output lies in the input, or the input in the output",
            where=str(wish.target),
            do="Name a folder elsewhere: originals are never touched",
        )
    records = wish.records.resolve()
    if records.is_relative_to(source) or records.is_relative_to(target):
        raise UsageError(
            "the records would lie in the input or the output",
            where=str(wish.records),
            do="Name a folder elsewhere: they are for the key holder alone",
        )
    begun = (wish.records / "ledger.jsonl").exists()
    if wish.target.is_dir() and any(wish.target.iterdir()) and not begun:
        raise UsageError(
            "the output folder holds files that no run of this kind wrote",
            where=str(wish.target),
            do="Name an empty or new folder",
        )


def _write(wish: Wish, run: Run, ledger: Ledger, say: Say) -> None:
    """Survey every file, then write those that are not written yet."""
    files = [met for met in files_below(wish.source) if isinstance(met, File)]
    say("reading", 0, len(files))
    known = survey(_told(files, "reading", say))
    run.files_read = len(files)
    cuts: dict[str, FaceCut] = {}
    if wish.profile.clean_faces:
        cuts, untold = cuts_of(_told(files, "looking for faces", say))
        run.actions["series whose face could not be judged"] += len(untold)
    waiting = _waiting(files, wish, ledger)
    with ExitStack() as stack:
        quarantine = stack.enter_context(
            (wish.records / "quarantine.jsonl").open("w", encoding="utf-8")
        )
        for left in wish.records.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left)  # of a run that was killed
        scratch = Path(
            stack.enter_context(tempfile.TemporaryDirectory("", _UNFINISHED, wish.records))
        )
        for met in files_below(wish.source):
            if not isinstance(met, File):
                _quarantine(quarantine, run, *met)
        kept = _Kept(wish, ledger)
        stack.callback(kept.flush)
        count = 0
        for token, outcome in _outcomes(waiting, wish, known, cuts, scratch):
            count += 1
            if outcome.reason:
                _quarantine(quarantine, run, outcome.name, outcome.reason)
                kept.add(Done(token, read=outcome.read, reason=outcome.reason))
            else:
                _place(wish, ledger, kept, token, outcome)
            if count % _BATCH == 0:
                say("writing", count, len(files))
        say("writing", count, len(files))


class _Kept:
    """What was done, told to the ledger only after the re-identification table has it.

    A run that is killed in between writes those files once more, and loses no row.
    """

    def __init__(self, wish: Wish, ledger: Ledger) -> None:
        self.remember = wish.remember
        self.ledger = ledger
        self.most = 1 if wish.remember is None else _TOGETHER
        self.done: list[Done] = []
        self.rows: set[Row] = set()

    def add(self, done: Done, rows: Iterable[Row] = ()) -> None:
        """Take one file; every so often all are written down."""
        self.done.append(done)
        self.ledger.reserve(done)
        if self.remember is not None:
            self.rows.update(rows)
        if len(self.done) >= self.most:
            self.flush()

    def flush(self) -> None:
        """Write down what was taken."""
        if self.remember is not None and self.rows:
            self.remember(sorted(self.rows))
        for done in self.done:
            self.ledger.add(done)
        self.done, self.rows = [], set()


def _told(files: list[File], doing: str, say: Say) -> Iterator[File]:
    for number, file in enumerate(files):
        if number % _FEW == 0:
            say(doing, number, len(files))
        yield file


def _waiting(files: list[File], wish: Wish, ledger: Ledger) -> Iterator[tuple[str, File]]:
    for file in files:
        token = ledger.token(file)
        if ledger.done(token, wish.target) is None:
            yield token, file


def _place(wish: Wish, ledger: Ledger, kept: _Kept, token: str, outcome: Outcome) -> None:
    """Move a written file into its place; a place that another file has gets a number."""
    assert outcome.made is not None
    output = outcome.output
    number = 1
    while not ledger.free(output, token):
        number += 1
        path = Path(outcome.output)
        output = str(path.with_name(f"{path.stem}~{number}{path.suffix}"))
    put(outcome.made, wish.target / output)
    rows = {row for row in outcome.pseudonyms if row[0] != "path"}
    kept.add(
        Done(
            token, output, outcome.sha256, outcome.bytes, outcome.read,
            actions={**outcome.actions, "regions": len(outcome.regions)},
        ),
        rows | {("path", outcome.name, output)},
    )  # fmt: skip


def _quarantine(to: object, run: Run, name: str, reason: str) -> None:
    run.quarantined[reason] += 1
    print(json.dumps({"file": name, "reason": reason}), file=to, flush=True)  # type: ignore[call-overload]


def _count(wish: Wish, run: Run, ledger: Ledger) -> None:
    """Add up what stands in the output: of this run and of those that it went on from."""
    with detail(wish.records / "files.parquet") as told:
        for done in ledger.all():
            if not done.output:
                continue
            actions = dict(done.actions)
            regions = actions.pop("regions", 0)
            told.add(done.output, done.sha256, done.bytes, actions, regions, done.read)
            run.files_written += 1
            run.bytes_written += done.bytes
            run.regions_hidden += regions
            run.actions.update(actions)
    run.input_digest, run.output_digest = told.input_digest, told.output_digest
    run.detail_digest = told.digest


def _outcomes(
    waiting: Iterator[tuple[str, File]],
    wish: Wish,
    known: Known,
    cuts: dict[str, FaceCut],
    scratch: Path,
) -> Iterator[tuple[str, Outcome]]:
    """Each file's outcome in the order of the files, here or in other processes."""
    numbered = (
        (token, file, scratch / f"{number}") for number, (token, file) in enumerate(waiting)
    )
    first = list(islice(numbered, 2))
    jobs = wish.jobs or (os.cpu_count() or 1)
    tasks = chain(first, numbered)
    if jobs == 1 or len(first) < 2:
        act = Act(wish.profile, wish.mapping, known, pixels=wish.pixels, cuts=cuts)
        for task in tasks:
            yield task[0], _one(task, act, wish.layout)
        return
    given = (wish.profile, wish.mapping.key, known, wish.pixels, cuts, wish.layout)
    for outcomes in Pool(_batch, _died, _begin, given, jobs).run(batched(tasks, _BATCH)):
        yield from outcomes


def _died(task: Task) -> list[tuple[str, Outcome]]:
    """What is said of a file that ended the process which read it."""
    token, file, made = task
    made.unlink(missing_ok=True)
    return [(token, Outcome(file.name, reason="the program that decodes it crashed"))]


def _one(task: Task, act: Act, layout: Layout) -> Outcome:
    _, file, made = task
    try:
        if not enough_room(made.parent, _size(file)):
            raise OSError(28, "no space left on the device")
        return deidentify_one(file, made, act, layout)
    except OSError as error:
        raise FairscanError(
            f"nothing more can be written: {error.strerror or error}",
            where=str(made.parent.parent),
            do="Make room and run the same command again: it goes on from here",
        ) from error


def _size(file: File) -> int:
    """Its length; 0 if it is gone by now, which is told when it is read."""
    try:
        return file.size
    except OSError:
        return 0


_here: tuple[Act, Layout]


def _begin(
    profile: Profile,
    key: bytes,
    known: Known,
    pixels: bool,
    cuts: dict[str, FaceCut],
    layout: Layout,
) -> None:
    global _here
    hush()
    _here = Act(profile, Mapping(key), known, pixels=pixels, cuts=cuts), layout


def _batch(tasks: list[Task]) -> list[tuple[str, Outcome]]:
    act, layout = _here
    return [(task[0], _one(task, act, layout)) for task in tasks]
