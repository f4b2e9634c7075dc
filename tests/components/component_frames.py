"""Made-up frames in the shapes that the query functions return, for component tests and the gallery."""

import numpy as np
import pandas as pd

START = pd.Timestamp("2025-03-01")


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def daily_shape(hours: np.ndarray) -> np.ndarray:
    """Give a load that sleeps at night and works by day, in kW."""
    return 220 + 380 * np.exp(-((hours % 24 - 13) ** 2) / 22) + 60 * np.exp(-((hours % 24 - 19) ** 2) / 3)


def trend(steps: int = 60) -> pd.DataFrame:
    rng, time = _rng(), pd.date_range(START, periods=steps, freq="D")
    weekly = np.where(time.day_of_week < 5, 1.0, 0.62)
    value = 9200 * weekly * (1 + 0.05 * rng.standard_normal(steps))
    share = np.zeros(steps)
    share[12:15] = 0.3
    frame = pd.DataFrame({"time": time, "value": value, "compare_value": value * 1.06, "share_estimated": share})
    frame.loc[30:31, "value"] = np.nan
    return frame


def series(points: int = 336) -> pd.DataFrame:
    rng, time = _rng(), pd.date_range(START, periods=points, freq="h")
    value = daily_shape(np.arange(points)) * (1 + 0.06 * rng.standard_normal(points))
    estimated = np.zeros(points, dtype=bool)
    estimated[60:85] = True
    frame = pd.DataFrame({"time": time, "value": value, "compare_value": value * 0.93, "estimated": estimated})
    frame.loc[140:165, "value"] = np.nan
    return frame


def sites() -> pd.DataFrame:
    rng = _rng()
    names = ["North Works", "Harbour", "City Hall", "East Campus", "Mill Lane", "Airport", "Old Town", "Solar Park"]
    energy = np.array([920_000, 410_000, 80_000, 350_000, 22_000, 640_000, 12_000, 150_000.0])
    return pd.DataFrame(
        {
            "site_id": range(10, 18),
            "name": names,
            "kind": "site",
            "sector": ["factory", "factory", "office", "school", "shop", "office", "household", "factory"],
            "latitude": 51.5 + rng.normal(0, 0.9, 8),
            "longitude": -1.5 + rng.normal(0, 1.4, 8),
            "energy_kwh": energy,
            "value": energy,
            "share_estimated": [0, 0.02, 0, 0, 0.2, 0, 0.5, 0],
        }
    )


def breakdown() -> pd.DataFrame:
    places = sites()
    regions = ["n1", "n1", "n2", "n2", "n2", "n1", "n3", "n3"]
    leaves = pd.DataFrame(
        {
            "id": [f"s{site}" for site in places["site_id"]],
            "parent": regions,
            "name": places["name"],
            "site_id": places["site_id"],
            "sector": places["sector"],
            "value": places["value"],
            "share_estimated": places["share_estimated"],
        }
    )
    sums = leaves.groupby("parent")["value"].sum()
    above = pd.DataFrame(
        {
            "id": ["root", "n1", "n2", "n3"],
            "parent": ["", "root", "root", "root"],
            "name": ["All", "North", "Centre", "South"],
            "site_id": [1, 2, 3, 4],
            "sector": None,
            "value": [leaves["value"].sum(), *sums],
            "share_estimated": 0.01,
        }
    )
    return pd.concat([above, leaves.astype({"sector": object})], ignore_index=True)


def movers() -> pd.DataFrame:
    frame = sites()[["site_id", "name", "energy_kwh"]].rename(columns={"energy_kwh": "amount"})
    ratio = np.array([0.12, -0.08, 0.02, -0.2, 0.4, 0.03, -0.01, np.nan])
    compare = frame["amount"] / (1 + ratio)
    return frame.assign(compare_amount=compare, change=frame["amount"] - compare, change_ratio=ratio)


def carpet(days: int = 90) -> pd.DataFrame:
    rng = _rng()
    day = np.repeat(pd.date_range(START, periods=days).to_numpy(), 24)
    hour = np.tile(np.arange(24), days)
    weekend = pd.DatetimeIndex(day).day_of_week >= 5
    value = daily_shape(hour) * np.where(weekend, 0.55, 1) * (1 + 0.05 * rng.standard_normal(day.size))
    missing = (pd.DatetimeIndex(day) >= START + pd.Timedelta(days=40)) & (
        pd.DatetimeIndex(day) < START + pd.Timedelta(days=43)
    )
    estimated = np.zeros(day.size, dtype=bool)
    estimated[24 * 20 : 24 * 21 + 6] = True
    return pd.DataFrame(
        {
            "day": day,
            "minute": hour * 60,
            "value": np.where(missing, np.nan, value),
            "estimated": estimated,
            "missing": missing,
        }
    )


def profile() -> pd.DataFrame:
    hour = np.arange(24)
    parts = []
    for day_type, factor in (("workday", 1.0), ("saturday", 0.7), ("sunday or holiday", 0.5)):
        mean = daily_shape(hour) * factor
        parts.append(
            pd.DataFrame({"day_type": day_type, "hour": hour, "p10": mean * 0.85, "mean": mean, "p90": mean * 1.2})
        )
    return pd.concat(parts, ignore_index=True)


def duration_curve(points: int = 500) -> pd.DataFrame:
    power = np.sort(daily_shape(np.arange(points)) + 20 * _rng().standard_normal(points))[::-1]
    return pd.DataFrame({"share_of_time": np.linspace(0, 1, points), "power_kw": power})


