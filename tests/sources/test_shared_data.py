"""Every folder of real data against a simple calculation from the file itself."""

import csv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from defusedxml import ElementTree
from source_files import load

from pipeline.errors import FileError
from pipeline.sources import inspect_file, read_plan
from pipeline.sources.frame import Overrides

pytestmark = pytest.mark.shared
ESPI = "{http://naesb.org/espi}"
FACTORS = {"wh": 1e-3, "kwh": 1.0, "mwh": 1e3}
MISSING = ["?", "-", "MISSING", "EMPTY"]


@dataclass(frozen=True)
class Case:
    """A file, what is given by hand, its value columns and what they are in kWh."""

    path: str
    columns: tuple[str, ...]
    factor: float
    meters: int = 1
    zone: str | None = None
    separator: str = ","
    first: str | None = None


CASES = [
    Case(
        "aemo_5min/aemo_price_demand_202501_NSW.csv",
        ("TOTALDEMAND",),
        1000 / 12,
        zone="Australia/Brisbane",
        first="2024-12-31 14:00",
    ),
    Case(
        "ausgrid_solar_home/customer12_2011-2012.csv", ("GC", "GG"), 1, 2, "Australia/Sydney", first="2011-06-30 14:00"
    ),
    Case("eemeter_samples/sample-energy-data_project-ABC_zipcode-50321.csv", ("value",), 1, first="2011-01-01"),
    Case(
        "eemeter_samples/il-electricity-cdd-only-daily.csv.gz",
        ("value",),
        1,
        zone="America/Chicago",
        first="2015-11-22 06:00",
    ),
    Case(
        "eemeter_samples/il-electricity-cdd-only-hourly.csv.gz",
        ("value",),
        1,
        zone="America/Chicago",
        first="2015-11-22 06:00",
    ),
    Case("eemeter_samples/uk-electricity-hdd-only-hourly-sample-0.csv.gz", ("value",), 1, first="2020-04-01 01:00"),
    *(
        Case(f"eia930_labelled_2015_20/{name}.csv", ("raw demand (MW)",), 1000, first="2015-07-02")
        for name in ("BANC", "CISO", "EPE", "ERCO", "FPL", "HST", "IID", "PACE", "SCL", "SWPP", "TAL", "TVA")
    ),
    Case(
        "ett_transformer/ETTh1.csv",
        ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL"),
        1,
        6,
        "Asia/Shanghai",
        first="2016-06-30 16:00",
    ),
    Case("hue_bc/Residential_1.csv", ("energy_kWh",), 1, zone="America/Vancouver", first="2012-06-01 07:00"),
    Case(
        "india_grid_daily_2020_25/India_Elec_data_2020-2023.csv",
        ("Energy Met",),
        1e6,
        36,
        "Asia/Kolkata",
        first="2019-12-31 18:30",
    ),
    Case("india_state_daily_2019_20/long_data.csv", ("Usage",), 1e6, 33, "Asia/Kolkata", first="2019-01-01 18:30"),
    Case("london_lcl/DTOU_2013.csv", ("sum_flex", "sum_noflex"), 1, 2, "Europe/London", first="2013-01-01"),
    Case(
        "nordpool/nordic_electricity_consumption_daily_v2.csv",
        ("NO1", "NO2", "NO3", "NO4", "NO5", "SE", "FI", "DK", "EE", "LV", "LT"),
        1000,
        11,
        "Europe/Oslo",
        first="2012-12-31 23:00",
    ),
    Case(
        "ontario_tou_home/electricity-usage.csv",
        ("Consumption kWh",),
        1,
        zone="America/Toronto",
        first="2011-11-25 05:00",
    ),
    Case("openstef_nl_substations/prep_HAL.csv", ("total_substation",), 250, first="2021-07-31"),
    Case("openstef_nl_substations/prep_LLS.csv", ("total_substation",), 250, first="2021-07-31"),
    Case("openstef_nl_substations/prep_OWD.csv", ("total_substation",), 250, first="2021-07-31"),
    Case("openstef_nl_substations/forecast_data_missing_4_days.csv", ("load",), 250, first="2020-10-31 00:45"),
    Case(
        "opsd_germany_daily/opsd_germany_daily.csv",
        ("Consumption", "Wind", "Solar"),
        1e6,
        3,
        "Europe/Berlin",
        first="2005-12-31 23:00",
    ),
    Case("pjm_hourly/AEP_hourly_to_2017-07.csv", ("AEP_MW",), 1000, zone="America/New_York", first="2004-10-01 04:00"),
    Case(
        "sgsc_10_households/smart_meter_5.csv",
        ("general_supply_kwh",),
        1,
        5,
        "Australia/Sydney",
        first="2012-02-09 22:00",
    ),
    Case(
        "tetouan/Tetuan_City_power_consumption.csv",
        ("Zone1", "Zone2", "Zone3"),
        1 / 6,
        3,
        "Africa/Casablanca",
        first="2017-01-01",
    ),
    Case(
        "uci_household/household_power_consumption_DimaVilda.txt",
        ("Global_active_power",),
        1 / 60,
        zone="Europe/Paris",
        separator=";",
        first="2006-12-16 16:24",
    ),
    Case(
        "uci_household/household_power_consumption_days.csv",
        ("Global_active_power",),
        1 / 60,
        zone="Europe/Paris",
        first="2006-12-15 23:00",
    ),
    Case("uk_grid_halfhourly/UKgrid_2005-2017.csv", ("ND",), 500, zone="Europe/London", first="2005-03-31 23:00"),
    Case("vic_elec/vic_elec_2012-2013.csv", ("Demand",), 1000, first="2011-12-31 13:00"),
]


