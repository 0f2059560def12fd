"""A face that is there is told from one that was cut, and where neither shows, that is said."""

from __future__ import annotations

import numpy as np
import pytest

from curation.faces.evidence import Face, face
from curation.faces.planes import Stack, sample
from tests.curation.faces.phantoms import Phantom, image


def seen(phantom: Phantom) -> Face:
    data, matrix = image(phantom)
    stack = Stack(
        matrix[:3, 3] + np.arange(data.shape[2])[:, None] * matrix[:3, 2],
        matrix[:3, 0],
        matrix[:3, 1],
        (data.shape[0], data.shape[1]),
        lambda k: data[:, :, k].astype(np.float32),
    )
    return face(sample(stack), phantom.modality)


_WHOLE = [
    Phantom(spacing=(3, 3, 3)),
    Phantom(axes="LPS", noise=0.08),
    Phantom(axes="PIR", zero_air=True),
    Phantom(axes="ASL", spacing=(4, 4, 6), pitch=20),
    Phantom(axes="RSA", spacing=(3, 5, 4), pitch=-10, yaw=12),
    Phantom(modality="CT", roll=8),
    Phantom(modality="CT", axes="LPI", spacing=(4, 4, 5), pitch=20, yaw=-15),
    Phantom(modality="CT", scale=0.85, top=70),
    Phantom(modality="PT", noise=0.01),
]
_CUT = [
    Phantom(cut="mask"),
    Phantom(cut="mask", axes="PIR", noise=0.08, pitch=-20),
    Phantom(cut="mask", zero_air=True, spacing=(4, 4, 5)),
    Phantom(cut="mask", modality="CT", pitch=20),
    Phantom(cut="mask", modality="PT", noise=0.01),
    Phantom(cut="plane", axes="ASL", spacing=(4, 4, 6), yaw=12),
    Phantom(cut="plane", zero_air=True),
    Phantom(cut="plane", modality="CT", pitch=-20),
    Phantom(cut="blobs", axes="LPS", noise=0.08),
    Phantom(cut="blobs", modality="CT", spacing=(5, 4, 4), roll=8),
    Phantom(cut="blobs", pitch=20, scale=0.9),
    Phantom(cut="brain"),
    Phantom(cut="brain", pitch=20, axes="PIR"),
    Phantom(cut="brain", modality="CT", pitch=-20),
]


@pytest.mark.parametrize("phantom", _WHOLE, ids=repr)
def test_a_whole_head_has_its_face(phantom: Phantom) -> None:
    assert seen(phantom).region == "present"


@pytest.mark.parametrize("phantom", _CUT, ids=repr)
def test_a_cut_head_has_none(phantom: Phantom) -> None:
    assert seen(phantom).region == "cut"


@pytest.mark.parametrize(
    ("phantom", "reason"),
    [
        (Phantom(bottom=-30), "it ends above the face"),
        (Phantom(top=20), "the top of the head is not in it"),
        (Phantom(cut="brain", modality="PT"), "nothing of a face is seen in it"),
        (Phantom(scale=3.0), "the top of the head is not in it"),
        (Phantom(scale=0.3), "nothing in it has the form of a head"),
        (Phantom(noise=0.0, fill=7, cut="all"), "all its voxels are alike"),
    ],
)
def test_what_cannot_tell_is_unknown_and_says_why(phantom: Phantom, reason: str) -> None:
    told = seen(phantom)
    assert (told.region, told.reason) == ("unknown", reason)


def test_the_figures_are_stated() -> None:
    whole, cut = seen(Phantom()), seen(Phantom(cut="mask"))
    assert whole.evidence["advance_low"] > 0.9 > 0.6 > cut.evidence["advance_low"]
    assert whole.evidence["constant_front"] < 0.1 < 0.5 < cut.evidence["constant_front"]
    assert whole.evidence["occupied"] > 0.8 > 0.6 > cut.evidence["occupied"]


def test_a_strongly_nodding_cut_head_in_empty_air_is_never_called_whole() -> None:
    told = seen(Phantom(cut="mask", zero_air=True, pitch=-20))
    assert told.region != "present"
