"""What OpenNeuro is asked, in GraphQL.

Nothing here names a person's account or a single subject's id: no `uploader`, `permissions`,
`users`, `adminUsers`, `authorEmail`, `participantId`. `edges.id` and `description.id` are declared
as never null but are never filled, so selecting either loses what holds it. Ids are given as
variables: the text stays the same, and no id can change its meaning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

PAGE = 100
"""Rows of a page of the list; the server silently gives no more."""
BATCH = 5
"""Datasets in one question for details: OpenNeuro's own indexer asks for as many."""

_LIST = """query {name}($first: Int!, $after: String) {{
  datasets(first: $first, after: $after, orderBy: {{created: ascending}},
           filterBy: {{public: true}}) {{
    edges {{ node {{ id publishDate{more} }} }}
    pageInfo {{ hasNextPage endCursor count }}
  }}
}}"""

LISTED = _LIST.format(name="Listed", more=" latestSnapshot { tag hexsha deprecated { timestamp } }")
"""A page of the public datasets, with what changes when a dataset does."""

IDS = _LIST.format(name="Ids", more="")
"""The same page without anything that a broken dataset could spoil."""

_DETAILS = """id created publishDate
    latestSnapshot {
      tag created hexsha size
      description { Name License Authors DatasetDOI Funding ReferencesAndLinks }
      summary {
        modalities secondaryModalities subjects tasks size
        subjectMetadata { age sex }
        pet { BodyPart }
      }
      deprecated { timestamp }
      related { id relation kind }
      contributors { name givenName familyName orcid }
    }"""

_METADATA = """id
    metadata { species dxStatus associatedPaperDOI openneuroPaperDOI grantFunderName }"""


def details(count: int) -> str:
    """The question for the details of `count` datasets: variables i0, i1, …, answers d0, d1, …"""
    return _aliased("Details", count, _DETAILS)


def metadata(count: int) -> str:
    """The question for the form that depositors filled in; asked apart, as it often fails."""
    return _aliased("Metadata", count, _METADATA)


def variables(ids: Sequence[str]) -> dict[str, str]:
    """The variables of a question for the datasets `ids`."""
    return {f"i{place}": local for place, local in enumerate(ids)}


def _aliased(name: str, count: int, selection: str) -> str:
    asked = ", ".join(f"$i{place}: ID!" for place in range(count))
    aliases = "\n".join(f"  d{place}: dataset(id: $i{place}) {{ ...D }}" for place in range(count))
    return f"query {name}({asked}) {{\n{aliases}\n}}\nfragment D on Dataset {{\n    {selection}\n}}"


FORM = hashlib.sha256(f"1 {_DETAILS} {_METADATA}".encode()).hexdigest()[:12]
"""Names what is kept of an answer: answers kept in another form are asked for anew."""
