"""A DICOM series of a head loses its face where the profile asks for that, and says so."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from curation.deidentify.mapping import Mapping
from curation.deidentify.run import Wish, deidentify
from curation.profiles import load
from schemas.file_finding import FileFinding
from tests.curation.faces.phantoms import Phantom, write_dicom

PROFILE = """
name = "public-heads"
version = "1"
title = "Heads that everybody may see"
description = "The default, with faces cut."
extends = ["research", "clean_recognizable_visual_features"]
"""


@pytest.mark.parametrize("cut", [True, False])
def test_the_face_goes_only_where_the_profile_says_so(cut: bool, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "own.toml").write_text(PROFILE)
    write_dicom(Phantom(axes="LPS", modality="CT", spacing=(5, 5, 5)), tmp_path / "in")
    found: list[FileFinding] = []
    profile = load(tmp_path / "own.toml" if cut else "research")
    wish = Wish(
        tmp_path / "in", tmp_path / "out", tmp_path / "kept", profile, Mapping(b"k" * 32),
        pixels=False, jobs=1,
    )  # fmt: skip
    run = deidentify(wish, found.append)
    faces = [f for f in found if f.check == "face-region" and f.severity == "warning"]
    said = {
        pydicom.dcmread(path).get("RecognizableVisualFeatures")
        for path in (tmp_path / "out").rglob("*.dcm")
    }
    assert run.files_written == run.files_read > 20
    assert (len(faces), said) == ((0, {"NO"}) if cut else (1, {None}))
    assert (run.actions["faces cut"] > 0) is cut
