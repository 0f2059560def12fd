"""Which frames are looked at follows from what an object says of itself."""

from __future__ import annotations

import pytest

from curation.pixels.sampling import sampler


@pytest.mark.parametrize(
    ("header", "look"),
    [
        ({"modality": "US"}, "all"),
        ({"modality": "MG"}, "all"),
        ({}, "all"),
        ({"modality": "CT", "image_type": "ORIGINAL\\PRIMARY\\AXIAL"}, "few"),
        ({"modality": "CT", "image_type": "DERIVED\\SECONDARY\\SCREEN SAVE"}, "all"),
        ({"modality": "CT", "image_type": "ORIGINAL\\PRIMARY\\LOCALIZER"}, "all"),
        ({"modality": "MR", "burned_in": "YES"}, "all"),
        ({"modality": "MR", "burned_in": "NO"}, "few"),
        ({"modality": "CT", "conversion_type": "WSD"}, "all"),
        ({"modality": "CT", "sop_class": "1.2.840.10008.5.1.4.1.1.7"}, "all"),
        ({"modality": "CT", "sop_class": "1.2.840.10008.5.1.4.1.1.7.4"}, "all"),
        ({"modality": "CT", "sop_class": "1.2.840.10008.5.1.4.1.1.77.1.6"}, "few"),
        ({"modality": "CT", "manufacturer": "TeraRecon, Inc."}, "all"),
        ({"modality": "SEG"}, "none"),
        ({"modality": "RTDOSE"}, "none"),
        ({"modality": "RTIMAGE"}, "all"),
    ],
)
def test_the_first_rule_that_fits_decides(header: dict[str, str], look: str) -> None:
    assert sampler().look(header) == look


def test_all_frames_are_counted_from_the_header() -> None:
    assert sampler().frames({"modality": "US", "frames": "30"}) == range(30)


def test_of_a_multi_frame_cross_section_the_ends_and_the_middle_are_looked_at() -> None:
    assert sampler().frames({"modality": "MR", "frames": "40"}) == (0, 20, 39)


def test_of_a_series_the_same_objects_are_looked_at_in_every_process() -> None:
    numbers = [n for n in range(1, 101) if sampler().frames({"modality": "CT", "number": str(n)})]
    assert numbers == [1, 25, 50, 75, 100]


@pytest.mark.parametrize("frames", ["", "0", "-4", "nine", "1e9", "9" * 40, "٣"])
def test_a_count_that_is_none_is_one(frames: str) -> None:
    assert sampler().frames({"modality": "US", "frames": frames}) == range(1)
