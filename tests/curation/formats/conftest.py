"""A file written, looked at and de-identified as the runs do it, without the runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from curation.deidentify.mapping import Mapping
from curation.formats import format_of
from curation.formats.act import Act
from curation.formats.file import File
from curation.formats.look import Look
from curation.phi.known import Known
from curation.profiles import load
from schemas.file_finding import FileFinding

KEY = b"a key of thirty-two bytes, a key"


@dataclass
class Desk:
    """Files by the name that they have in reports; what was found in them, and what was written."""

    folder: Path
    profile: str = "research"
    act: Act = field(init=False)

    def __post_init__(self) -> None:
        self.act = Act(load(self.profile), Mapping(KEY), Known())

    def file(self, name: str, content: bytes | str) -> File:
        """A file of this content."""
        path = self.folder / "in"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return File(path, name)

    def findings(self, name: str, content: bytes | str) -> list[FileFinding]:
        """What is found in a file of this name and content."""
        file = self.file(name, content)
        found: list[FileFinding] = []
        look = Look(load(self.profile), found.append, file=file)
        kind = format_of(file.name, file.head)
        assert kind is not None
        kind.inspect(file, look)
        return found

    def places(self, name: str, content: bytes | str) -> dict[str | None, str]:
        """Where identifiers were found, with the sort of each; observations are left out."""
        found = self.findings(name, content)
        return {f.where: str(f.kind) for f in found if f.severity in ("error", "warning")}

    def written(self, name: str, content: bytes | str) -> bytes:
        """What is left of the file; what its identity fields say is known beforehand."""
        file = self.file(name, content)
        kind = format_of(file.name, file.head)
        assert kind is not None
        for entry in kind.identities(file):
            self.act.known.add(*entry)
        target = self.folder / "out"
        kind.deidentify(file, target, self.act)
        return target.read_bytes()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk at which the default profile is at work."""
    return Desk(tmp_path)


@pytest.fixture
def desk_of(tmp_path: Path) -> Callable[[str], Desk]:
    """A desk for a profile of this name."""
    return lambda profile: Desk(tmp_path, profile)
