"""The commands of a steward: check files, de-identify them, and verify what was recorded."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from catalog.cli import output
from catalog.cli.options import JSON
from schemas.errors import UsageError
from schemas.finding import Severity

if TYPE_CHECKING:
    from curation.reports.summary import Summary

PROFILE = typer.Option(
    "research", "--profile", metavar="NAME|FILE", help="A profile by name, or a TOML file."
)
NO_PIXELS = typer.Option(False, "--no-pixels", help="Do not look for text in the images.")
JOBS = typer.Option(0, "--jobs", "-j", min=0, help="Processes (0: one a core).")
FAIL_ON = typer.Option(
    Severity.WARNING, "--fail-on", help="Exit 3 on findings of this severity or a worse one."
)
KEY = typer.Option(
    None, "--key", metavar="FILE", help="The file of the secret key, sealed by a pass phrase."
)
REPORT = typer.Option(
    [], "--report", metavar="FILE", help="Also write .html, .parquet, .sarif or .jsonl there."
)
IN = typer.Argument(..., metavar="IN", help="A file or a folder; never changed.")
OUT = typer.Argument(..., metavar="OUT", help="A new folder, or one to go on with.")
TABLE = typer.Option(
    None, "--table", metavar="FILE",
    help="Keep who is who in this file, sealed by the key (needs --key).",
)  # fmt: skip
RECORDS = typer.Option(
    None, "--records", metavar="DIR",
    help="For the key holder alone: audit, certificate, quarantine [OUT.fairscan].",
)  # fmt: skip
SEALED = typer.Argument(..., metavar="TABLE", help="The sealed table of who is who.")
AUDIT = typer.Argument(..., metavar="AUDIT", help="audit.jsonl in a run's records.")
FILES = typer.Option(
    None, "--files", metavar="OUT", help="Also compare the files of the last run's output."
)
TO_FOLDER = typer.Option(..., "--to", metavar="DIR", help="Write CSV files there.")
TO_FILE = typer.Option(
    ..., "--to", metavar="FILE", help="An .html or .pdf file to write the certificate to."
)


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(check)
    app.command()(deidentify)
    app.command()(profiles)
    app.command()(reidentify)
    audit = typer.Typer(help="What the de-identifier recorded.", no_args_is_help=True)
    audit.command("verify")(verify)
    audit.command("show")(show)
    audit.command("certificate")(certificate)
    app.add_typer(audit, name="audit")


def check(
    what: str = typer.Argument(
        ..., metavar="PATH|ID", help="A file, a folder, or a dataset of the catalogue."
    ),
    profile: str = PROFILE,
    report: list[Path] = REPORT,
    fail_on: Severity = FAIL_ON,
    no_pixels: bool = NO_PIXELS,
    no_faces: bool = typer.Option(False, "--no-faces", help="Do not look for faces in heads."),
    all_findings: bool = typer.Option(False, "--all", help="Show observations (info) as well."),
    jobs: int = JOBS,
    sample: int = typer.Option(
        0, "--sample", metavar="N", min=0, help="Of a dataset: read the headers of N files."
    ),
    seed: int = typer.Option(0, "--seed", help="Of a dataset: choose other files."),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Of a dataset: say what would be asked, and ask nobody."
    ),
    json: bool = JSON,
) -> None:
    """Look for what may identify a person in files: elements, text, names, pixels, faces.

    With --json each finding is a line of JSON. Exit 0: nothing found; 3: findings.
    """
    from curation.check import check as run
    from curation.profiles import load
    from curation.reports.together import together

    path = Path(what)
    if not path.exists() and (sample or ":" in what):
        from catalog.cli.remote import check_dataset

        raise typer.Exit(
            check_dataset(
                what,
                load(profile),
                sample,
                seed,
                dry_run,
                fail_on,
                as_json=json,
                reports=report,
                everything=all_findings,
            )
        )
    chosen = load(profile)
    progress = _Progress("checking")
    with together(path, chosen, report, as_json=json, everything=all_findings) as (emit, summary):
        run(
            path, chosen, emit, summary=summary, pixels=not no_pixels, faces=not no_faces,
            jobs=jobs, say=lambda s: progress(s.files, 0),
        )  # fmt: skip
        progress.end()
    raise typer.Exit(code(summary, fail_on))


def deidentify(
    source: Path = IN,
    target: Path = OUT,
    profile: str = PROFILE,
    key: Path = KEY,
    table: Path = TABLE,
    records: Path = RECORDS,
    layout: str = typer.Option(
        None, "--layout", metavar="TEMPLATE",
        help="Of DICOM files, such as {patient}/{study}/{series}/{instance}.dcm.",
    ),
    operator: str = typer.Option(None, "--operator", help="Who does this, for the audit."),
    no_check: bool = typer.Option(False, "--no-check", help="Do not check what was written."),
    no_pixels: bool = NO_PIXELS,
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Say what would be done by format; write nothing."
    ),
    jobs: int = JOBS,
    json: bool = JSON,
) -> None:  # fmt: skip
    """Write de-identified copies of files, check them, and record what was done.

    Without --key a secret key is made for this run and forgotten: nobody can link what is written
    to what was read, nor to another run. Exit 0: done; 3: quarantined files, or findings left.
    """
    from curation.deidentify.command import Asked, carry_out, planned
    from curation.profiles import load

    asked = Asked(
        source, target, load(profile), key, table, records, layout, operator,
        pixels=not no_pixels, check=not no_check, jobs=jobs,
    )  # fmt: skip
    if dry_run:
        plan = planned(asked)
        if json:
            output.as_json(plan)
        else:
            for subject, said in plan.items():
                print(f"{subject}: {said}")
        return
    progress = _Progress("")
    done = carry_out(asked, output.say, progress.step)
    progress.end()
    if json:
        output.as_json(done.as_dict())
    else:
        for line in done.lines():
            print(line)
    raise typer.Exit(done.code)


def profiles(
    name: str = typer.Argument(None, metavar="[NAME|FILE]", help="Show this one."),
    attributes: bool = typer.Option(False, "--attributes", help="With what it does to each."),
    json: bool = JSON,
) -> None:
    """The profiles that say what de-identifying does, and what each of them means."""
    from curation.profiles import load, names

    if name is None:
        rows = [load(known) for known in names()]
        if json:
            output.as_json([{"name": p.name, "version": p.version, "title": p.title} for p in rows])
            return
        output.table([[p.name, p.version, p.title] for p in rows], ["name", "version", "what for"])
        return
    chosen = load(name)
    if json:
        output.as_json(
            {
                "name": chosen.name,
                "version": chosen.version,
                "edition": chosen.edition,
                "digest": chosen.digest,
                "meaning": [list(row) for row in chosen.describe()],
                "attributes": [
                    [f"{tag:08X}", keyword, basic, code]
                    for tag, keyword, basic, code in chosen.attributes()
                ]
                if attributes
                else None,
            }
        )
        return
    for subject, sentence in chosen.describe():
        print(f"{subject}: {sentence}")
    if attributes:
        output.table(
            [[f"{t:08X}", k, b, c] for t, k, b, c in chosen.attributes()],
            ["tag", "attribute", "Basic Profile", "this profile"],
        )


def reidentify(
    table: Path = SEALED,
    key: Path = KEY,
    to: Path = TO_FOLDER,
    json: bool = JSON,
) -> None:
    """Open a re-identification table for the key holder: id_old and id_new in CSV files."""
    from curation.deidentify import keys
    from curation.deidentify.table import export

    if key is None:
        raise UsageError("the table is sealed", where=str(table), do="Name its key with --key")
    counts = export(table, keys.load(key, keys.passphrase()), to)
    if json:
        output.as_json(counts)
    else:
        for kind, count in counts.items():
            print(f"{kind}: {count:,}")


def verify(
    path: Path = AUDIT,
    key: Path = KEY,
    head: str = typer.Option(None, "--head", help="A hash that was written down earlier."),
    files: Path = FILES,
    json: bool = JSON,
) -> None:
    """Whether every record of an audit stands as it was written. Exit 1 if not."""
    from curation.audit.chain import verify as run
    from curation.audit.detail import differences
    from curation.deidentify import keys

    secret = None if key is None else keys.load(key, keys.passphrase())
    verified = run(path, key=secret, head=head)
    differ = [] if files is None else list(differences(path.with_name("files.parquet"), files))
    if json:
        output.as_json(
            {**dataclasses.asdict(verified), "whole": verified.whole, "files": dict(differ)}
        )
    elif verified.whole:
        ends = "its end is there" if verified.end else "whether its end is there is not known"
        print(f"{verified.records:,} records stand as they were written, and {ends}")
        print(f"The last has the hash {verified.head}")
    else:
        print(f"Record {verified.bad} is wrong: {verified.why}", file=sys.stderr)
    if not json:
        for name, how in differ:
            print(f"{name}: {how}", file=sys.stderr)
        if files is not None and not differ:
            print("Every file is as the last run wrote it")
    if differ or not verified.whole:
        raise typer.Exit(1)


def show(
    path: Path = AUDIT,
) -> None:
    """The records of an audit, as JSON."""
    from curation.audit.chain import entries

    output.as_json(list(entries(path)))


def certificate(
    path: Path = AUDIT,
    to: Path = TO_FILE,
) -> None:
    """Write the certificate of the last run again, for a data protection officer to file."""
    from curation.audit.certificate import write

    write(path, to)


def code(summary: Summary, fail_on: Severity) -> int:
    """The exit code that a check's findings ask for."""
    order = list(Severity)
    worse = order[order.index(fail_on) :]
    return 3 if any(summary.severities.get(severity) for severity in worse) else 0


class _Progress:
    """One line on a terminal's standard error, written over; nothing elsewhere."""

    def __init__(self, doing: str) -> None:
        self.doing = doing
        self.shown = False

    def __call__(self, done: int, of: int) -> None:
        """How many files of how many (0: nobody knows yet)."""
        if sys.stderr.isatty():
            whole = f" of {of:,}" if of else ""
            print(
                f"\r\x1b[K{self.doing} {done:,}{whole} files", end="", file=sys.stderr, flush=True
            )
            self.shown = True

    def step(self, doing: str, done: int, of: int) -> None:
        """The same for a run of several steps."""
        self.doing = doing
        self(done, of)

    def end(self) -> None:
        """Clear the line."""
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
