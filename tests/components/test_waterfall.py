import pandas as pd

from components import charts
from pipeline.definitions import MEASURES, in_currency

STEPS = pd.DataFrame(
    {
        "key": ["before", "weather", "price", "base_load", "now"],
        "label": ["Before", "Weather", "Price", "Base load", "Now"],
        "amount": [1000.0, -50.0, 120.0, 0.0, 1070.0],
    }
)
EURO = in_currency(MEASURES["cost"], "EUR")


def test_steps_hang_between_the_two_totals() -> None:
    figure = charts.waterfall(STEPS, EURO, "light")

    steps = figure.data[0]
    assert list(steps.measure) == ["absolute", "relative", "relative", "relative", "absolute"]
    assert list(steps.text) == [
        "1,000<br>EUR",
        "\N{MINUS SIGN}50.0<br>EUR",
        "+120<br>EUR",
        "0.00<br>EUR",
        "1,070<br>EUR",
    ]


def test_the_axis_begins_near_the_steps_so_that_they_can_be_seen() -> None:
    low, high = charts.waterfall(STEPS, EURO, "light").layout.yaxis.range

    assert 0 < low < 950
    assert high > 1070


def test_zero_stays_in_sight_where_it_is_near() -> None:
    figure = charts.waterfall(STEPS.assign(amount=[10.0, -5.0, 90.0, 0.0, 95.0]), EURO, "light")

    assert figure.layout.yaxis.range[0] == 0


def test_without_a_comparison_it_says_so() -> None:
    figure = charts.waterfall(STEPS.iloc[:0], EURO, "dark")

    assert "nothing in one of the two periods" in figure.layout.annotations[0].text.replace("<br>", " ")


def test_an_empty_frame_gives_its_own_reason_in_lines_that_fit() -> None:
    empty = STEPS.iloc[:0].copy()
    empty.attrs["nothing"] = "The sites here are billed in EUR and GBP, which do not add up: choose one of them."

    text = charts.waterfall(empty, EURO, "light").layout.annotations[0].text

    assert text.replace("<br>", " ") == empty.attrs["nothing"]
    assert max(map(len, text.split("<br>"))) <= 46
