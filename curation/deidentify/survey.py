"""What identifies the patients of a folder, read from every file before any is written."""

from __future__ import annotations

from collections.abc import Iterable

from curation.formats import Unsafe, format_of
from curation.formats.file import File
from curation.phi.known import Known


def survey(files: Iterable[File]) -> Known:
    """The values of all identity fields; a file that cannot be read is told when it is written."""
    known = Known()
    seen: set[tuple[str, str, str]] = set()
    for file in files:
        try:
            kind = format_of(file.name, file.head)
            for entry in kind.identities(file) if kind is not None else ():
                if entry not in seen:
                    if len(seen) >= _MOST:
                        seen.clear()
                    seen.add(entry)
                    known.add(*entry)
        except (Unsafe, OSError):
            continue
        except Exception:  # the same reader meets the same bytes again, and then it is told
            continue
    return known


_MOST = 1 << 17
