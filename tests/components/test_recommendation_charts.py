"""What recommendations draw: figures and cards, without a database."""

import pandas as pd
import pytest

from components import charts
from components.recommendation_card import Worth, recommendation_card
from pipeline.definitions import MEASURES

ENERGY = MEASURES["energy_kwh"]
HOURS = [float(hour) for hour in range(24)]
WEEK = [f"{day} {hour:02d}:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun") for hour in range(24)]
HOSTILE = '<a href="https://elsewhere.example">'


def evidence(drawing: str, x: list[float] | list[str], *roles: str) -> dict[str, object]:
    traces = [{"name": role, "role": role, "y": [float(n) for n in range(len(x))]} for role in roles]
    return {"drawing": drawing, "title": "t", "x_title": "x", "unit": "kW", "x": x, "traces": traces, "facts": []}


@pytest.mark.parametrize(
    ("drawing", "x", "kind"),
    [("lines", HOURS, "scatter"), ("bars", ["Flat", "Time of use"], "bar"), ("dots", HOURS, "scatter")],
)
def test_evidence_is_drawn_as_it_says(drawing: str, x: list[float] | list[str], kind: str) -> None:
    figure = charts.recommendation_evidence(evidence(drawing, x, "now", "after"), "light")

    assert [trace.type for trace in figure.data] == [kind, kind]
    assert figure.layout.yaxis.title.text == "kW"


def test_a_week_has_a_mark_for_each_day() -> None:
    figure = charts.recommendation_evidence(evidence("lines", WEEK, "now"), "dark")

    assert list(figure.layout.xaxis.ticktext) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def test_without_evidence_a_sentence_says_so() -> None:
    assert "newest run" in str(charts.recommendation_evidence(None, "light").to_dict())


def test_names_of_tariffs_are_no_markup() -> None:
    figure = charts.recommendation_evidence(evidence("bars", [HOSTILE], "now"), "light")

    assert "<a" not in str(figure.to_dict())


def test_savings_stand_beside_what_was_expected_with_their_uncertainty() -> None:
    frame = pd.DataFrame(
        {
            "label": ["A"],
            "saved_kwh": [2_000.0],
            "uncertainty_kwh": [500.0],
            "expected_kwh": [3e3],
            "fingerprint": ["1-x"],
        }
    )

    figure = charts.realised(frame, ENERGY, "light")

    assert list(figure.data[1].x) == [2.0]
    assert list(figure.data[1].error_x.array) == [0.5]
    assert "Nothing is measured" in str(charts.realised(frame.head(0), ENERGY, "light").to_dict())


def test_the_cusum_is_drawn_by_day() -> None:
    frame = pd.DataFrame({"day": pd.to_datetime(["2025-01-01", "2025-01-02"]), "cumulative_kwh": [1.0, 3.0]})

    figure = charts.cusum(frame, ENERGY, "light")

    assert list(figure.data[0].x) == ["2025-01-01", "2025-01-02"]
    assert "Nothing is measured" in str(charts.cusum(frame.head(0), ENERGY, "light").to_dict())


def test_each_site_is_a_dot_among_its_sector_and_leads_to_itself() -> None:
    frame = pd.DataFrame(
        {
            "site_id": [1, 2, 3],
            "site": ["A", HOSTILE, "C"],
            "sector": ["office", "office", "school"],
            "value": [0.2, 0.3, 0.4],
            "best": [0.22, 0.22, float("nan")],
            "peers": [5, 5, 0],
            "selected": [True, False, True],
        }
    )

    figure = charts.peer_dots(frame, "Base load share", "", "light")

    assert sorted(number for trace in figure.data[:2] for [number] in trace.customdata) == [1, 2, 3]
    assert figure.data[2].name == "Best fifth"
    assert "<a" not in str(figure.to_dict())
    assert "No site" in str(charts.peer_dots(frame.head(0), "x", "", "light").to_dict())


def test_shapes_of_days_are_named_with_their_share() -> None:
    frame = pd.DataFrame({"shape": 0, "name": "night", "share": 0.4, "hour": range(24), "value": 1.0})

    assert "40 %" in charts.load_shapes(frame, "light").data[0].name
    assert "too few" in str(charts.load_shapes(frame.head(0), "light").to_dict())


@pytest.mark.parametrize("drawing", ["lines", "bars", "dots"])
def test_a_card_says_what_it_is_worth_how_hard_and_how_sure(drawing: str) -> None:
    card = {
        "fingerprint": "1-solar",
        "site": "Works",
        "text": "Have panels offered.",
        "confidence": 0.45,
        "effort": "high",
        "evidence": evidence(drawing, HOURS, "now", "after"),
    }

    shown = str(recommendation_card(card, "Solar panels", Worth("10 EUR", "5 kWh", "2 kg"), note="done"))

    for words in ("10 EUR", "5 kWh", "High effort", "45 % sure", "Why, and decide", "svg", "done"):
        assert words in shown


def test_a_card_that_no_run_finds_any_more_has_no_picture() -> None:
    card = {"fingerprint": "1-x", "site": "A", "text": "Do it.", "confidence": 0.0, "effort": "", "evidence": None}

    assert "svg" not in str(recommendation_card(card, "X", Worth("", "5 kWh", "")))
