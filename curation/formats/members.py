"""The members of zip, tar and compressed files: listed, unpacked within limits, repacked."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any

from curation.formats import Unsafe
from curation.formats.file import File

MEMBERS = 100_000
LARGEST = 4 << 30
_EXPANDS = 100
_ALWAYS = 1 << 30
_BLOCK = 1 << 20
_1980 = (1980, 1, 1, 0, 0, 0)
_1980_SECONDS = 315_532_800
SINGLE = ("gz", "bz2", "xz")
_COMPRESSED: dict[bytes, str] = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz"}
_OPEN: dict[str, Callable[..., Any]] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    gzip.BadGzipFile,
    UnicodeDecodeError,
    ValueError,
)


@dataclass(frozen=True)
class Member:
    """One member: its number from 1, its name as written, and whether it has bytes or is a link.

    `texts` are what the archive says of it beside its name, as (place, text).
    """

    number: int
    name: str
    kind: str
    stored: bool
    open: Callable[[], IO[bytes]]
    texts: tuple[tuple[str, str], ...] = ()


def kind_of(name: str, head: bytes) -> str | None:
    """What an archive is (`zip`, `tar`, `tar.gz`, `gz` …), or None."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) or name.lower().endswith(".zip"):
        return "zip"
    if head[257:262] == b"ustar" or name.lower().endswith(".tar"):
        return "tar"
    for magic, kind in _COMPRESSED.items():
        if head.startswith(magic):
            tarred = name.lower().endswith((".tgz", ".tbz2", ".txz", f".tar.{kind}"))
            return f"tar.{kind}" if tarred else kind
    return None


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # zipfile has no other word for a member that is encrypted
        if "encrypted" not in str(error) and "password" not in str(error):
            raise
        raise Unsafe("an archive that is encrypted") from None
    except _BROKEN:
        raise Unsafe("an archive that is damaged") from None


def members(file: File, kind: str) -> Iterator[Member]:
    """The members in their order. Raises Unsafe for one that is damaged, encrypted or too large."""
    if kind == "zip":
        yield from _zipped(file)
    elif kind.startswith("tar"):
        yield from _tarred(file)
    else:
        path = file.path
        inner = file.name.rpartition("/")[2]
        stem = inner.rpartition(".")[0] or inner
        texts = tuple(_gzip_texts(file.head)) if kind == "gz" else ()
        yield Member(1, stem, "file", False, lambda: _OPEN[kind](path), texts)


def _zipped(file: File) -> Iterator[Member]:
    with _damage(), zipfile.ZipFile(file.path) as archive:
        infos = archive.infolist()
        if len(infos) > MEMBERS:
            raise Unsafe(f"an archive of more than {MEMBERS} members")
        if sum(info.compress_size for info in infos) > file.size:
            raise Unsafe("an archive whose members lie over one another")
        if archive.comment:
            comment = archive.comment.decode("utf-8", "replace")
            yield Member(0, "", "comment", False, _nothing, (("comment", comment),))
        for number, info in enumerate(infos, 1):
            link = info.create_system == 3 and (info.external_attr >> 28) == 0xA
            kind = "folder" if info.is_dir() else "link" if link else "file"
            if info.flag_bits & 1:
                raise Unsafe("an archive that is encrypted")
            comment = info.comment.decode("utf-8", "replace")
            yield Member(
                number,
                info.orig_filename.split("\0")[0],
                kind,
                info.compress_type == zipfile.ZIP_STORED,
                lambda info=info: archive.open(info),  # type: ignore[misc]
                (("comment", comment),) if comment else (),
            )


def _tarred(file: File) -> Iterator[Member]:
    with _damage(), tarfile.open(file.path, "r:*") as archive:
        number = 0
        owners: set[str] = set()
        while (info := archive.next()) is not None:
            number += 1
            if number > MEMBERS:
                raise Unsafe(f"an archive of more than {MEMBERS} members")
            archive.members = []  # type: ignore[attr-defined]  # or it would hold every one
            kind = "folder" if info.isdir() else "file" if info.isreg() else "link"
            texts = [("owner", who) for who in {info.uname, info.gname} - owners - {""}]
            owners |= {info.uname, info.gname}
            if comment := info.pax_headers.get("comment"):
                texts.append(("comment", comment))
            yield Member(
                number,
                info.name,
                kind,
                False,
                lambda info=info: _there(archive.extractfile(info)),  # type: ignore[misc]
                tuple(texts),
            )


def _there(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise Unsafe("an archive that is damaged")
    return stream


def _nothing() -> IO[bytes]:
    raise Unsafe("a comment has no bytes")


def _gzip_texts(head: bytes) -> Iterator[tuple[str, str]]:
    """The name and comment in the header of a gzip file (RFC 1952 section 2.3)."""
    flags, at = head[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for bit, place in ((8, "gzip.name"), (16, "gzip.comment")):
        if flags & bit:
            end = head.find(b"\0", at)
            end = len(head) if end < 0 else end
            yield place, head[at:end].decode("latin-1")
            at = end + 1


class Unpacker:
    """Writes members to files one after the other, and stops at a bomb."""

    def __init__(self, file: File) -> None:
        self.left = file.size * _EXPANDS + _ALWAYS

    def unpack(self, member: Member, target: Path) -> None:
        """Write the bytes of a member. Raises Unsafe if they are too many or damaged."""
        left = LARGEST
        with _damage(), member.open() as source, target.open("wb") as out:
            while block := source.read(_BLOCK):
                left -= len(block)
                self.left -= len(block)
                if left < 0 or self.left < 0:
                    raise Unsafe("an archive that unpacks to too much")
                out.write(block)


@contextmanager
def packed(target: Path, kind: str) -> Iterator[Callable[[str, Path, bool], None]]:
    """A function that adds a member (name, its file, whether uncompressed) to a new archive.

    Nothing of the machine, its users or its clock is written: every date is that of 1980.
    """
    if kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            yield lambda name, path, stored: _zip(archive, name, path, stored)
        return
    compression = kind.rpartition(".")[2]
    with target.open("wb") as raw, _writer(raw, compression) as out:
        if kind.startswith("tar"):
            with tarfile.open(fileobj=out, mode="w|") as tar:
                yield lambda name, path, _: _tar(tar, name, path)
        else:
            yield lambda _, path, __: _copy(path, out)


def _writer(raw: IO[bytes], compression: str) -> Any:
    if compression == "gz":
        return gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)
    if compression == "bz2":
        return bz2.BZ2File(raw, "wb")
    return lzma.LZMAFile(raw, "wb") if compression == "xz" else raw


def _zip(archive: zipfile.ZipFile, name: str, path: Path, stored: bool) -> None:
    info = zipfile.ZipInfo(name, _1980)
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    large = path.stat().st_size > 1 << 30
    with path.open("rb") as source, archive.open(info, "w", force_zip64=large) as out:
        copyfileobj(source, out, _BLOCK)


def _tar(archive: tarfile.TarFile, name: str, path: Path) -> None:
    info = tarfile.TarInfo(name)
    info.size = path.stat().st_size
    info.mtime = _1980_SECONDS
    with path.open("rb") as source:
        archive.addfile(info, source)


def _copy(path: Path, out: Any) -> None:
    with path.open("rb") as source:
        copyfileobj(source, out, _BLOCK)
