"""Says what a profile does, for the people who answer for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.standard.table import codes

if TYPE_CHECKING:
    from curation.profiles.profile import Profile

_DATES = {
    "remove": "Dates and times are removed, or replaced where an object must have one.",
    "year": "Dates keep their year alone; times are removed.",
    "shift": "Dates of a patient all move by the same secret number of days; times stay.",
    "keep": "Dates and times stay as they are.",
}
_AGES = {
    "remove": "Ages are removed.",
    "limit": "Ages stay; all over 89 are written as 90.",
    "keep": "Ages stay as they are.",
}
_UNLISTED = {
    "clean": "Text is cleaned; names of people, addresses and what is unknown are removed.",
    "strict": "Short text is cleaned, prose replaced by a dummy; names of people, addresses and"
    " what is unknown are removed.",
}
_TABLE = {
    "allowed": "A table that leads back to the patients is kept only if the operator asks for it.",
    "never": "No table that leads back to the patients is kept, and the key is thrown away.",
}


def sentences(profile: Profile) -> list[tuple[str, str]]:
    """What each part of the profile means, as (subject, sentence)."""
    known = codes()
    on = [known[option][1] for option in known if option in profile.options]
    return [
        ("Profile", f"{profile.name} {profile.version}: {profile.title}"),
        ("What it is for", " ".join(profile.description.split())),
        ("Standard", f"DICOM PS3.15 Annex E, Table E.1-1 of {profile.edition}"),
        ("Options", ", ".join(on) or "none"),
        ("Dates", _DATES[profile.dates]),
        ("Ages", _AGES[profile.ages]),
        (
            "Descriptions",
            "Kept, cleaned of identifiers." if profile.text == "clean" else "Removed.",
        ),
        (
            "Private attributes",
            "Only those known to be safe stay." if profile.private == "safe" else "Removed.",
        ),
        ("UIDs", "Kept." if profile.keep_uids else "Replaced, the same everywhere."),
        (
            "Burned-in text",
            "Looked for and hidden." if profile.clean_pixels else "Not looked at.",
        ),
        ("Faces", "Made unrecognisable." if profile.clean_faces else "Not changed."),
        ("Attributes not in the table", _UNLISTED[profile.unlisted_text]),
        ("Re-identification", _TABLE[profile.reidentification]),
        ("Kept beyond the standard", ", ".join(profile.deviations) or "nothing"),
        *((f"({i.item}) {i.named}", i.done) for i in profile.identifiers),
        ("Digest (SHA-256)", profile.digest),
    ]
