"""The face goes, the brain stays, and a tool that fails is never taken at its word."""

from __future__ import annotations

import stat
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from curation.faces.cut import after, cut_of
from curation.faces.deface import deface, installed
from curation.faces.evidence import face
from curation.faces.planes import Stack, Unusable, sample
from schemas.errors import FairscanError, UsageError
from tests.curation.faces.phantoms import Phantom, brain, image, points, write_nifti


@pytest.mark.parametrize(
    "phantom",
    [
        Phantom(),
        Phantom(pitch=-20, axes="PIR"),
        Phantom(pitch=20, modality="CT", yaw=10),
        Phantom(modality="PT", noise=0.01, scale=0.9),
    ],
    ids=repr,
)
def test_our_own_cut_takes_the_face_and_leaves_the_brain(phantom: Phantom) -> None:
    data, matrix = image(phantom)
    origins = matrix[:3, 3] + np.arange(data.shape[2])[:, None] * matrix[:3, 2]
    stack = Stack(
        origins,
        matrix[:3, 0],
        matrix[:3, 1],
        (data.shape[0], data.shape[1]),
        lambda k: data[:, :, k].astype(np.float32),
    )
    volume = sample(stack)
    cut = cut_of(volume, phantom.modality)
    planes = [cut.takes(o, stack.across, stack.down, stack.shape) for o in origins]
    gone = np.stack(planes, axis=-1)
    place = points(phantom)
    assert not (gone & brain(place)).any()
    nose = (np.abs(place[0]) < 12) & (place[1] > 96) & (np.abs(place[2] + 62) < 15)
    mouth = (np.abs(place[0]) < 20) & (place[1] > 80) & (np.abs(place[2] + 98) < 10)
    assert gone[nose].all()
    assert gone[mouth].all()
    assert face(after(volume, cut), phantom.modality).region == "cut"


def test_a_volume_without_a_head_is_not_cut() -> None:
    stack = Stack(
        np.arange(40)[:, None] * np.array([0, 0, 4.0]),
        np.array([4.0, 0, 0]),
        np.array([0, 4.0, 0]),
        (40, 40),
        lambda k: np.full((40, 40), k % 2, np.float32),
    )
    with pytest.raises(Unusable):
        cut_of(sample(stack), "MR")


def test_the_image_keeps_its_geometry_and_every_voxel_outside_the_cut(tmp_path: Path) -> None:
    source = write_nifti(Phantom(axes="LPS"), tmp_path / "head.nii.gz")
    done = deface(source, tmp_path / "out.nii.gz", "own", modality="MR")
    assert (done.before.region, done.left.region) == ("present", "cut")
    assert done.warning is not None
    before, left = nib.load(source), nib.load(tmp_path / "out.nii.gz")
    assert np.array_equal(before.affine, left.affine)
    old, new = np.asarray(before.dataobj), np.asarray(left.dataobj)
    changed = old != new
    assert 0.1 < changed.mean() < 0.4
    assert len(np.unique(new[changed])) == 1


def _tool(folder: Path, name: str, does: str) -> None:
    tool = folder / name
    tool.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)


def test_an_installed_tool_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    source = write_nifti(Phantom(), tmp_path / "head.nii")
    write_nifti(Phantom(cut="mask"), tmp_path / "made.nii")
    _tool(tmp_path, "pydeface", f'cp "{tmp_path}/made.nii" "$3"')
    assert installed() == ["pydeface"]
    done = deface(source, tmp_path / "out.nii")
    assert (done.tool, done.left.region, done.warning) == ("pydeface", "cut", None)


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ('cp "$1" "$3"', "left what looks like a face"),
        ("exit 3", "failed with code 3"),
        ("exit 0", "failed with code 0"),
        ("exec sleep 60", "took longer"),
    ],
)
def test_a_tool_that_does_not_deface_is_told(
    does: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    _tool(tmp_path, "pydeface", does)
    source = write_nifti(Phantom(spacing=(5, 5, 5)), tmp_path / "head.nii")
    with pytest.raises(FairscanError, match=says):
        deface(source, tmp_path / "out.nii", minutes=0.005)
    assert not (tmp_path / "out.nii").exists()


def test_a_tool_that_is_not_installed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="quickshear is not installed"):
        deface(tmp_path / "head.nii", tmp_path / "out.nii", "quickshear")
