"""Every text in a DICOM image, found, read and judged, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from curation.pixels import frames, overlays
from curation.pixels.detect import CELL, changed, detect
from curation.pixels.judge import UNREADABLE, Verdict, judge, of_a_device
from curation.pixels.models import reader, vision
from curation.pixels.recognise import read, readable
from curation.pixels.sampling import Sampler
from curation.pixels.sampling import sampler as usual
from curation.pixels.text import Box, Reading, Text

if TYPE_CHECKING:
    from curation.phi.known import Known
    from curation.pixels.text import Image

_LIKELY_TEXT = 0.75
_SHARED = 0.6


def scan(
    path: Path,
    *,
    known: Known | None = None,
    patient: str | None = None,
    sampler: Sampler | None = None,
) -> list[Text]:
    """The texts in the frames that the sampler wants looked at, by frame and from top to bottom.

    Overlays are looked at whole. Raises Unsafe if the pixels cannot be decoded, and
    `models.NoReaderError` if the packages that read text are not installed.
    """
    dataset = frames.header(path)
    found: list[Text] = []
    wanted = (sampler or usual()).frames(frames.described(dataset))
    if wanted and "Rows" in dataset and "Columns" in dataset:
        reader()
        looker = Looker(known, patient)
        for index, array in frames.stored(path, dataset, wanted):
            found += looker.texts(index, frames.picture(array, dataset))
    for plane in overlays.planes(dataset):
        reader()
        looker = Looker(known, patient)
        for index, image in overlays.pictures(plane):
            found += (replace(text, plane=plane.group) for text in looker.texts(index, image))
    return found


class Looker:
    """Looks at one frame after the other; what stands as before is not looked at again."""

    def __init__(self, known: Known | None = None, patient: str | None = None) -> None:
        self._known, self._patient = known, patient
        self._before: Image | None = None
        self._found: list[tuple[Box, Reading]] = []

    def texts(self, frame: int, image: Image) -> Iterator[Text]:
        """The texts of a frame, from top to bottom, without what only looks like text.

        Boxes that stand close together on one line are also judged as what they say together.
        """
        for line in _lines(self._boxes(image)):
            verdicts = [self._verdict(box, reading) for box, reading in line]
            if len(line) > 1:
                whole = judge(" ".join(r.text for _, r in line), self._known, self._patient)
                if whole.identifying:
                    verdicts = [
                        v if v is None or v.identifying or of_a_device(reading.text) else whole
                        for v, (_, reading) in zip(verdicts, line, strict=True)
                    ]
            for (box, reading), verdict in zip(line, verdicts, strict=True):
                if verdict is not None:
                    corners = (box.x0, box.y0, box.x1, box.y1)
                    kind, sure, identifying = verdict.kind, verdict.sure, verdict.identifying
                    yield Text(frame, *corners, reading.text, kind, sure, identifying)

    def _boxes(self, image: Image) -> list[tuple[Box, Reading]]:
        """The boxes of a frame: those of the frame before, but for the cells that changed."""
        before = self._before
        if before is None or before.shape != image.shape:
            self._before = image.copy()
            self._found = [(box, read(image, box)) for box in detect(image)]
            return self._found
        import numpy as np

        cv2 = vision()
        cells = changed(image, before)
        if not cells.any():
            return self._found
        cells = cv2.dilate(cells, np.ones((3, 3), np.uint8))
        kept = []
        for box, reading in self._found:
            touched = _cells(cells, box)
            if touched.any():
                touched[:] = 1
            else:
                kept.append((box, reading))
        new = [(box, read(image, box)) for box in detect(image, cells)]
        self._found = sorted(kept + new, key=lambda f: (f[0].y0, f[0].x0, f[0].x1, f[0].y1))
        mask = np.kron(cells, np.ones((CELL, CELL), np.uint8))[: image.shape[0], : image.shape[1]]
        before[mask > 0] = image[mask > 0]
        return self._found

    def _verdict(self, box: Box, reading: Reading) -> Verdict | None:
        if readable(reading):
            return judge(reading.text, self._known, self._patient)
        long = box.x1 - box.x0 >= 2 * (box.y1 - box.y0)
        return UNREADABLE if long and box.score >= _LIKELY_TEXT else None


def _cells(cells: Image, box: Box) -> Image:
    """The part of a grid of cells in which a box lies."""
    return cells[box.y0 // CELL : -(-box.y1 // CELL), box.x0 // CELL : -(-box.x1 // CELL)]


def _lines(found: list[tuple[Box, Reading]]) -> list[list[tuple[Box, Reading]]]:
    """The boxes by the line in which they stand, from left to right, lines from top to bottom."""
    lines: list[list[tuple[Box, Reading]]] = []
    for entry in sorted(found, key=lambda f: f[0].x0):
        box = entry[0]
        for line in lines:
            last = line[-1][0]
            height = max(box.y1 - box.y0, last.y1 - last.y0)
            shared = min(box.y1, last.y1) - max(box.y0, last.y0)
            if shared >= _SHARED * height and box.x0 - last.x1 <= height:
                line.append(entry)
                break
        else:
            lines.append([entry])
    return sorted(lines, key=lambda line: (line[0][0].y0, line[0][0].x0))
