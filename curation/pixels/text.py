"""What was read in an image: where it stands, what it says, and whether it identifies a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from curation.phi.span import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image: TypeAlias = NDArray[Any]
    """Rows and columns, or rows, columns and three colours (RGB), 8 bits each."""

    Pixels: TypeAlias = NDArray[Any]
    """Samples as they are stored, whatever their width."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels; x1 and y1 are outside. `score` is how sure the detector was."""

    x0: int
    y0: int
    x1: int
    y1: int
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a box says, and how sure the reader was of each of its letters, from 0 to 1."""

    text: str = field(repr=False)
    score: float


@dataclass(frozen=True, slots=True)
class Text:
    """Text in one frame (from 0). `plane` is the group of an overlay, or 0 for pixel data.

    `identifying` says that it must go; `sure` is false where that is only likely. `text` is what
    was read, which may be an identifier: it is never shown.
    """

    frame: int
    x0: int
    y0: int
    x1: int
    y1: int
    text: str = field(repr=False)
    kind: Kind | None
    sure: bool
    identifying: bool
    plane: int = 0

    @property
    def bbox(self) -> tuple[int, int, int, int]:
        """The corners as findings have them."""
        return self.x0, self.y0, self.x1, self.y1
