"""What a check saw in a file, where in it, and never the identifier itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from schemas.finding import Severity


@dataclass(frozen=True, slots=True)
class FileFinding:
    """One thing a check saw in one place of one file.

    `where` is a path of tags as `GGGGEEEE[item].GGGGEEEE` (items count from 0), `pixel` (with
    `frame`, from 0, and `bbox` as x0, y0, x1, y1 in pixels, x1 and y1 outside), `preamble`,
    `padding`, `filename`, a JSON key, `row:column` (row 1 is the first below the header), or null
    where the file as a whole is meant. `evidence` is masked: its shape without its content.
    """

    check: str
    severity: Severity
    file: str
    where: str | None
    rule: str
    message: str
    kind: str | None = None
    evidence: str | None = None
    frame: int | None = None
    bbox: tuple[int, int, int, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON has it, without what does not apply."""
        return {key: value for key, value in asdict(self).items() if value is not None}
