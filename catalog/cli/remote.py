"""`fairscan check ID`: a sample of a dataset's files, checked where they lie."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.cli import output
from schemas.errors import UsageError
from schemas.finding import Severity

if TYPE_CHECKING:
    from catalog.sampled import Emit, Plan
    from curation.formats.file import File
    from curation.profiles import Profile
    from schemas.file_finding import FileFinding


def check_dataset(
    dataset_id: str,
    profile: Profile,
    count: int,
    seed: int,
    dry_run: bool,
    fail_on: Severity,
    *,
    as_json: bool,
    reports: Iterable[Path] = (),
    everything: bool = False,
) -> int:
    """Check `count` files of a dataset (0: as many as usual), and keep the result; the exit code.

    With `dry_run` it is said what would be asked for, and nobody is asked.

    Raises:
        UsageError: if there is no such dataset, or no part of its files can be read.
        DownloadError: if none of its files could be read.
    """
    from catalog import checked, sampled
    from catalog.cli.steward import code
    from catalog.home import current_release, home
    from catalog.reader import Reader
    from catalog.settings import settings
    from curation.check import check_files
    from curation.reports.together import together

    place = home()
    reader = Reader(current_release(place))
    try:
        plan = sampled.plan(reader, settings().sources, dataset_id, count or sampled.SAMPLE, seed)
    finally:
        reader.close()
    if dry_run:
        _tell(plan, as_json)
        return 0
    if os.environ.get("FAIRSCAN_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        raise UsageError(
            "its files lie elsewhere, and FAIRSCAN_OFFLINE is set",
            where=dataset_id,
            do="Unset it, or see what would be asked for with --dry-run",
        )
    output.say(f"reading heads of {plan.picking.most:,} {plan.picking.way}")
    with together(Path(dataset_id), profile, reports, as_json=as_json, everything=everything) as (
        report,
        summary,
    ):

        def check(files: Iterable[File], emit: Emit) -> None:
            def both(finding: FileFinding) -> None:
                emit(finding)
                report(finding)

            check_files(files, profile, both, summary=summary, pixels=False, faces=False)

        done = sampled.take(place, plan, check, output.say)
    for name, reason in done.failed:
        output.say(f"not read: {name}: {reason}")
    path = checked.keep(place, done, profile)
    output.say(
        f"{done.read:,} of {done.asked:,} files read in {done.requests:,} requests, "
        f"{output.size(done.bytes)}; kept in {path}, and shown after the next fairscan refresh"
    )
    return code(summary, fail_on)


def _tell(plan: Plan, as_json: bool) -> None:
    told = plan.told()
    if as_json:
        output.as_json(told)
        return
    print(
        f"{told['files']:,} {told['sample']}: at most {told['requests']:,} requests and "
        f"{output.size(told['bytes'])}, usually {output.size(told['usual_bytes'])}; "
        f"{told['requests_per_second']:g} requests a second, {told['at_once']} at once"
    )