@pytest.mark.parametrize("case", CASES, ids=[case.path.split("/", 1)[-1] for case in CASES])
def test_totals_are_those_of_the_file(shared_data: Path, case: Case) -> None:
    raw = pd.read_csv(shared_data / case.path, sep=case.separator, na_values=MISSING)
    values = raw[list(case.columns)].apply(pd.to_numeric, errors="coerce")

    plan, readings, rejected = load(shared_data / case.path, timezone=case.zone)

    assert len(plan.meters) == case.meters == readings.meter.nunique()
    assert rejected.empty
    assert int(readings.energy_kwh.notna().sum()) == int(values.notna().sum().sum())
    assert readings.energy_kwh.sum() == pytest.approx(
        values.to_numpy(dtype=float, na_value=0).sum() * case.factor, rel=1e-9
    )
    assert readings.ts.min() == pd.Timestamp(str(case.first), tz="UTC")


@pytest.mark.parametrize("name", [
    "cew821__sample_greenbutton_data", "greenely__TestGBDataHourlyNineDaysBinnedDaily",
    "greenely__TestGBDataOneYearDailyBinnedMonthly", "openespi__15minLP_15Days", "openespi__1hrLP_32Days",
    "greenely__Desert_Single_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_7",
    "openespi__Coastal_Single_Family_Jan_1_2011_to_Jan_1_2012",
])  # fmt: skip
def test_green_button_totals_are_those_of_the_file(shared_data: Path, name: str) -> None:
    path = shared_data / "green_button" / f"{name}.xml"
    intervals = list(ElementTree.parse(path).iter(f"{ESPI}IntervalReading"))
    watt_hours = [float(each.findtext(f"{ESPI}value", "")) for each in intervals]
    starts = [int(each.findtext(f"{ESPI}timePeriod/{ESPI}start", "")) for each in intervals]

    _, readings, rejected = load(path)

    assert rejected.empty
    assert readings.energy_kwh.sum() == pytest.approx(sum(watt_hours) / 1000)
    assert readings.ts.min() == pd.Timestamp(min(starts), unit="s", tz="UTC")


