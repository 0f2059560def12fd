"""Profiles: what de-identification does to each attribute, and what a checker may still find."""

from __future__ import annotations

from curation.profiles.profile import Profile, Residue
from curation.profiles.read import load, names

__all__ = ["Profile", "Residue", "load", "names"]
