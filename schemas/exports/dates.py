"""When a dataset was published: days in ISO 8601, years in four digits."""

from __future__ import annotations

from datetime import datetime

from schemas.dataset import Dataset


def day(moment: datetime | None) -> str | None:
    """The day of `moment` as YYYY-MM-DD."""
    return moment.date().isoformat() if moment else None


def year(dataset: Dataset) -> str | None:
    """The year of publication as four digits; None if it is not known or is no such year."""
    told = dataset.year or (dataset.published.year if dataset.published else None)
    return f"{told:04}" if told and 0 < told <= 9999 else None
