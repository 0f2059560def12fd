"""Archives: every member is looked at as a file, and repacked when it was de-identified."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from curation.faces.series import CHECK as FACES
from curation.faces.series import RULE as FACES_RULE
from curation.formats import Format, Unsafe, format_of
from curation.formats.file import File
from curation.formats.members import SINGLE, Member, Unpacker, kind_of, members, packed
from curation.formats.paths import clean_path, inspect_part, inspect_path
from curation.phi import Kind, Style
from schemas.errors import FairscanError
from schemas.finding import Severity

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look

_DEEPEST = 3
_RULE = "what cannot be read cannot be cleared"
_OFFICE = frozenset(("[Content_Types].xml", "mimetype"))


class _Archive:
    name = "archive"
    rank = 60

    def takes(self, name: str, head: bytes) -> bool:
        """By its first bytes, or a name that says so."""
        return kind_of(name, head) is not None

    def inspect(self, file: File, look: Look) -> None:
        """Report what is in each member as in a file `archive.zip!/member`, and its own words."""
        kind = _kind(file)
        unpacker = Unpacker(file)
        patient, pieces = look.patient, look.pieces
        look.pieces = []
        try:
            with _folder() as folder:
                for member in members(file, kind):
                    inner = _inner(file, kind, member, folder)
                    look.file = file if kind in SINGLE else inner
                    look.patient = patient
                    _inspect(member, inner, unpacker, look)
        finally:
            heads = bool(look.pieces)
            look.file, look.pieces = file, pieces
        if heads:
            message = "It holds parts of heads, whose faces are judged once it is unpacked"
            look.found(FACES, Severity.INFO, None, FACES_RULE, message, kind=Kind.FACE)

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """What the identity fields of its members say."""
        kind = _kind(file)
        unpacker = Unpacker(file)
        with _folder() as folder:
            for member in members(file, kind):
                if member.kind == "file" and not _leaves(member.name):
                    inner = _inner(file, kind, member, folder)
                    with _numbered(member):
                        unpacker.unpack(member, inner.path)
                        yield from _format(inner).identities(inner)

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write an archive of the de-identified members in their order.

        Raises Unsafe with the number of the member that cannot be made safe.
        """
        kind = _kind(file)
        unpacker = Unpacker(file)
        names: set[str] = set()
        with _folder() as folder, packed(target, kind) as add:
            for member in members(file, kind):
                if member.kind in ("folder", "comment"):
                    continue
                with _numbered(member):
                    if member.kind == "link":
                        raise Unsafe("a link")
                    if member.name in _OFFICE:
                        raise Unsafe("a part of an office document, which is not repacked")
                    if _leaves(member.name):
                        raise Unsafe("a name that leads out of the archive")
                    inner = _inner(file, kind, member, folder)
                    new = clean_path(_plain(member.name), act, act.known)
                    if new.casefold() in names:
                        raise Unsafe("a name that another member has")
                    names.add(new.casefold())
                    unpacker.unpack(member, inner.path)
                    out = folder / "out"
                    _format(inner).deidentify(inner, out, act)
                    add(new, out, member.stored)
                    out.unlink()


FORMAT = _Archive()


def _kind(file: File) -> str:
    kind = kind_of(file.name, file.head)
    if kind is None:
        raise Unsafe("no archive")
    if file.name.count("!/") >= _DEEPEST:
        raise Unsafe(f"an archive in archives, {_DEEPEST} deep")
    return kind


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="fairscan-") as name:
        yield Path(name)


def _inner(file: File, kind: str, member: Member, folder: Path) -> File:
    """The member as a file. What is only compressed keeps its folder, and has no archive's mark."""
    where = folder / f"member-{file.name.count('!/')}"
    if kind in SINGLE:
        return File(where, file.name.rpartition(".")[0] or file.name)
    return File(where, f"{file.name}!/{_shown(member.name)}" if member.name else file.name)


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").rstrip("/")


def _shown(name: str) -> str:
    """A member's name as a report may print it."""
    return "".join(c if c.isprintable() else "?" for c in _plain(name))


def _leaves(name: str) -> bool:
    """Whether a member would be written outside the folder that it is unpacked in."""
    parts = _plain(name).split("/")
    return name.startswith(("/", "\\")) or name[1:2] == ":" or any(p in ("..", "") for p in parts)


def _inspect(member: Member, inner: File, unpacker: Unpacker, look: Look) -> None:
    for place, text in member.texts:
        if place == "gzip.name":
            inspect_part(text, place, look)
        else:
            look.text(text, place, Style.PROSE, rule="free text")
    if member.kind == "comment":
        return
    if member.name and look.file is inner:
        inspect_path(_shown(member.name), look)
    if member.kind == "link" or _leaves(member.name):
        look.found(
            "archive-member",
            Severity.WARNING,
            "filename",
            "an archive unpacks into its own folder",
            "A member is a link or would be unpacked elsewhere; it was not looked at",
        )
        return
    if member.kind == "file" and (reason := _looked_at(member, inner, unpacker, look)):
        message = f"It was not looked at: {reason}; restore or remove it"
        look.found("not-read", Severity.WARNING, None, _RULE, message)


def _looked_at(member: Member, inner: File, unpacker: Unpacker, look: Look) -> str:
    """Look at one member; why it could not be looked at, or ""."""
    unpacker.unpack(member, inner.path)
    try:
        if not inner.size:
            return "it is empty"
        _format(inner).inspect(inner, look)
    except Unsafe as why:
        return str(why)
    except FairscanError as error:
        return error.what
    except Exception as error:  # a reader that hostile bytes broke is told, not followed
        return f"its reader failed ({type(error).__name__})"
    return ""


def _format(inner: File) -> Format:
    """The format of a member. A file compressed twice is refused: it may unpack to itself."""
    if "!/" not in inner.name and kind_of(inner.name, inner.head) in SINGLE:
        raise Unsafe("a file that is compressed more than once")
    found = format_of(inner.name, inner.head)
    if found is None:
        raise Unsafe("no format that is known here")
    return found


@contextmanager
def _numbered(member: Member) -> Iterator[None]:
    try:
        yield
    except Unsafe as why:
        raise Unsafe(f"member {member.number}: {why}") from None
