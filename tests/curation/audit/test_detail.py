"""The detail of a run: what became of each file, and digests that stand for a whole folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curation.audit.chain import AuditError
from curation.audit.detail import detail, differences, sha256_of
from curation.audit.tree import Tree


def sha(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle(leaves[:k]) + merkle(leaves[k:])).digest()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 9, 100])
def test_the_digest_of_a_folder_is_that_of_rfc_6962(count: int) -> None:
    tree = Tree()
    leaves = []
    for number in range(count):
        name, hash = f"{number:04d}", sha(b"%d" % number)
        tree.add(name, hash)
        leaves.append(name.encode() + b"\0" + bytes.fromhex(hash))
    assert tree.digest() == merkle(leaves).hex()


def test_files_out_of_order_or_twice_are_refused() -> None:
    tree = Tree()
    tree.add("b", sha(b""))
    for name in ("a", "b"):
        with pytest.raises(ValueError, match="order"):
            tree.add(name, sha(b""))


def filled(folder: Path, names: list[str]) -> Path:
    """A folder of files and the detail that was written of them."""
    out = folder / "out"
    with detail(folder / "files.parquet") as kept:
        for name in names:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(name.encode())
            hash = sha(name.encode())
            kept.add(
                name,
                hash,
                len(name),
                {"removed": 3, "text cleaned": 1},
                2,
                sha(b"in " + hash.encode()),
            )
    (folder / "digest").write_text(f"{kept.output_digest} {kept.input_digest} {kept.digest}")
    return out


def test_the_digests_do_not_depend_on_the_order_of_the_work(tmp_path: Path) -> None:
    names = [f"p{n}/scan {n}é.dcm" for n in range(40)]
    for name, order in (("a", names), ("b", names[::-1])):
        (tmp_path / name).mkdir()
        filled(tmp_path / name, order)
    first, second = ((tmp_path / n / "digest").read_text().split() for n in "ab")
    assert first[:2] == second[:2]
    tree = Tree()
    for name in sorted(names):
        tree.add(name, sha(name.encode()))
    assert first[0] == tree.digest()
    assert first[2] == sha256_of(tmp_path / "a" / "files.parquet")


def test_nothing_of_the_input_is_in_the_detail(tmp_path: Path) -> None:
    filled(tmp_path, ["a.dcm"])
    table = pq.read_table(tmp_path / "files.parquet")
    assert table.to_pylist() == [
        {
            "output": "a.dcm",
            "sha256": sha(b"a.dcm"),
            "bytes": 5,
            "actions": [("removed", 3), ("text cleaned", 1)],
            "regions": 2,
        }
    ]
    assert (tmp_path / "files.parquet").stat().st_mode & 0o077 == 0


def test_an_input_without_a_hash_leaves_the_digest_of_the_inputs_unknown(tmp_path: Path) -> None:
    with detail(tmp_path / "files.parquet") as kept:
        kept.add("a", sha(b"a"), 1, {})
        kept.add("b", sha(b"b"), 1, {}, input_sha256=sha(b"c"))
    assert kept.input_digest is None and kept.output_digest


def test_a_file_that_was_written_twice_is_said(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="two files were written under one name"):
        filled(tmp_path, ["a", "a"])


def test_a_folder_that_was_changed_since_is_told_file_by_file(tmp_path: Path) -> None:
    out = filled(tmp_path, ["a", "p/b", "p/c", "d"])
    assert not [*differences(tmp_path / "files.parquet", out)]
    (out / "a").write_bytes(b"A")
    (out / "p" / "c").unlink()
    (out / "p" / "e").write_bytes(b"")
    (out / "d").unlink()
    (tmp_path / "elsewhere").write_bytes(b"d")
    (out / "d").symlink_to(tmp_path / "elsewhere")
    assert [*differences(tmp_path / "files.parquet", out)] == [
        ("a", "altered"),
        ("d", "altered"),
        ("p/c", "missing"),
        ("p/e", "added"),
    ]


def test_a_name_that_is_no_utf_8_is_told_with_its_bytes(tmp_path: Path) -> None:
    out = filled_bytes(tmp_path)
    assert not [*differences(tmp_path / "files.parquet", out)]
    (out / "\udce9").write_bytes(b"other")
    assert [*differences(tmp_path / "files.parquet", out)] == [("\\xe9", "altered")]


def filled_bytes(folder: Path) -> Path:
    """A folder with one file whose name is the byte E9."""
    out = folder / "out"
    out.mkdir()
    (out / "\udce9").write_bytes(b"")
    with detail(folder / "files.parquet") as kept:
        kept.add("\udce9", sha(b""), 0, {})
    return out


def test_a_damaged_detail_is_said(tmp_path: Path) -> None:
    (tmp_path / "files.parquet").write_bytes(b"PAR1")
    with pytest.raises(AuditError, match="could not be read"):
        [*differences(tmp_path / "files.parquet", tmp_path)]
