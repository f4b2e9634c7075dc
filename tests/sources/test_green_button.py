"""Green Button feeds, made here and real ones."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import FileError, UserError
from pipeline.flags import Flag
from pipeline.sources import espi, gathering, green_button
from pipeline.sources.frame import Chunk, Mapping, MeterInfo, Overrides, PeriodTotal
from pipeline.sources.plans import plan_from_json, plan_to_json

Write = Callable[[str], Path]
AS_GUESSED = Overrides()
START = 1_704_067_200  # 2024-01-01 00:00 UTC
ESPI = 'xmlns="http://naesb.org/espi"'


def entry(own: str, content: str, *, up: str = "", related: tuple[str, ...] = (), title: str = "") -> str:
    links = "".join(f'<link rel="related" href="{href}"/>' for href in related)
    return (
        f'<entry><link rel="self" href="{own}"/><link rel="up" href="{up}"/>{links}<title>{title}</title>'
        f"<content>{content}</content></entry>"
    )


def point(number: int = 1, title: str = "Town hall", kind: int = 0) -> str:
    content = f"<UsagePoint {ESPI}><ServiceCategory><kind>{kind}</kind></ServiceCategory></UsagePoint>"
    return entry(f"Customer/1/UsagePoint/{number}", content, up="Customer/1/UsagePoint", title=title)


def meter_reading(number: int = 1, usage_point: int = 1, reading_type: str = "ReadingType/1", title: str = "") -> str:
    parent = f"Customer/1/UsagePoint/{usage_point}/MeterReading"
    return entry(f"{parent}/{number}", f"<MeterReading {ESPI}/>", up=parent, related=(reading_type,), title=title)


def reading_type(own: str = "ReadingType/1", **fields: int) -> str:
    values = {
        "accumulationBehaviour": 4,
        "flowDirection": 1,
        "intervalLength": 3600,
        "powerOfTenMultiplier": 0,
        "uom": 72,
    }
    tags = "".join(f"<{name}>{value}</{name}>" for name, value in (values | fields).items())
    return entry(own, f"<ReadingType {ESPI}>{tags}</ReadingType>")


def block(*readings: str, number: int = 1, usage_point: int = 1, up: str | None = None) -> str:
    parent = f"Customer/1/UsagePoint/{usage_point}/MeterReading/{number}/IntervalBlock"
    content = (
        f"<IntervalBlock {ESPI}><interval><duration>86400</duration></interval>{''.join(readings)}</IntervalBlock>"
    )
    return entry(f"{parent}/1", content, up=parent if up is None else up)


def reading(value: object, hour: float = 0, duration: int | None = 3600, quality: int | None = None) -> str:
    length = "" if duration is None else f"<duration>{duration}</duration>"
    mark = "" if quality is None else f"<ReadingQuality><quality>{quality}</quality></ReadingQuality>"
    period = f"<timePeriod>{length}<start>{START + round(hour * 3600)}</start></timePeriod>"
    return f"<IntervalReading><cost>99</cost>{mark}{period}<value>{value}</value></IntervalReading>"


def zone(offset: int, saving: int = 3600) -> str:
    fields = f"<dstOffset>{saving}</dstOffset><tzOffset>{offset}</tzOffset>"
    return entry("LocalTimeParameters/1", f"<LocalTimeParameters {ESPI}>{fields}</LocalTimeParameters>")


def simple(*readings: str, **fields: int) -> tuple[str, ...]:
    return point(), meter_reading(), reading_type(**fields), block(*readings)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*entries: str) -> Path:
        path = tmp_path / "usage.xml"
        path.write_text(f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>')
        return path

    return written


def load(path: Path, overrides: Overrides = AS_GUESSED) -> Chunk:
    chunks = list(green_button.read(green_button.inspect(path, overrides)))
    return Chunk(
        pd.concat([chunk.readings for chunk in chunks], ignore_index=True),
        pd.concat([chunk.rejected for chunk in chunks], ignore_index=True),
    )


def test_readings_are_instants_in_utc_and_kwh(write: Write) -> None:
    readings = load(write(*simple(reading(1500), reading(250, 1)))).readings

    assert readings["ts"].tolist() == [pd.Timestamp("2024-01-01 00:00Z"), pd.Timestamp("2024-01-01 01:00Z")]
    assert readings["energy_kwh"].tolist() == [1.5, 0.25]
    assert readings["duration_s"].tolist() == [3600, 3600]
    assert readings["line"].tolist() == [1, 2]
    assert readings["meter"].unique().tolist() == ["Town hall"]


@pytest.mark.parametrize(
    ("fields", "energy"),
    [
        ({"powerOfTenMultiplier": 3}, 1500.0),
        ({"powerOfTenMultiplier": -3}, 0.0015),
        ({"uom": 38}, 0.375),
        ({"uom": 38, "powerOfTenMultiplier": 3}, 375.0),
    ],
)
def test_multipliers_and_power_become_kwh(write: Write, fields: dict[str, int], energy: float) -> None:
    readings = load(write(*simple(reading(1500, duration=900), **fields))).readings

    assert readings["energy_kwh"].tolist() == pytest.approx([energy])


@pytest.mark.parametrize(("flow", "direction"), [(0, "import"), (1, "import"), (4, "net"), (19, "export")])
def test_the_direction_is_that_of_the_flow(write: Write, flow: int, direction: str) -> None:
    plan = green_button.inspect(write(*simple(reading(1), flowDirection=flow)), AS_GUESSED)

    assert plan.meters == (MeterInfo("Town hall", direction, "Wh", 3600),)


@pytest.mark.parametrize("behaviour", [1, 3, 9])
def test_a_register_gives_its_state_at_the_end_of_each_period(write: Write, behaviour: int) -> None:
    path = write(*simple(reading(5_000_000), reading(5_001_000, 1, 0), accumulationBehaviour=behaviour))

    assert green_button.inspect(path, AS_GUESSED).meters[0].register
    readings = load(path).readings
    assert readings["energy_kwh"].tolist() == [5000, 5001]
    assert readings["ts"].tolist() == [pd.Timestamp("2024-01-01 01:00Z")] * 2


@pytest.mark.parametrize(("quality", "estimated"), [(8, True), (9, True), (12, True), (17, False), (None, False)])
def test_estimates_of_the_source_are_flagged(write: Write, quality: int | None, estimated: bool) -> None:  # noqa: FBT001
    readings = load(write(*simple(reading(1, quality=quality)))).readings

    assert (readings["flag"].tolist() == [Flag.ESTIMATED_AT_SOURCE]) is estimated


def test_an_interval_without_length_counts_with_the_one_that_starts_there(write: Write) -> None:
    chunk = load(write(*simple(reading(530), reading(462, 1, 0), reading(441, 1), reading(461, 2, 7200))))

    assert chunk.readings["energy_kwh"].tolist() == pytest.approx([0.53, 0.903, 0.461])
    assert chunk.readings["duration_s"].tolist() == [3600, 3600, 7200]
    assert chunk.readings["flag"].tolist() == [0, Flag.CLOCK_CHANGE, 0]
    assert len(chunk.rejected) == 0


def test_an_interval_without_length_counts_with_the_one_that_ends_there(write: Write) -> None:
    assert load(write(*simple(reading(530), reading(462, 1, 0)))).readings["energy_kwh"].tolist() == pytest.approx(
        [0.992]
    )


def test_an_interval_without_length_or_neighbour_is_rejected(write: Write) -> None:
    chunk = load(write(*simple(reading(530), reading(462, 7, 0))))

    assert chunk.readings["energy_kwh"].tolist() == [0.53]
    assert chunk.rejected["line"].tolist() == [2]


def test_a_missing_length_is_that_of_the_reading_type(write: Write) -> None:
    assert load(write(*simple(reading(530, duration=None)))).readings["duration_s"].tolist() == [3600]


def test_unreadable_readings_are_rejected_and_the_rest_is_read(write: Write) -> None:
    chunk = load(write(*simple(reading("n/a"), reading(2, 1), "<IntervalReading><value>3</value></IntervalReading>")))

    assert chunk.readings["energy_kwh"].tolist() == [0.002]
    assert chunk.rejected["line"].tolist() == [1, 3]
    assert "n/a" in chunk.rejected["text"][0]


@pytest.mark.parametrize("hour", [-1e6, 1e7, 1e20])
def test_times_out_of_all_reason_are_rejected(write: Write, hour: float) -> None:
    chunk = load(write(*simple(reading(1), reading(2, hour), reading(3, 1, 10**12))))

    assert chunk.readings["line"].tolist() == [1]
    assert chunk.rejected["line"].tolist() == [2, 3]


@pytest.mark.parametrize("multiplier", [40, -400, 9999])
def test_a_multiplier_that_does_not_exist_is_refused(write: Write, multiplier: int) -> None:
    with pytest.raises(FileError, match="power of ten"):
        green_button.inspect(write(*simple(reading(1), powerOfTenMultiplier=multiplier)), AS_GUESSED)


def test_entries_belong_together_by_link_in_any_order(write: Write) -> None:
    path = write(
        block(reading(1000), number=2, usage_point=1),
        block(reading(7000), number=1, usage_point=2),
        reading_type("ReadingType/2", flowDirection=19, powerOfTenMultiplier=3),
        meter_reading(1, 2, title="Delivered"),
        meter_reading(2, 1, "ReadingType/2", title="Received"),
        meter_reading(1, 1, title="Delivered"),
        reading_type("ReadingType/1"),
        block(reading(3000), number=1, usage_point=1),
        point(1, "Town hall"),
        point(2, "School"),
    )

    readings = load(path).readings

    assert readings.groupby("meter", observed=True)["energy_kwh"].sum().to_dict() == {
        "Town hall Received": 1000,
        "School": 7,
        "Town hall Delivered": 3,
    }


def test_links_that_lead_nowhere_are_made_up_for_by_order(write: Write) -> None:
    path = write(point(), reading_type(), meter_reading(), block(reading(1000), up="elsewhere"))

    assert load(path).readings["meter"].tolist() == ["Town hall"]


def test_points_of_one_title_keep_apart(write: Write) -> None:
    path = write(
        *[
            point(number, "Home") + meter_reading(1, number) + block(reading(number), usage_point=number)
            for number in (1, 2)
        ],
        reading_type(),
    )

    assert [meter.name for meter in green_button.inspect(path, AS_GUESSED).meters] == ["Home", "Home (2)"]


def test_blocks_alone_are_named_by_their_link(write: Write) -> None:
    path = write(reading_type(), block(reading(1000)))

    assert [meter.name for meter in green_button.inspect(path, AS_GUESSED).meters] == ["MeterReading 1"]


def test_gas_is_left_out_with_a_warning(write: Write) -> None:
    gas = point(2, "Boiler", kind=1), meter_reading(1, 2, "ReadingType/2"), reading_type("ReadingType/2", uom=169)
    path = write(*simple(reading(1)), *gas, block(reading(5), usage_point=2))

    plan = green_button.inspect(path, AS_GUESSED)

    assert plan.warnings[0] == "Not read, because it is not electricity in Wh or W: Boiler (therms)."
    assert load(path).readings["meter"].tolist() == ["Town hall"]


@pytest.mark.parametrize(
    ("entries", "said"), [((), "no readings"), ((meter_reading(), block(reading(1))), "no unit stated")]
)
def test_a_feed_without_electricity_is_refused(write: Write, entries: tuple[str, ...], said: str) -> None:
    with pytest.raises(FileError, match=rf"usage\.xml has no electricity.*{said}"):
        green_button.inspect(write(*entries), AS_GUESSED)


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        (zone(-18000), "America/New_York"),
        (zone(-25200, 0), "America/Phoenix"),
        (zone(3600), "Etc/GMT-1"),
        (zone(20700), "UTC"),
        ("", "UTC"),
    ],
)
def test_the_zone_of_the_site_is_worked_out(write: Write, stated: str, name: str) -> None:
    plan = green_button.inspect(write(stated, *simple(reading(1))), AS_GUESSED)

    assert plan.mapping is not None
    assert plan.mapping.timezone == name
    assert ("no time zone" in " ".join(plan.warnings)) == (name == "UTC")


def test_a_zone_given_by_hand_wins(write: Write) -> None:
    plan = green_button.inspect(write(*simple(reading(1))), Overrides(timezone="Europe/Paris"))

    assert plan.mapping is not None
    assert plan.mapping.timezone == "Europe/Paris"
    assert plan.warnings == ()


def test_one_stream_can_be_chosen_and_named(write: Write) -> None:
    second = point(2, "School"), meter_reading(1, 2), block(reading(7000), usage_point=2)
    path = write(*simple(reading(1000)), *second)

    chosen = load(path, Overrides(columns=("School",), meter="S1")).readings
    both = load(path, Overrides(meter="City")).readings

    assert chosen["meter"].tolist() == ["S1"]
    assert chosen["energy_kwh"].tolist() == [7]
    assert both["meter"].tolist() == ["City Town hall", "City School"]


def test_a_zone_that_does_not_exist_is_refused(write: Write) -> None:
    with pytest.raises(UserError, match="no time zone 'Mars/Phobos'"):
        green_button.inspect(write(*simple(reading(1))), Overrides(timezone="Mars/Phobos"))


def test_a_mapping_given_whole_is_used(write: Write) -> None:
    plan = green_button.inspect(
        write(*simple(reading(1))), Overrides(mapping=Mapping(timezone="Asia/Tokyo", meter="M"))
    )

    assert [meter.name for meter in plan.meters] == ["M"]


BOMB = '<!DOCTYPE feed [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE feed [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
PLAIN = '<!DOCTYPE feed SYSTEM "http://localhost/feed.dtd">'


@pytest.mark.parametrize("declaration", [BOMB, EXTERNAL, PLAIN])
def test_document_types_and_entities_are_refused(tmp_path: Path, declaration: str) -> None:
    path = tmp_path / "bomb.xml"
    path.write_text(f'<?xml version="1.0"?>{declaration}<feed {ESPI}><title>&b;</title></feed>')

    with pytest.raises(FileError, match=r"bomb\.xml declares a document type"):
        green_button.inspect(path, AS_GUESSED)


def test_a_feed_cut_short_is_refused(write: Write) -> None:
    path = write(*simple(reading(1)))
    path.write_text(path.read_text()[:-40])

    with pytest.raises(FileError, match=r"usage\.xml is not well-formed XML"):
        green_button.inspect(path, AS_GUESSED)


def test_a_long_feed_comes_in_chunks_and_is_forgotten_as_it_is_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "CHUNK_ROWS", 100)
    monkeypatch.setattr(green_button, "RUN_READINGS", 50)
    path = write(*simple(*(reading(hour, hour) for hour in range(1000))))

    sizes = [len(chunk.readings) for chunk in green_button.read(green_button.inspect(path, AS_GUESSED))]
    widest = max(len(element) for element in espi.elements(path) if espi.local(element) in {"IntervalBlock", "feed"})

    assert sizes == [100] * 10 + [0]
    assert widest <= 2


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'<?xml version="1.0"?><feed><x xmlns="http://naesb.org/espi"/>', True),
        (b'\xef\xbb\xbf \n<feed xmlns:e="http://naesb.org/espi">', True),
        (b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">', False),
        (b"naesb.org/espi,1,2\n", False),
    ],
)
def test_the_format_is_told_by_its_namespace(head: bytes, known: bool) -> None:  # noqa: FBT001
    assert green_button.recognises(Path("any"), head) is known


VALUE = re.compile(r"<IntervalReading>.*?<value>(-?\d+)</value>.*?</IntervalReading>", re.DOTALL)


@pytest.mark.shared
def test_real_feeds_add_up(shared_data: Path) -> None:
    files = sorted((shared_data / "green_button").glob("*.xml"))

    for path in files:
        assert green_button.recognises(path, path.read_bytes()[:65_536]), path.name
        if "Gas" in path.name:
            with pytest.raises(FileError, match="therms"):
                green_button.inspect(path, AS_GUESSED)
            continue
        values = [int(value) for value in VALUE.findall(path.read_text(encoding="utf-8"))]
        chunk = load(path)
        assert chunk.readings["energy_kwh"].sum() == pytest.approx(sum(values) / 1000), path.name
        assert len(values) - len(chunk.readings) == ("Coastal_Single" in path.name)
        assert len(chunk.rejected) == 0

    assert len(files) == 8


@pytest.mark.shared
def test_the_change_of_clocks_in_a_real_feed(shared_data: Path) -> None:
    path = shared_data / "green_button" / "openespi__Coastal_Single_Family_Jan_1_2011_to_Jan_1_2012.xml"

    readings = load(path).readings.set_index("ts")

    assert readings["duration_s"][pd.Timestamp("2011-03-13 09:00Z")] == 7200
    assert readings["energy_kwh"][pd.Timestamp("2011-11-06 09:00Z")] == pytest.approx(0.903)
    assert np.count_nonzero(readings["flag"]) == 1


def summary(value: int, unit: int = 72, multiplier: int = 0, usage_point: int = 1) -> str:
    stated = f"<powerOfTenMultiplier>{multiplier}</powerOfTenMultiplier><uom>{unit}</uom><value>{value}</value>"
    content = (
        f"<ElectricPowerUsageSummary {ESPI}><billingPeriod><duration>7200</duration><start>{START}</start>"
        f"</billingPeriod><overallConsumptionLastPeriod>{stated}</overallConsumptionLastPeriod>"
        "<currentBillingPeriodOverAllConsumption><uom>72</uom><value>5</value>"
        "</currentBillingPeriodOverAllConsumption></ElectricPowerUsageSummary>"
    )
    parent = f"Customer/1/UsagePoint/{usage_point}/ElectricPowerUsageSummary"
    return entry(f"{parent}/1", content, up=parent)


def test_the_total_of_a_billing_period_is_that_of_its_usage_point(write: Write) -> None:
    entries = (*simple(reading(1500), reading(250, 1)), point(2, "Pool"), meter_reading(2, 2), block(number=2))

    plan = green_button.inspect(write(*entries, summary(175, multiplier=1)), AS_GUESSED)

    assert plan.totals == (PeriodTotal("Town hall", START, 7200, 1.75),)
    assert plan_from_json(plan_to_json(plan), plan.path) == plan


@pytest.mark.parametrize(
    "stated", [summary(0), summary(175, unit=169), summary(175, multiplier=99), summary(175, usage_point=7)]
)
def test_a_total_that_says_nothing_of_the_energy_is_left_out(write: Write, stated: str) -> None:
    entries = (*simple(reading(1500)), point(2, "Pool"))

    assert green_button.inspect(write(*entries, stated), AS_GUESSED).totals == ()
