"""What `fairscan deidentify` does: key, table, run, check, audit and certificate, in this order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from curation.audit import chain
from curation.audit.certificate import write as write_certificate
from curation.audit.record import Run
from curation.deidentify import keys, table
from curation.deidentify.layout import Layout
from curation.deidentify.mapping import Mapping, new_key
from curation.deidentify.run import Row, Wish, deidentify
from curation.formats import format_of
from curation.formats.file import File
from curation.pixels import models
from curation.profiles import Profile
from curation.reports import opened
from curation.reports.summary import COUNTED, Summary
from curation.walk import files_below
from schemas.errors import FairscanError, UsageError
from schemas.file_finding import FileFinding


@dataclass(frozen=True)
class Asked:
    """The command's arguments as they were given."""

    source: Path
    target: Path
    profile: Profile
    key: Path | None = None
    table: Path | None = None
    records: Path | None = None
    layout: str | None = None
    operator: str | None = None
    pixels: bool = True
    check: bool = True
    jobs: int = 0

    @property
    def kept(self) -> Path:
        """The folder of the records: beside the output, so that it is not shared with it."""
        return self.records or self.target.with_name(self.target.name + ".fairscan")


@dataclass(frozen=True)
class Carried:
    """How it went, for the one who asked."""

    run: Run
    records: Path
    head: str
    key_note: str = field(default="")

    @property
    def code(self) -> int:
        """The exit code: 3 if files were quarantined or the check found something."""
        found = self.run.check is not None and self.run.check.counted() > 0
        return 3 if found or self.run.quarantined else 0

    def as_dict(self) -> dict[str, Any]:
        """The run as the audit has it, and where its records are."""
        return {**self.run.as_dict(), "records": str(self.records), "audit_hash": self.head}

    def lines(self) -> list[str]:
        """The same in words."""
        run = self.run
        lines = [
            f"{run.files_written:,} of {run.files_read:,} files written"
            f" ({run.profile['name']} {run.profile['version']}, key {run.key_fingerprint})",
        ]
        if run.regions_hidden:
            lines.append(f"{run.regions_hidden:,} regions of burned-in text hidden")
        for reason, count in run.quarantined.most_common():
            lines.append(f"{count:,} quarantined: {reason}")
        lines.append(_checked(run.check))
        lines.append(f"Records for the key holder: {self.records}")
        lines.append(f"Audit hash to write down: {self.head}")
        return [*lines, self.key_note] if self.key_note else lines


def _checked(check: Summary | None) -> str:
    if check is None:
        return "The output was not checked"
    if not check.counted():
        return f"The output was checked: nothing found in {check.files:,} files"
    return f"The output was checked: {check.counted():,} findings in {check.flagged:,} files"


def planned(asked: Asked) -> dict[str, Any]:
    """What would be done, from names and first bytes alone; nothing is written."""
    formats: Counter[str] = Counter()
    size = 0
    for met in files_below(asked.source):
        if not isinstance(met, File):
            formats[f"quarantined: {met[1]}"] += 1
            continue
        try:
            kind = format_of(met.name, met.head)
            size += met.size
        except OSError as error:
            formats[f"quarantined: {error.strerror}"] += 1
            continue
        formats[kind.name if kind else "quarantined: no format that is known here"] += 1
    return {
        "from": str(asked.source),
        "to": str(asked.target),
        "records": str(asked.kept),
        "profile": f"{asked.profile.name} {asked.profile.version}: {asked.profile.title}",
        "bytes": size,
        **{f"files, {name}": count for name, count in formats.most_common()},
    }


def carry_out(
    asked: Asked, say: Callable[[str], None], step: Callable[[str, int, int], None]
) -> Carried:
    """Do all of it. Raises FairscanError, saying what to do; then it can be run again."""
    if asked.table is not None and asked.key is None:
        raise UsageError(
            "a table of who is who is sealed by a key", where=str(asked.table), do="Name --key"
        )
    kept = asked.table or asked.key
    if kept is not None and asked.profile.reidentification == "never":
        raise UsageError(
            f"the profile {asked.profile.name} forbids to keep a key or a table of who is who",
            where=str(kept),
            do="Leave --key and --table out, or use another profile",
        )
    if asked.pixels and asked.profile.clean_pixels and not models.available():
        raise FairscanError(
            "text in images cannot be read here, and the profile wants it hidden",
            do="Install fairscan[pixels], or use --no-pixels and look at the images yourself",
        )
    layout = Layout(asked.layout)
    key, note = _key(asked, say)
    run = _run(asked, key, layout, step)
    audit = asked.kept / "audit.jsonl"
    signing = key if asked.key is not None else None
    entry = chain.append(audit, run.as_dict(), key=signing)
    for ending in ("html", "pdf"):
        write_certificate(audit, asked.kept / f"certificate.{ending}", key=signing)
    return Carried(run, asked.kept, entry["hash"], note)


def _run(asked: Asked, key: bytes, layout: Layout, step: Callable[[str, int, int], None]) -> Run:
    remember: Callable[[Iterable[Row]], None] | None = None
    if asked.table is not None:
        asked.table.parent.mkdir(parents=True, exist_ok=True)
        remember = partial(_remember, asked.table, key)
    wish = Wish(
        asked.source, asked.target, asked.kept, asked.profile, Mapping(key),
        key_kept=asked.key is not None, layout=layout, pixels=asked.pixels, check=asked.check,
        jobs=asked.jobs, operator=asked.operator, command=_command(asked), remember=remember,
    )  # fmt: skip
    if not asked.check:
        return deidentify(wish, lambda _: None, step)
    summary = Summary.of(asked.target, asked.profile)
    asked.kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        puts = [
            stack.enter_context(opened(ending, asked.kept / f"check.{ending}", summary))
            for ending in ("jsonl", "html")
        ]

        def emit(finding: FileFinding) -> None:
            if finding.severity in COUNTED:
                for put in puts:
                    put(finding)

        return deidentify(wish, emit, step, summary)


def _remember(path: Path, key: bytes, rows: Iterable[Row]) -> None:
    table.append(path, key, rows)


def _key(asked: Asked, say: Callable[[str], None]) -> tuple[bytes, str]:
    if asked.key is None:
        return new_key(), "No key was kept: this cannot be linked to another run (see --key)"
    if asked.key.exists():
        return keys.load(asked.key, keys.passphrase()), ""
    asked.key.parent.mkdir(parents=True, exist_ok=True)
    key = keys.create(asked.key, keys.passphrase(new=True))
    say(f"A new secret key is in {asked.key}: keep it and its pass phrase, apart from the data")
    return key, ""


def _command(asked: Asked) -> tuple[str, ...]:
    """What was asked for, without the names of files and folders."""
    words = ["deidentify", "--profile", asked.profile.name]
    for word, given in (
        ("--key", asked.key), ("--table", asked.table), ("--layout", asked.layout),
    ):  # fmt: skip
        if given is not None:
            words.append(word)
    if not asked.pixels:
        words.append("--no-pixels")
    if not asked.check:
        words.append("--no-check")
    return tuple(words)
