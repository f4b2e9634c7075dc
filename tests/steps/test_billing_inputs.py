"""What bills are made from: which tariff when, and the load of fine and hourly meters together."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.analytics.tariffs import Tariff, to_json
from pipeline.steps.billing.loads import FineMeters, fine_load, hourly_load
from pipeline.steps.billing.timeline import alternatives, dated_tariffs, offers, tariff_on, timeline

HOURS = pd.date_range("2025-06-01", periods=4, freq="h", tz="UTC")
SPAN = pd.DataFrame({"first_ts": [HOURS[0], HOURS[2]], "last_ts": [HOURS[3] + timedelta(hours=1)] * 2})


def given(*rows: tuple[int, str, int]) -> pd.DataFrame:
    days = [(depth, date.fromisoformat(day), tariff) for depth, day, tariff in rows]
    return pd.DataFrame(days, columns=["depth", "valid_from", "tariff_id"])


def versions(*rows: tuple[int, str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "tariff_id": number,
                "name": f"T{number}",
                "country": country,
                "sector": sector,
                "valid_from": date.fromisoformat(day),
                "valid_to": None,
                "definition": to_json(Tariff(f"T{number}", "EUR", date.fromisoformat(day))),
            }
            for number, day, country, sector in rows
        ]
    )


def hours(**columns: object) -> pd.DataFrame:
    usual = {"ts": HOURS, "import_kwh": 4.0, "export_kwh": 0.0, "covered_hours": 1.0, "estimated_hours": 0.0}
    return pd.DataFrame(usual | columns)


def test_the_nearest_place_that_has_a_tariff_by_then_counts() -> None:
    stretches = timeline(given((2, "2024-01-01", 1), (0, "2025-03-01", 2), (2, "2025-06-01", 3), (0, "2025-09-01", 2)))

    assert [(one.start, one.tariff_id) for one in stretches] == [(date(2024, 1, 1), 1), (date(2025, 3, 1), 2)]
    assert tariff_on(stretches, date(2025, 2, 28)) == 1
    assert tariff_on(stretches, date(2023, 1, 1)) is None


def test_versions_are_cut_to_the_days_that_the_site_has_the_tariff() -> None:
    known = offers(
        versions((1, "2024-01-01", "DE", None), (1, "2025-01-01", "DE", None), (2, "2020-01-01", "DE", None))
    )

    dated = dated_tariffs(timeline(given((0, "2024-06-01", 1), (0, "2025-03-01", 2))), known)

    assert [(one.name, one.valid_from, one.valid_to) for one in dated] == [
        ("T1", date(2024, 6, 1), date(2025, 1, 1)),
        ("T1", date(2025, 1, 1), date(2025, 3, 1)),
        ("T2", date(2025, 3, 1), date.max),
    ]
    assert known[1].from_the_start()[0].valid_from == date.min


@pytest.mark.parametrize(
    ("country", "sector", "expected"),
    [("DE", "household", [1, 3]), ("DE", "factory", [2, 3]), ("GB", None, []), (None, "household", [])],
)
def test_tariffs_of_the_same_country_and_kind_are_compared(
    country: str | None, sector: str | None, expected: list[int]
) -> None:
    known = offers(
        versions(
            (1, "2024-01-01", "DE", "household"), (2, "2024-01-01", "DE", "business"), (3, "2024-01-01", "DE", None)
        )
    )

    assert [offer.tariff_id for offer in alternatives(known, country, sector)] == expected


def test_an_hour_is_covered_by_the_share_of_the_meters_there_are() -> None:
    both = pd.concat([hours(), hours(import_kwh=1.0, estimated_hours=0.5).iloc[2:3]])

    load = hourly_load(both, SPAN)

    assert load["import_kwh"].tolist() == [4, 4, 5, 4]
    assert load["share_covered"].tolist() == [1, 1, 1, 0.5]  # the second meter begins with the third hour
    assert load["share_estimated"].tolist() == [0, 0, 0.25, 0]


def test_fine_meters_keep_their_peaks_and_hourly_ones_are_spread() -> None:
    windows = pd.DataFrame(
        {"ts": pd.date_range(HOURS[0], periods=4, freq="15min"), "import_kwh": [0.0, 2.0, 0.0, 0.0], "export_kwh": 0.0}
    )
    of_fine = hours(import_kwh=[2.0, 0, 0, 0])

    load = fine_load(hourly_load(hours(), SPAN.iloc[:1]), FineMeters(15, of_fine, windows))

    assert load["import_kwh"].iloc[:4].tolist() == [0.5, 2.5, 0.5, 0.5]
    assert load["import_kwh"].iloc[4:].tolist() == [1.0] * 12
    assert load["import_kwh"].sum() == pytest.approx(16)
    assert np.all(load["share_covered"] == 1)