def energy_of_nem12(text: str) -> tuple[int, float]:
    """Count and sum the values of active energy by the fields of the records alone, the last of each instant."""
    values: dict[tuple[object, ...], float] = {}
    channel, factor, step, day = (), 0.0, 30, ""
    for row in csv.reader(text.splitlines()):
        match row[:1]:
            case ["200"]:
                channel, factor, step = (row[1], row[4]), FACTORS.get(row[7].lower(), 0.0), int(row[8])
            case ["300"] if factor and len(row) > 1440 // step + 2:
                day, count = row[1], 1440 // step
                values |= {(channel, day, at): float(row[2 + at]) * factor for at in range(count)}
            case ["400"] if row[3].startswith("N"):  # no value
                for at in range(int(row[1]) - 1, int(row[2])):
                    values.pop((channel, day, at), None)
            case ["250"] if row[19].lower() in FACTORS:
                values[row[1], row[4], row[9], row[14]] = float(row[18]) * FACTORS[row[19].lower()]
    return len(values), sum(values.values())


def test_the_totals_of_every_nem_file_are_those_of_the_file(shared_data: Path) -> None:
    wrong, refused, paths = [], 0, [each for each in (shared_data / "nem12").iterdir() if each.suffix.lower() == ".zip"]

    for path in paths:
        with zipfile.ZipFile(path) as archive:
            expected = [energy_of_nem12(archive.read(name).decode("utf-8-sig")) for name in archive.namelist()]
        try:
            plans = inspect_file(path, Overrides())
        except FileError as error:
            refused += 1
            wrong += [path.name] if expected != [(0, 0)] or "no channel of active energy" not in str(error) else []
            continue
        parts = [chunk.readings.astype({"meter": "str"}) for plan in plans for chunk in read_plan(plan)]
        found = pd.concat(parts).dropna(subset="energy_kwh").drop_duplicates(["meter", "ts"], keep="last")
        same = len(found) == sum(count for count, _ in expected)
        if not same or found.energy_kwh.sum() != pytest.approx(sum(energy for _, energy in expected)):
            wrong.append(path.name)

    assert (wrong, refused, len(paths) > 150) == ([], 9, True)


@pytest.mark.parametrize(
    "path",
    [
        "bdg1_weather_meta/meta_open.csv", "bdg1_weather_meta/weather1.csv", "eemeter_samples/il-tempF.csv.gz",
        "eemeter_samples/uk-tempC-sample-0.csv.gz", "london_lcl/Tariffs.xlsx", "m4_hourly/Hourly-train.csv",
        "openstef_nl_substations/dutch_holidays.csv", "vic_elec/temperature_VIC.csv",
    ],
)  # fmt: skip
def test_what_holds_no_readings_is_refused_in_a_sentence(shared_data: Path, path: str) -> None:
    with pytest.raises(FileError, match=r"has no column (that looks like electricity|with dates or times)"):
        inspect_file(shared_data / path, Overrides())


def test_scrambled_dates_are_put_back(shared_data: Path) -> None:
    plan, readings, _ = load(shared_data / "india_state_daily_2019_20/long_data.csv", timezone="Asia/Kolkata")

    assert plan.mapping is not None
    assert len(plan.mapping.swapped_dates) == 35
    assert readings.ts.max() == pd.Timestamp("2020-05-22 18:30", tz="UTC")
    assert int(readings.duplicated(["meter", "ts"]).sum()) == 165


def test_hours_ending_leave_no_doubled_hour(shared_data: Path) -> None:
    _, readings, _ = load(shared_data / "pjm_hourly/AEP_hourly_to_2017-07.csv", timezone="America/New_York")

    assert not readings.ts.duplicated().any()


def test_midnights_that_end_their_day_leave_no_gap(shared_data: Path) -> None:
    _, readings, _ = load(shared_data / "ontario_tou_home/electricity-usage.csv", timezone="America/Toronto")

    assert (readings.ts.diff().dropna() == pd.Timedelta("1h")).all()
