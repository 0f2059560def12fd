"""Finding identifiers of people in text, and cutting them out: one judgement for both."""

from __future__ import annotations

from curation.phi.span import Kind, Span, Style

__all__ = ["Kind", "Span", "Style"]