def overlay(groups: int = 12) -> pd.DataFrame:
    rng, position = _rng(), np.arange(168)
    parts = [
        pd.DataFrame(
            {
                "group": f"2025-W{week:02d}",
                "position": position,
                "value": daily_shape(position)
                * np.where(position < 120, 1, 0.6)
                * (1 + 0.08 * rng.standard_normal(168)),
            }
        )
        for week in range(1, groups + 1)
    ]
    return pd.concat(parts, ignore_index=True)


def ranking() -> pd.DataFrame:
    frame = sites()
    return pd.DataFrame(
        {
            "kind": "site",
            "id": frame["site_id"],
            "name": frame["name"],
            "value": frame["value"],
            "share": frame["value"] / frame["value"].sum(),
        }
    )


def histogram(bins: int = 24) -> pd.DataFrame:
    edges = np.linspace(200, 680, bins + 1)
    hours = 400 * np.exp(-((np.arange(bins) - 5) ** 2) / 20) + 120 * np.exp(-((np.arange(bins) - 17) ** 2) / 14)
    return pd.DataFrame({"from_kw": edges[:-1], "to_kw": edges[1:], "hours": hours.round()})


def completeness(meters: int = 14, days: int = 60) -> pd.DataFrame:
    rng = _rng()
    frame = pd.MultiIndex.from_product(
        [[f"MTR-{meter:04d}" for meter in range(meters)], pd.date_range(START, periods=days)], names=["meter", "day"]
    ).to_frame(index=False)
    share = np.where(rng.random(len(frame)) < 0.06, rng.random(len(frame)), 1.0)
    return frame.assign(completeness=share)


def flags() -> pd.DataFrame:
    return pd.DataFrame(
        {"name": ["gap", "spike", "flat run", "estimated by line", "negative"], "meter_days": [820, 41, 336, 800, 0]}
    )


def tree() -> pd.DataFrame:
    rows = [
        (1, None, "Riverside Utility", "portfolio", 0),
        (2, 1, "North", "region", 1),
        (3, 1, "Centre", "region", 1),
        (4, 1, "South", "region", 1),
        (10, 2, "North Works", "factory", 2),
        (11, 2, "Harbour", "factory", 2),
        (12, 3, "City Hall", "office", 2),
        (13, 3, "East Campus", "school", 2),
        (16, 4, "Old Town", "household", 2),
        (20, 13, "Building A with a rather long name for a building", "building", 3),
        (21, 13, "Building B", "building", 3),
    ]
    frame = pd.DataFrame(rows, columns=["id", "parent_id", "name", "kind", "depth"])
    return frame.assign(parent_id=frame["parent_id"].astype("Int64"), timezone="Europe/London", sector="office")


def anomalies(count: int = 30) -> pd.DataFrame:
    rng = _rng()
    kinds = ["level_shift", "zero_run", "residual", "base_load_creep"]
    start = START + pd.to_timedelta(rng.integers(0, 58 * 24, count), unit="h")
    sites = [f"Site {number % 9}" for number in range(count)]
    return pd.DataFrame(
        {
            "id": range(1, count + 1),
            "kind": [kinds[number % len(kinds)] for number in range(count)],
            "site": sites,
            "meter": [f"{site} main" for site in sites],
            "start": start,
            "end": start + pd.to_timedelta(rng.integers(1, 90, count), unit="h"),
            "rank": rng.random(count),
        }
    )


def anomaly_course(hours: int = 96) -> pd.DataFrame:
    time = pd.date_range(START, periods=hours, freq="h")
    usual = daily_shape(np.arange(hours))
    inside = (np.arange(hours) >= 40) & (np.arange(hours) < 58)
    return pd.DataFrame(
        {
            "time": time,
            "actual_kwh": np.where(inside, usual * 1.7, usual * 1.02),
            "low_kwh": usual * 0.9,
            "expected_kwh": usual,
            "high_kwh": usual * 1.1,
            "inside": inside,
        }
    )


def like_days(days: int = 6) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "day": START - pd.Timedelta(days=day),
                    "hour": range(24),
                    "energy_kwh": daily_shape(np.arange(24)) * (1.5 if day == 0 else 1 + day / 50),
                    "role": "event" if day == 0 else "like",
                }
            )
            for day in range(days)
        ],
        ignore_index=True,
    )


def bills(months: int = 12) -> pd.DataFrame:
    starts = pd.date_range("2025-01-01", periods=months, freq="MS")
    amounts = {"fixed": 120.0, "energy": 2_400.0, "demand": 640.0, "tax": 510.0, "export": -90.0}
    rows = [(month, kind, amount) for month in starts for kind, amount in amounts.items()]
    return pd.DataFrame(rows, columns=["month", "kind", "amount"])


def tariff_periods() -> pd.DataFrame:
    rows = [("Business", "High", 6_000.0, 1_280.0, 0.2133), ("Business", "Low", 2_500.0, 422.0, 0.1688)]
    return pd.DataFrame(rows, columns=["tariff", "period", "energy_kwh", "cost", "mean_price"])


def tariff_comparison() -> pd.DataFrame:
    rows = [(1, "Works", "Spot", False, 12, 17_200.0, -3_700.0), (1, "Works", "Business", True, 12, 20_900.0, 0.0)]
    return pd.DataFrame(rows, columns=["site_id", "site", "tariff", "current", "months", "cost", "difference"])


def coincident_peak(months: int = 6) -> pd.DataFrame:
    starts = pd.date_range("2025-01-01", periods=months, freq="MS")
    peak = pd.Timedelta(days=9, hours=17)
    columns = {"month": starts, "at": starts + peak, "own_at": starts + 2 * peak}
    return pd.DataFrame(columns).assign(at_peak_kw=40.0, own_peak_kw=52.0, share=0.11)
