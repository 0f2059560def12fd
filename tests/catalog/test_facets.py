"""A query is the same in a URL, in the API and on the command line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.cohort import FACETS as SERIES_FACETS
from catalog.facets import Query, facets_from, query_from
from catalog.search import FACETS, SORTS
from schemas.errors import UsageError


def read(**params: Any) -> Query:
    return query_from(params, SERIES_FACETS, sorts=SORTS, ages=True)


def test_parameters_are_read_by_name() -> None:
    query = read(
        q=["  t2   axial "], modality=["MR", "SEG", "MR"], page=["2"], size=["10"], age_min=["40"]
    )
    assert query == Query(
        text="t2 axial", filters=(("modality", ("MR", "SEG")),), page=2, size=10, age_min=40.0
    )
    assert query.chosen("modality") == ("MR", "SEG")
    assert query.chosen("sex") == ()


def test_the_value_for_not_stated_is_a_choice_like_any_other() -> None:
    assert read(sex=[""]).chosen("sex") == ("",)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"modallity": ["MR"]}, "unknown facet 'modallity'. Did you mean 'modality'?"),
        ({"where": ["1=1"]}, "unknown facet 'where'"),
        ({"page": ["0"]}, "page is not valid: '0'. Give a whole number from 1 to 10000"),
        ({"page": ["-1"]}, "page is not valid"),
        ({"page": ["two"]}, "page is not valid"),
        ({"page": ["1.5"]}, "page is not valid"),
        ({"page": ["\u0661"]}, "page is not valid"),
        ({"page": ["9" * 30]}, "page is not valid"),
        ({"size": ["501"]}, "size is not valid: '501'. Give a whole number from 1 to 500"),
        ({"age_min": ["old"]}, "age_min is not an age: 'old'. Give years, e.g. 40"),
        ({"age_max": ["-1"]}, "age_max is not an age"),
        ({"age_max": ["nan"]}, "age_max is not an age"),
        ({"age_max": ["inf"]}, "age_max is not an age"),
        ({"sort": ["beauty"]}, "cannot sort by 'beauty'. Sort by one of: relevance"),
    ],
)
def test_what_is_no_query_is_refused_with_what_would_be(
    params: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read(**params)
    assert str(refused.value).startswith(said)


def test_ages_are_unknown_where_there_are_none() -> None:
    with pytest.raises(UsageError, match="unknown facet 'age_min'"):
        query_from({"age_min": ["4"]}, FACETS)


_values = st.lists(st.text(max_size=12), max_size=3, unique=True)


@given(
    st.text(max_size=30),
    st.dictionaries(st.sampled_from([spec.name for spec in SERIES_FACETS]), _values, max_size=4),
    st.integers(1, 10_000),
    st.integers(1, 500),
    st.sampled_from(["", *SORTS]),
    st.one_of(st.none(), st.integers(0, 200)),
)
def test_a_query_written_as_parameters_reads_as_itself(
    text: str,
    filters: dict[str, list[str]],
    page: int,
    size: int,
    sort: str,
    age: int | None,
) -> None:
    params = {"q": [text], "page": [str(page)], "size": [str(size)], "sort": [sort], **filters}
    if age is not None:
        params["age_max"] = [str(age)]
    query = read(**params)
    again: dict[str, list[str]] = {}
    for name, value in query.params():
        again.setdefault(name, []).append(value)
    assert read(**again) == query


@given(st.floats(0, 200), st.floats(0, 200))
def test_an_age_written_as_a_parameter_reads_as_itself(one: float, other: float) -> None:
    low, high = sorted((one, other))
    query = Query(age_min=low, age_max=high)
    again = read(**{name: [value] for name, value in query.params()})
    assert again.age_min == pytest.approx(low, rel=1e-4, abs=1e-300)
    assert again.age_max == pytest.approx(high, rel=1e-4, abs=1e-300)


def test_ages_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(UsageError, match="no age lies from 60 to 50"):
        read(age_min=["60"], age_max=["50"])


def test_values_come_most_frequent_first_and_null_is_not_stated() -> None:
    counts = [("sex", "F", 3), ("sex", None, 7), ("sex", "M", 3), ("sex", "O", 0)]
    facets = {
        f.name: f for f in facets_from(counts, SERIES_FACETS, Query(), {"sex": {"F": "Female"}})
    }
    shown = [(v.value, v.label, v.count, v.selected) for v in facets["sex"].values]
    assert shown == [("", "not stated", 7, False), ("F", "Female", 3, False), ("M", "M", 3, False)]
    assert facets["modality"].values == ()


def test_a_chosen_value_is_shown_even_with_no_count_and_beyond_the_limit() -> None:
    counts = [("sex", name, 100 - i) for i, name in enumerate("ABCDEF")]
    query = Query(filters=(("sex", ("F", "Z")),))
    facets = facets_from(counts, SERIES_FACETS, query, {}, limit=2)
    (sex,) = [f for f in facets if f.name == "sex"]
    assert [(v.value, v.count, v.selected) for v in sex.values] == [
        ("A", 100, False),
        ("B", 99, False),
        ("F", 95, True),
        ("Z", 0, True),
    ]
