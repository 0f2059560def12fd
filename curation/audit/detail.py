"""What became of each file of a run: a Parquet file with one row a file that was written.

It has no name and no hash of an input: a small input could be guessed from its hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curation.audit.chain import AuditError
from curation.audit.tree import Tree
from curation.reports.placed import placed
from curation.reports.plain import encodable

_BATCH = 8192


@dataclass
class Detail:
    """Takes each file that was written; the digests are known when the block has ended.

    `input_digest` is null if the hash of any input was not given. Memory: 32 bytes a file.
    """

    input_digest: str | None = None
    output_digest: str = ""
    digest: str = ""
    _writer: Any = None
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _inputs: bytearray = field(default_factory=bytearray)
    _files: int = 0

    def add(
        self,
        output: str,
        sha256: str,
        size: int,
        actions: Mapping[str, int],
        regions: int = 0,
        input_sha256: str | None = None,
    ) -> None:
        """Take a file: its path below the output folder, its hash and bytes, what was done to it.

        `regions` counts boxes of pixels that were hidden. The hash of the input goes into the
        digest of all inputs and nowhere else.
        """
        self._files += 1
        if input_sha256 is not None:
            self._inputs += bytes.fromhex(input_sha256)
        done = sorted((str(word), count) for word, count in actions.items())
        name = encodable(output)
        self._rows.append(
            {"output": name, "sha256": sha256, "bytes": size, "actions": done, "regions": regions}
        )
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        self._writer.write_batch(pa.RecordBatch.from_pylist(self._rows, self._writer.schema))
        self._rows.clear()

    def _end(self, path: Path) -> None:
        self._writer = None
        self.output_digest = _tree(path)
        self.digest = sha256_of(path)
        if len(self._inputs) == 32 * self._files:
            tree = Tree()
            inputs = bytes(self._inputs)
            hashes = sorted(inputs[at : at + 32] for at in range(0, len(inputs), 32))
            for number, one in enumerate(hashes):
                tree.add(f"{number:016d}", one.hex())
            self.input_digest = tree.digest()


@contextmanager
def detail(path: Path) -> Iterator[Detail]:
    """A detail file that takes its place when the block ends without an error.

    Raises AuditError if two files were given the same name.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        {
            "output": pa.string(),
            "sha256": pa.string(),
            "bytes": pa.int64(),
            "actions": pa.map_(pa.string(), pa.int64()),
            "regions": pa.int32(),
        }
    )
    with placed(path, mode=0o600) as file, pq.ParquetWriter(file, schema) as writer:
        kept = Detail(_writer=writer)
        yield kept
        kept._flush()
    kept._end(path)


def differences(path: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """What in `folder` is not as the detail file says: (path, `missing`, `altered` or `added`).

    Every file is read whole. Raises AuditError if the detail file cannot be read.
    """
    there = {
        encodable(place.relative_to(folder).as_posix()): place
        for place in sorted(folder.rglob("*"))
        if place.is_symlink() or not place.is_dir()
    }
    for output, sha256 in _rows(path):
        found = there.pop(output, None)
        if found is None:
            yield output, "missing"
        elif found.is_symlink() or sha256_of(found) != sha256:
            yield output, "altered"
    for name in there:
        yield name, "added"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal digits. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tree(path: Path) -> str:
    tree = Tree()
    for output, sha256 in _rows(path):
        try:
            tree.add(output, sha256)
        except ValueError as error:
            raise AuditError("two files were written under one name", where=output) from error
    return tree.digest()


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    """Path and hash of each file, in the order of the paths, sorted on disk where they are many."""
    import duckdb

    with duckdb.connect(config={"memory_limit": "512MB", "threads": "1"}) as con:
        try:
            asked = "SELECT output, sha256 FROM read_parquet(?) ORDER BY output"
            rows = con.execute(asked, [str(path)])
            while batch := rows.fetchmany(_BATCH):
                yield from batch
        except duckdb.Error as error:
            why = type(error).__name__
            raise AuditError(f"the detail could not be read: {why}", where=str(path)) from error
