"""What the Forecast page says of the month in progress."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from pages import forecast_wording as wording
from pipeline.warehouse.queries.forecast_month import Month
from pipeline.warehouse.queries.forecasts import Issue

JUST_BEGUN = Month(
    month=date(2025, 6, 1),
    days_left=30,
    so_far_kwh=0.0,
    energy_kwh=(900.0, 1000.0, 1100.0),
    so_far_kw=None,
    so_far_kw_at=None,
    peak_kw=(40.0, 45.0, 50.0),
    rest_peak_kw=(40.0, 45.0, 50.0),
    year_kw=60.0,
    year_kw_at=None,
    chance_of_new_peak=None,
)


@pytest.mark.parametrize(
    ("month", "value", "note"),
    [
        (JUST_BEGUN, "15.0 kW", "before the peak of the 11 months before, 60.0 kW; no day of June is measured yet"),
        (replace(JUST_BEGUN, year_kw=44.0), "0.00 kW", "before the peak of the 11 months before, 44.0 kW"),
        (
            replace(JUST_BEGUN, year_kw=None),
            "\N{EN DASH}",
            "no day of June is measured yet, and no earlier peak is known",
        ),
        (replace(JUST_BEGUN, rest_peak_kw=None), "\N{EN DASH}", "No forecast of peaks"),
        (replace(JUST_BEGUN, so_far_kw=50.0, chance_of_new_peak=0.2), "5.00 kW", "chance of one 20 %"),
    ],
)
def test_the_headroom_of_a_month_that_has_just_begun_is_that_to_earlier_peaks(
    month: Month, value: str, note: str
) -> None:
    *_, card = wording.month_cards(month, None)

    assert card.value == value
    assert note in card.note


def test_the_facts_say_that_there_is_no_peak_yet() -> None:
    facts = dict(wording.headroom(JUST_BEGUN))

    assert facts["Peak of June so far"] == "none yet: no day of June is measured yet"
    assert "15" in facts["Headroom to it (ratchets)"]


def test_a_fall_back_is_not_called_the_best() -> None:
    made = datetime(2025, 6, 1)  # noqa: DTZ001 - naive local, as the query gives it
    best = Issue(1, "days", "D", "UTC", made, made, made, "seasonal_naive", None, None, ("best",), ("base",))

    assert wording.best_text(best) == "Best: Seasonal naive"
    assert wording.best_text(replace(best, fallback="It needs 93 days.")) == "Fall-back: Seasonal naive"
    assert wording.best_text(None) == "Best"
