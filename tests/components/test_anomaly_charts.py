import component_frames as frames
import pandas as pd
import pytest

from components import charts

START, END = frames.START, frames.START + pd.Timedelta(days=60)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_events_are_bars_in_lanes_that_a_click_can_name(theme: str) -> None:
    events = frames.anomalies()

    figure = charts.anomaly_timeline(events, theme, start=START, end=END)

    assert {trace.name for trace in figure.data} == {"Level shift", "Zero run", "Residual", "Base load creep"}
    assert sorted(number for trace in figure.data for [number] in trace.customdata) == events["id"].tolist()


def test_the_lane_of_the_highest_rank_is_on_top_and_no_more_than_24_are_drawn() -> None:
    events = frames.anomalies(60).assign(site=[f"Site {number:02d}" for number in range(60)])
    events["rank"] = range(60)

    figure = charts.anomaly_timeline(events, "light", start=START, end=END)

    assert len(figure.layout.yaxis.categoryarray) == 24
    assert figure.layout.yaxis.categoryarray[-1] == "Site 59"


def test_a_short_event_is_wide_enough_to_see_and_a_long_one_ends_with_the_period() -> None:
    events = frames.anomalies(2).assign(
        kind="spike", start=[START, START], end=[START + pd.Timedelta(minutes=15), END + pd.Timedelta(days=400)]
    )

    widths = charts.anomaly_timeline(events, "light", start=START, end=END, lanes="meter").data[0].x

    assert widths[0] == pytest.approx(60 * 86_400_000 / 150)
    assert widths[1] == 60 * 86_400_000


def test_no_event_is_said_in_a_sentence() -> None:
    figure = charts.anomaly_timeline(frames.anomalies().iloc[:0], "dark", start=START, end=END)

    assert "No anomaly" in figure.layout.annotations[0].text


def test_names_from_files_are_no_markup_in_the_timeline() -> None:
    hostile = frames.anomalies().assign(site="<a href='x'>", meter="<b>")

    written = str(charts.anomaly_timeline(hostile, "light", start=START, end=END).to_dict())

    assert "<a href" not in written
    assert "&lt;b&gt;" in written


def test_the_course_shades_the_event_and_draws_the_band_below() -> None:
    figure = charts.anomaly_course(frames.anomaly_course(), "light")

    assert [trace.name for trace in figure.data[1:]] == ["Like days, P10 to P90", "Usual", "Measured", "Event"]
    assert figure.layout.shapes[0].x0 == "2025-03-02T16:00:00"
    assert figure.layout.shapes[0].x1 == "2025-03-03T10:00:00"


def test_a_course_without_readings_says_so() -> None:
    frame = frames.anomaly_course().assign(actual_kwh=float("nan"), expected_kwh=float("nan"))

    assert "no reading" in charts.anomaly_course(frame, "light").layout.annotations[0].text
    assert "no reading" in charts.like_days(frames.like_days().iloc[:0], "light").layout.annotations[0].text


def test_a_course_whose_event_is_not_shown_has_no_shade() -> None:
    assert not charts.anomaly_course(frames.anomaly_course().assign(inside=False), "light").layout.shapes


def test_the_day_of_the_event_is_drawn_last_and_like_days_share_one_legend_entry() -> None:
    figure = charts.like_days(frames.like_days(), "dark")

    assert figure.data[-1].name == "Day of the event"
    assert [trace.showlegend for trace in figure.data].count(True) == 2
