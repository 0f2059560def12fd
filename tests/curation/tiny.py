"""The synthetic corpus in its smallest size, made once for all tests that read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.make import make
from tests.shared import once


def tiny(factory: pytest.TempPathFactory) -> Path:
    """Its folder, with raw, residual, hostile and key.jsonl. Nobody may write to it."""
    return (
        once(factory, "tiny-corpus", lambda folder: make(folder / "it", 7, "tiny") and None) / "it"
    )
