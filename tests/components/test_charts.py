import itertools
import json
import re
from collections.abc import Callable

import component_frames as frames
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components import charts
from components.charts import map_labels
from components.charts.base import Shown, moments, numbers
from components.charts.series import estimated_stretches
from components.charts.treemap import own_values
from pipeline.definitions import MEASURES

ENERGY, MEAN, PEAK, SHARE = (MEASURES[key] for key in ("energy_kwh", "mean_kw", "peak_kw", "share_estimated"))
LARGEST_ANSWER = 200_000

Draw = Callable[[pd.DataFrame, str], go.Figure]

CHARTS: dict[str, tuple[Draw, pd.DataFrame]] = {
    "trend": (lambda frame, theme: charts.trend(frame, ENERGY, theme), frames.trend()),
    "long trend": (lambda frame, theme: charts.trend(frame, ENERGY, theme), frames.trend(400)),
    "site map": (lambda frame, theme: charts.site_map(frame, ENERGY, theme), frames.sites()),
    "power map": (lambda frame, theme: charts.site_map(frame, MEAN, theme), frames.sites()),
    "treemap": (lambda frame, theme: charts.treemap(frame, ENERGY, theme), frames.breakdown()),
    "movers": (lambda frame, theme: charts.movers(frame, ENERGY, theme), frames.movers()),
    "series": (lambda frame, theme: charts.series(frame, MEAN, theme), frames.series()),
    "carpet": (lambda frame, theme: charts.carpet(frame, MEAN, theme), frames.carpet()),
    "profile": (lambda frame, theme: charts.profile(frame, MEAN, theme), frames.profile()),
    "duration curve": (lambda frame, theme: charts.duration_curve(frame, MEAN, theme), frames.duration_curve()),
    "weeks": (lambda frame, theme: charts.overlay(frame, MEAN, theme, by="week"), frames.overlay()),
    "years": (lambda frame, theme: charts.overlay(frame, MEAN, theme, by="year"), frames.overlay()),
    "ranking": (lambda frame, theme: charts.ranking(frame, ENERGY, theme), frames.ranking()),
    "histogram": (lambda frame, theme: charts.histogram(frame, MEAN, theme), frames.histogram()),
    "completeness": (charts.completeness, frames.completeness()),
    "flags": (charts.flags_by_rule, frames.flags()),
}
each_chart = pytest.mark.parametrize("name", CHARTS)


@each_chart
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chart_draws_its_frame_in_the_theme_and_leaves_the_frame_as_it_was(name: str, theme: str) -> None:
    draw, frame = CHARTS[name]
    before = frame.copy(deep=True)

    figure = draw(frame, theme)

    pd.testing.assert_frame_equal(frame, before)
    assert figure.data
    assert (
        figure.layout.template.layout.font.color
        == go.layout.Template(charts.message_figure("", theme).layout.template).layout.font.color
    )


@each_chart
def test_an_empty_frame_gives_one_sentence(name: str) -> None:
    draw, frame = CHARTS[name]

    figure = draw(frame.iloc[:0], "light")

    assert not figure.data
    assert figure.layout.annotations[0].text.endswith(".")


@each_chart
def test_one_row_is_drawn(name: str) -> None:
    draw, frame = CHARTS[name]

    figure = draw(frame.iloc[:1], "dark")

    assert figure.data or figure.layout.annotations
    json.loads(figure.to_json())


@each_chart
def test_a_frame_of_missing_values_is_valid_json_without_nan(name: str) -> None:
    draw, frame = CHARTS[name]
    floats = frame.select_dtypes("float").columns
    nothing = frame.assign(**dict.fromkeys(floats, np.nan))

    figure = draw(nothing, "light")

    json.loads(figure.to_json(), parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))


@each_chart
def test_customdata_is_lists_of_plain_values_because_numpy_vanishes_from_clicks(name: str) -> None:
    draw, frame = CHARTS[name]

    figure = draw(frame, "light")

    sent = json.loads(figure.to_json())["data"]
    for trace in sent:
        assert isinstance(trace.get("customdata", []), list)


LARGE = {
    "trend": frames.trend(2000),
    "long trend": frames.trend(2000),
    "series": frames.series(2000),
    "carpet": frames.carpet(366),
    "duration curve": frames.duration_curve(2000),
    "weeks": frames.overlay(60),
    "completeness": frames.completeness(80, 90),
}


@pytest.mark.parametrize("name", LARGE)
def test_the_largest_frame_fits_in_the_budget_of_one_answer(name: str) -> None:
    draw, _ = CHARTS[name]

    sent = draw(LARGE[name], "light").to_json()

    assert len(sent) < LARGEST_ANSWER


def test_a_series_all_estimated_in_alternating_runs_fits_in_the_budget() -> None:
    frame = frames.series(2000).assign(estimated=np.arange(2000) % 2 == 0)

    sent = charts.series(frame, MEAN, "light", compare_label="Days before").to_json()

    assert len(sent) < LARGEST_ANSWER


