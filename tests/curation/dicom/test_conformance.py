"""What is written conforms to the standard as well as what was read: dciodvfy finds no new error.

dciodvfy is in Debian's dicom3tools.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pydicom
import pytest

from curation.deidentify.mapping import Mapping
from curation.deidentify.survey import survey
from curation.formats import Unsafe
from curation.formats.act import Act
from curation.formats.dicom import FORMAT
from curation.formats.file import File
from curation.profiles import load
from tests.corpus import dciodvfy
from tests.curation.tiny import tiny

KEY = b"a key of thirty-two bytes, a key"


def compared(paths: list[Path], folder: Path, profile: str = "research") -> dciodvfy.Compared:
    """Errors before and after, of those files that are written."""
    files = [File(path, path.name) for path in paths]
    act = Act(load(profile), Mapping(KEY), survey(files), pixels=False)
    pairs = []
    for number, file in enumerate(files):
        target = folder / f"{number}-{file.name}"
        try:
            FORMAT.deidentify(file, target, act)
        except Unsafe:
            continue
        pairs.append((file.path, target))
    return dciodvfy.compare(pairs)


pytestmark = pytest.mark.skipif(
    not dciodvfy.installed(), reason="no dciodvfy here: apt-get install dicom3tools"
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One file of each kind of object that the corpus has."""
    found: dict[str, Path] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted((tiny(tmp_path_factory) / "raw").rglob("*.dcm")):
            ds = pydicom.dcmread(path, stop_before_pixels=True)
            found.setdefault(f"{ds.SOPClassUID} {ds.file_meta.TransferSyntaxUID}", path)
    return list(found.values())


@pytest.mark.parametrize("profile", ["research", "hipaa", "basic", "gdpr"])
def test_no_error_is_new_in_the_corpus(corpus: list[Path], tmp_path: Path, profile: str) -> None:
    done = compared(corpus, tmp_path, profile)
    assert done.files > 10
    assert done.new == {}, done.lines()


def test_no_error_is_new_in_published_files(tmp_path: Path) -> None:
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    done = compared(sorted(folder.glob("*.dcm")), tmp_path)
    assert done.files > 60
    assert done.new == {}, done.lines()
