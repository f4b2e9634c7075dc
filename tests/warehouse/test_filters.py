from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.definitions import SWITCHABLE
from pipeline.errors import SelectionError
from pipeline.warehouse.filters import FIRST_DAY, LAST_DAY, PRESETS, Compare, Filters, Period, resolve_preset

TODAY = date(2024, 3, 31)
SELECTED = Filters(7, date(2024, 3, 1), date(2024, 4, 1))

numbers = st.integers(1, 2**31 - 1)
printable = st.text(st.characters(categories=["L", "N", "P", "S"], include_characters=" "), min_size=1, max_size=80)


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    start = draw(st.dates(FIRST_DAY, LAST_DAY - timedelta(days=1)))
    end = draw(st.dates(start + timedelta(days=1), min(LAST_DAY, start + timedelta(days=36_600))))
    return Filters(
        site_id=draw(numbers),
        start=start,
        end=end,
        meter_id=draw(st.none() | numbers),
        sector=draw(st.none() | printable),
        compare=draw(st.sampled_from(get_args(Compare))),
        measure=draw(st.sampled_from(SWITCHABLE)),
    )


@given(filters(), st.dates(FIRST_DAY + timedelta(days=800), LAST_DAY - timedelta(days=1)))
def test_what_is_written_to_the_url_is_read_back(chosen: Filters, today: date) -> None:
    assert Filters.from_query(chosen.to_query(), today) == chosen


@given(
    st.dictionaries(
        st.sampled_from(["site", "meter", "sector", "start", "end", "compare", "measure", "period"]), st.text()
    )
)
def test_hostile_values_are_refused_or_harmless(query: dict[str, str]) -> None:
    with suppress(SelectionError):
        read = Filters.from_query(query, TODAY, site_id=1)
        assert Filters.from_query(read.to_query(), TODAY) == read


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"site": "1; drop table reading"}, "site must be a number"),
        ({"site": "٣"}, "site must be a number"),
        ({"site": "99999999999"}, "site must be a number"),
        ({"site": "4294967296"}, "no site"),
        ({"site": "0"}, "no site"),
        ({"site": "-1"}, "site must be a number"),
        ({}, "Choose a site"),
        ({"site": "1", "meter": "x"}, "meter must be a number"),
        ({"site": "1", "start": "2024-02-30", "end": "2024-03-01"}, "not a day of the calendar"),
        ({"site": "1", "start": "20240101", "end": "2024-03-01"}, "date like"),
        ({"site": "1", "start": "2024-03-02", "end": "2024-03-02"}, "must start before it ends"),
        ({"site": "1", "start": "1910-01-01", "end": "2024-03-02"}, "at most 100 years"),
        ({"site": "1", "start": "0001-01-01", "end": "2024-03-02"}, "between"),
        ({"site": "1", "compare": "weekly"}, "compare must be one of"),
        ({"site": "1", "measure": "money"}, "measure must be one of"),
        ({"site": "1", "period": "eternity"}, "period must be one of"),
        ({"site": "1", "sector": "a\x00b"}, "sector must be a name"),
        ({"site": "1", "sector": "a" * 81}, "sector must be a name"),
    ],
)
def test_a_refusal_names_what_is_wrong(query: dict[str, str], words: str) -> None:
    with pytest.raises(SelectionError, match=words):
        Filters.from_query(query, TODAY)


def test_without_a_period_the_last_thirty_days_with_data_are_shown() -> None:
    read = Filters.from_query({}, TODAY, site_id=7)

    assert read == Filters(7, date(2024, 3, 2), date(2024, 4, 1))


def test_an_end_alone_closes_thirty_days() -> None:
    assert Filters.from_query({"end": "2024-03-02"}, TODAY, site_id=7).start == date(2024, 2, 1)


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [
        ("today", "2024-03-31", "2024-04-01"),
        ("yesterday", "2024-03-30", "2024-03-31"),
        ("last7", "2024-03-25", "2024-04-01"),
        ("last30", "2024-03-02", "2024-04-01"),
        ("this-month", "2024-03-01", "2024-04-01"),
        ("last-month", "2024-02-01", "2024-03-01"),
        ("this-year", "2024-01-01", "2024-04-01"),
        ("last-year", "2023-01-01", "2024-01-01"),
        ("last12months", "2023-04-01", "2024-04-01"),
        ("all", "2020-05-05", "2024-04-01"),
    ],
)
def test_presets_end_with_the_last_day_that_has_data(preset: str, start: str, end: str) -> None:
    read = Filters.from_query({"site": "1", "period": preset}, TODAY, first_day=date(2020, 5, 5))

    assert (read.start.isoformat(), read.end.isoformat()) == (start, end)


@given(st.sampled_from(PRESETS), st.dates(date(1910, 1, 1), date(2190, 1, 1)))
def test_every_preset_is_a_period_on_every_day(preset: str, today: date) -> None:
    assert resolve_preset(preset, today, today).days >= 1


@given(filters())
def test_compared_days_fall_on_the_same_weekdays_and_never_overlap(chosen: Filters) -> None:
    before = replace(chosen, compare="previous").compare_period

    assert before is not None
    assert before.days == chosen.period.days
    assert before.start.weekday() == chosen.start.weekday()
    assert before.end <= chosen.start
    assert chosen.start - before.end < timedelta(days=7)


def test_a_year_before_is_52_weeks() -> None:
    assert replace(SELECTED, compare="year").compare_period == Period(date(2023, 3, 3), date(2023, 4, 3))
    assert SELECTED.compare_period is None