def test_all_values_of_a_chart_share_the_unit_that_suits_the_largest() -> None:
    frame = frames.trend().assign(value=1500.0, compare_value=12_000_000.0)

    figure = charts.trend(frame, ENERGY, "light")

    assert figure.layout.yaxis.title.text == "GWh"
    assert figure.data[0].y[0] == pytest.approx(0.0015)


def test_partly_estimated_steps_are_hatched_and_named_in_the_legend() -> None:
    frame = frames.trend(10).assign(share_estimated=[0.0] * 9 + [0.4])

    figure = charts.trend(frame, ENERGY, "light")

    hatched = next(trace for trace in figure.data if trace.name == "Partly estimated")
    assert list(hatched.x) == ["2025-03-10"]
    assert hatched.marker.pattern.shape == "/"
    assert hatched.text[0] == " · 40 % estimated"


def test_a_trend_without_comparison_draws_no_comparison() -> None:
    frame = frames.trend().assign(compare_value=np.nan)

    figure = charts.trend(frame, ENERGY, "light")

    assert "Compared period" not in [trace.name for trace in figure.data]


def test_a_gap_stays_a_gap() -> None:
    frame = frames.series(48).assign(compare_value=np.nan, estimated=False)
    frame.loc[5, "value"] = np.nan

    figure = charts.series(frame, MEAN, "light")

    assert figure.data[0].y[5] is None
    assert not figure.data[0].connectgaps


@given(st.lists(st.booleans(), max_size=60))
def test_estimated_stretches_hold_every_estimated_place_and_only_neighbours_besides(estimated: list[bool]) -> None:
    places = estimated_stretches(estimated)

    drawn = {place for place in places if place is not None}
    assert {place for place, is_estimated in enumerate(estimated) if is_estimated} <= drawn
    near = [place for place in drawn if any(estimated[max(place - 1, 0) : place + 2])]
    assert sorted(near) == sorted(drawn)


def test_movers_go_from_the_largest_loss_to_the_largest_gain_and_leave_out_what_has_no_before() -> None:
    figure = charts.movers(frames.movers(), ENERGY, "light")

    changes = list(figure.data[0].x)
    assert changes == sorted(changes)
    assert "Solar Park" not in figure.data[0].y
    assert figure.data[0].customdata[0][0] == 13


def test_movers_say_when_nothing_was_before() -> None:
    frame = frames.movers().assign(compare_amount=0.0)

    figure = charts.movers(frame, ENERGY, "light")

    assert "nothing in the period compared with" in figure.layout.annotations[0].text.replace("<br>", " ")


def test_the_map_shows_the_surroundings_of_a_site_that_is_alone() -> None:
    alone = charts.site_map(frames.sites().head(1), ENERGY, "light").layout.geo.lonaxis.range

    assert alone[1] - alone[0] > 10


def test_the_map_leaves_out_sites_without_coordinates_and_sizes_discs_by_area() -> None:
    frame = frames.sites()
    frame.loc[0, "latitude"] = np.nan

    figure = charts.site_map(frame, ENERGY, "light")

    discs = figure.data[0]
    assert len(discs.lat) == len(frame) - 1
    assert discs.marker.sizemode == "area"
    assert discs.customdata[0][0] == 15
    assert "640 MWh" in discs.customdata[0]


@pytest.mark.parametrize("key", ["mean_kw", "peak_kw", "share_estimated"])
def test_the_map_is_coloured_by_any_measure_but_energy(key: str) -> None:
    figure = charts.site_map(frames.sites(), MEASURES[key], "light")

    assert figure.data[0].marker.showscale


spots = st.tuples(st.text("abc ", min_size=1, max_size=20), st.floats(0, 360), st.floats(0, 300), st.floats(6, 18))


@given(st.lists(spots, max_size=25))
def test_names_on_the_map_cover_no_disc_and_no_other_name(drawn: list[tuple[str, float, float, float]]) -> None:
    discs = [map_labels.Disc(x, y, radius) for _, x, y, radius in drawn]

    labels = map_labels.placed([name for name, *_ in drawn], discs, 360.0, 6)

    assert len(labels) <= 6
    assert not any(label.covers(disc) for label in labels for disc in discs)
    assert not any(one.touches(other) for one, other in itertools.combinations(labels, 2))


@given(st.floats(-84, 84))
def test_a_latitude_survives_the_projection(latitude: float) -> None:
    assert map_labels.latitude(map_labels.northing(latitude)) == pytest.approx(latitude, abs=1e-9)


def test_a_site_that_stands_alone_is_named_above_its_disc() -> None:
    figure = charts.site_map(frames.sites().iloc[:1], ENERGY, "light")

    names = figure.data[1]
    assert list(names.text) == [frames.sites()["name"].iloc[0]]
    assert names.lat[0] > figure.data[0].lat[0]
    assert names.lon[0] == pytest.approx(figure.data[0].lon[0])


def test_the_map_of_one_site_shows_its_surroundings() -> None:
    figure = charts.site_map(frames.sites().iloc[:1], ENERGY, "light")

    west, east = figure.layout.geo.lonaxis.range
    assert east - west > 1


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=12))
def test_a_treemap_holds_the_sum_of_its_leaves(leaves: list[float]) -> None:
    frame = pd.DataFrame(
        {
            "id": ["root", *[f"leaf{place}" for place in range(len(leaves))]],
            "parent": ["", *["root"] * len(leaves)],
            "value": [float(sum(leaves)), *leaves],
        }
    )

    own = own_values(frame)

    assert own.sum() == pytest.approx(sum(leaves))
    assert (own >= 0).all()


