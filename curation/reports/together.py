"""One check, several reports: on the standard output and in files, all complete at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from curation.profiles import Profile
from curation.reports import Put, format_for, opened
from curation.reports.summary import COUNTED, Summary
from schemas.file_finding import FileFinding


@contextmanager
def together(
    root: Path, profile: Profile, files: Iterable[Path], *, as_json: bool, everything: bool
) -> Iterator[tuple[Callable[[FileFinding], None], Summary]]:
    """Give (emit, summary): what is emitted goes to every report; observations only on request.

    Raises UsageError if the name of a file asks for no format that is known.
    """
    summary = Summary.of(root, profile)
    with ExitStack() as stack:
        puts: list[Put] = [
            stack.enter_context(opened(format_for(file), file, summary)) for file in files
        ]
        puts.append(stack.enter_context(opened("jsonl" if as_json else "text", None, summary)))

        def emit(finding: FileFinding) -> None:
            if everything or finding.severity in COUNTED:
                for put in puts:
                    put(finding)

        yield emit, summary
