from datetime import date

import pytest
from dash.exceptions import PreventUpdate
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.selection import resolve, selected
from pipeline.errors import SelectionError
from pipeline.warehouse.filters import Filters

pytestmark = pytest.mark.usefixtures("demo_warehouse", "application")
KEYS = st.sampled_from(["site", "meter", "sector", "start", "end", "period", "compare", "measure", "other"])


def test_an_empty_address_selects_the_last_30_days_of_everything_against_those_before() -> None:
    filters = resolve({})

    assert filters is not None
    assert filters.period.days == 30
    assert filters.compare == "previous"
    assert filters.site_id == 1


def test_what_is_resolved_reads_back_as_the_same(application: Flask) -> None:
    filters = resolve({"period": "last7", "measure": "peak_kw", "compare": "year"})

    with application.test_request_context():
        assert filters is not None
        assert selected(filters.to_query()) == filters


def test_nothing_is_drawn_without_a_selection() -> None:
    with pytest.raises(PreventUpdate):
        selected(None)


@pytest.mark.parametrize(
    "query",
    [
        {"site": "999999"},
        {"site": "1; drop table site"},
        {"site": "99999999999999999999"},
        {"site": "\u0661"},
        {"start": "2024-02-30"},
        {"start": "2025-01-02", "end": "2025-01-01"},
        {"period": "<script>"},
        {"measure": "money"},
        {"compare": "'"},
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(query: dict[str, str]) -> None:
    with pytest.raises(SelectionError, match=r"\.$"):
        resolve(query)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.dictionaries(KEYS, st.text(max_size=30)))
def test_any_address_selects_something_or_is_refused(query: dict[str, str]) -> None:
    try:
        filters = resolve(query)
    except SelectionError:
        return

    assert isinstance(filters, Filters)
    assert filters.start < filters.end <= date(2200, 1, 1)
