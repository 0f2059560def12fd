"""The neural networks that find and read text, opened once a process, on one thread."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from curation.formats import Unsafe
from schemas.errors import FairscanError

_WHAT = "The pixels were not looked at, since the packages that read text in them are missing"
_DO = "Install them with: pip install 'fairscan[pixels]'"


class NoReaderError(FairscanError, Unsafe):
    """The optional packages that look at pixels are not installed."""


def available() -> bool:
    """Whether pixels can be looked at here."""
    return all(map(importlib.util.find_spec, ("cv2", "onnxruntime", "rapidocr")))


@cache
def vision() -> Any:
    """OpenCV, on one thread."""
    if not available():
        raise NoReaderError(_WHAT, do=_DO)
    import cv2

    cv2.setNumThreads(1)
    return cv2


@cache
def detector() -> Any:
    """The session that maps an image to the likelihood that each pixel is text."""
    return _open("det")


@cache
def reader() -> tuple[Any, list[str]]:
    """The session that reads one line of text, and its alphabet (its first letter is none)."""
    session = _open("rec")
    letters = session.get_modelmeta().custom_metadata_map["character"].split("\n")
    return session, ["", *letters, " "]


def _open(part: str) -> Any:
    if not available():
        raise NoReaderError(_WHAT, do=_DO)
    onnxruntime: Any = importlib.import_module("onnxruntime")

    spec = importlib.util.find_spec("rapidocr")
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else Path()
    models = sorted(folder.glob(f"*_{part}_*.onnx"))
    if not models:
        raise NoReaderError(f"{_WHAT}: rapidocr brings no model for '{part}'", do=_DO)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(models[-1]), options, providers=["CPUExecutionProvider"]
    )
