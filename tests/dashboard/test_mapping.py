from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.mapping import decisions, fields_of, overrides_of
from pipeline.errors import UserError
from pipeline.sources.frame import Mapping, Overrides, Plan
from pipeline.sources.plans import plan_to_json

GUESS = Mapping(
    time_columns=("Date", "Time"),
    value_columns=("Import kWh",),
    entity_columns=("Meter",),
    timezone="Europe/Berlin",
    day_first=True,
)
PLAN = Plan(Path("load.csv"), "csv", GUESS)


def form_of(plan: Plan) -> dict[str, str]:
    return {field.key: field.value for field in fields_of(plan)}


def test_an_untouched_form_overrides_nothing() -> None:
    assert overrides_of(PLAN, form_of(PLAN)) == Overrides()


@given(
    st.builds(
        Mapping,
        time_columns=st.tuples(st.sampled_from(["Date", "Time stamp", "a;b"])),
        value_columns=st.lists(st.sampled_from(["kWh", "Import, total"]), max_size=2, unique=True).map(tuple),
        quantity=st.sampled_from(["energy", "power", "register"]),
        unit=st.sampled_from(["kWh", "MU", "W", "odd unit"]),
        timezone=st.sampled_from(["UTC", "Australia/Lord_Howe"]),
        stamp=st.sampled_from(["start", "end"]),
        day_first=st.sampled_from([None, True, False]),
        midnight_ends_day=st.booleans(),
        decimal=st.sampled_from([".", ","]),
    )
)
def test_every_mapping_can_be_reached_through_the_form(wanted: Mapping) -> None:
    form = form_of(Plan(Path("load.csv"), "csv", wanted))

    read = overrides_of(PLAN, form)

    assert read.mapping == replace(
        wanted, **{name: getattr(GUESS, name) for name in Mapping.__dataclass_fields__ if name not in form}
    )


def test_the_name_of_a_meter_leaves_the_mapping_guessed() -> None:
    assert overrides_of(PLAN, form_of(PLAN) | {"meter": "Main"}) == Overrides(meter="Main")


def test_a_format_without_columns_asks_for_the_meter_alone() -> None:
    green_button = Plan(Path("usage.xml"), "green-button", None)

    assert [field.key for field in fields_of(green_button)] == ["meter"]
    assert overrides_of(green_button, {"meter": None}) == Overrides()


def test_the_reason_of_a_decision_is_shown_with_it() -> None:
    plan = replace(PLAN, details={"day_first": "13.02. cannot be a month"})

    reasons = {field.key: field.reason for field in fields_of(plan)}

    assert reasons["day_first"] == "13.02. cannot be a month"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("timezone", "Mars/Olympus", "no time zone"),
        ("timezone", "../../etc/passwd", "no time zone"),
        ("timezone", "localtime", "no time zone"),
        ("quantity", "joy", "Choose what the values are"),
        ("stamp", "middle", "Choose what a time stamp means"),
        ("decimal", ";", "Choose the decimal mark"),
        ("time_columns", " | ", "at least one column"),
    ],
)
def test_what_cannot_be_is_refused_by_name(field: str, value: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        overrides_of(PLAN, form_of(PLAN) | {field: value})


def test_what_was_decided_is_told_in_words() -> None:
    told = decisions(plan_to_json(PLAN), "load.csv")

    assert told["Format"] == "csv"
    assert told["Date and time columns"] == "Date | Time"
    assert told["Order of dates"] == "Day before month"
    assert told["Time zone"] == "Europe/Berlin"
