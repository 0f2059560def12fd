"""A small IDC index cut from the installed one, and cheap copies of homes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import idc_index_data

INSTALLED = Path(idc_index_data.__file__).parent
INDEX, COLLECTIONS, RESULTS, VERSIONS = (
    "idc_index.parquet",
    "collections_index.parquet",
    "analysis_results_index.parquet",
    "version_metadata_index.parquet",
)
KEPT = ("lung_phantom", "phantom_fda", "prostatex", "qiba_ct_liver_phantom", "rider_phantom_mri")
"""Phantoms, patients, two licence texts, five analysis results: small, and every shape there is."""


def cut_index(folder: Path) -> Path:
    """Write the rows of the installed index that belong to the collections in `KEPT`."""
    names = ", ".join(f"'{name}'" for name in KEPT)
    wanted = {
        INDEX: f"collection_id IN ({names})",
        COLLECTIONS: f"collection_id IN ({names})",
        RESULTS: "analysis_result_id IN (SELECT analysis_result_id "
        f"FROM read_parquet('{INSTALLED / INDEX}') WHERE collection_id IN ({names}))",
        VERSIONS: "true",
    }
    with duckdb.connect() as connection:
        for name, rule in wanted.items():
            connection.execute(
                f"COPY (SELECT * FROM read_parquet('{INSTALLED / name}') WHERE {rule}) "
                f"TO '{folder / name}' (FORMAT parquet)"
            )
    return folder


def edit(parquet: Path, select: str) -> None:
    """Replace a Parquet file by what `select` makes of it; `{file}` stands for its rows."""
    new = parquet.with_suffix(".new")
    with duckdb.connect() as connection:
        rows = f"read_parquet('{parquet}')"
        connection.execute(f"COPY ({select.format(file=rows)}) TO '{new}' (FORMAT parquet)")
    new.replace(parquet)


def hard_linked(home: Path, target: Path) -> Path:
    """A copy of `home`: releases and harvests are hard links, what is appended to is not."""
    for path in sorted(home.rglob("*")):
        copy = target / path.relative_to(home)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            copy.symlink_to(path.readlink())
        elif path.is_dir():
            copy.mkdir(exist_ok=True)
        elif path.parent == home:
            shutil.copy2(path, copy)
        else:
            os.link(path, copy)
    return target


def snapshot(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Every path below `folder` with what tells that it was changed: link, size, time."""
    return {
        str(path.relative_to(folder)): (
            str(path.readlink()) if path.is_symlink() else "",
            path.lstat().st_size if path.is_file() else 0,
            path.lstat().st_mtime_ns if path.is_file() else 0,
        )
        for path in sorted(folder.rglob("*"))
    }