def test_a_click_on_a_tile_tells_the_site() -> None:
    figure = charts.treemap(frames.breakdown(), ENERGY, "light")

    facts = dict(zip(figure.data[0].labels, figure.data[0].customdata, strict=True))
    assert facts["Harbour"][:2] == [11, "factory"] or list(facts["Harbour"][:2]) == [11, "factory"]


def test_the_carpet_marks_missing_and_estimated_cells() -> None:
    figure = charts.carpet(frames.carpet(), MEAN, "light")

    missing, values, dots = figure.data
    assert int(np.asarray(missing.z).sum()) == 72
    assert np.isnan(np.asarray(values.z)).sum() == 72
    assert len(dots.x) == 30
    assert values.y[0] == "00:00"


def test_the_carpet_ends_where_its_cells_end() -> None:
    figure = charts.carpet(frames.carpet(), MEAN, "light")

    first, last = pd.to_datetime([figure.data[0].x[0], figure.data[0].x[-1]])
    half = pd.Timedelta(hours=12)
    assert [pd.Timestamp(edge) for edge in figure.layout.xaxis.range] == [first - half, last + half]
    assert list(figure.layout.yaxis.range) == [len(figure.data[0].y) - 0.5, -0.5]


def test_the_carpet_takes_half_hours_and_an_hour_that_comes_twice() -> None:
    day = pd.Timestamp("2025-10-26")
    frame = pd.DataFrame(
        {
            "day": [day] * 4,
            "minute": [0, 30, 60, 60],
            "value": [1.0, 2.0, 3.0, 5.0],
            "estimated": False,
            "missing": False,
        }
    )

    figure = charts.carpet(frame, MEAN, "light")

    assert list(figure.data[0].y) == ["00:00", "00:30", "01:00"]
    assert np.asarray(figure.data[0].z)[2, 0] == 4


def test_profiles_share_one_axis_over_the_day_types_present() -> None:
    frame = frames.profile()

    figure = charts.profile(frame[frame["day_type"] != "saturday"], MEAN, "light")

    assert [annotation.text for annotation in figure.layout.annotations] == ["Workday", "Sunday or holiday"]
    assert figure.layout.yaxis2.matches == "y"


def test_the_newest_week_is_drawn_last_and_strongest() -> None:
    figure = charts.overlay(frames.overlay(5), MEAN, "light")

    assert [trace.name for trace in figure.data][-1] == "2025-W05"
    assert figure.data[-1].line.width == 2
    assert [trace.showlegend for trace in figure.data] == [False, False, False, True, True]


def test_the_ranking_has_the_largest_on_top_and_tells_kind_and_id() -> None:
    figure = charts.ranking(frames.ranking(), ENERGY, "light")

    assert figure.data[0].y[-1] == "North Works"
    assert list(figure.data[0].customdata[-1][:2]) == ["site", 10]


def test_the_worst_meters_come_first_in_completeness() -> None:
    frame = frames.completeness(3, 4).assign(completeness=1.0)
    frame.loc[frame["meter"] == "MTR-0002", "completeness"] = 0.5

    figure = charts.completeness(frame, "light")

    assert figure.data[0].y[0] == "MTR-0002"


def test_flags_that_found_nothing_are_left_out() -> None:
    figure = charts.flags_by_rule(frames.flags(), "light")

    assert "negative" not in figure.data[0].y
    assert figure.data[0].y[-1] == "gap"


def test_a_share_has_an_axis_in_per_cent() -> None:
    figure = charts.trend(frames.trend().assign(value=0.5, compare_value=np.nan), SHARE, "light")

    assert figure.layout.yaxis.title.text == SHARE.label
    assert (figure.layout.yaxis.tickformat, figure.layout.yaxis.ticksuffix) == (",~g", " %")


@each_chart
def test_no_chart_leaves_per_cent_to_a_format_that_writes_no_space(name: str) -> None:
    draw, frame = CHARTS[name]

    assert not re.search(r"""[\d~]%[}"']|~p""", draw(frame, "light").to_json())


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_numbers_are_finite_or_nothing(values: list[float]) -> None:
    drawn = numbers(pd.Series(values, dtype=float))

    assert len(drawn) == len(values)
    assert all(number is None or np.isfinite(number) for number in drawn)


def test_midnights_are_written_as_dates_and_other_times_to_the_minute() -> None:
    days = pd.Series(pd.date_range("2025-03-30", periods=2))
    halves = pd.Series(pd.date_range("2025-03-30", periods=2, freq="30min"))

    assert moments(days) == ["2025-03-30", "2025-03-31"]
    assert moments(halves) == ["2025-03-30 00:00", "2025-03-30 00:30"]


def test_nothing_known_is_shown_in_the_measures_own_unit() -> None:
    assert Shown.of(PEAK, pd.Series([np.nan])).unit == "kW"
