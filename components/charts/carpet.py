import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, nothing_figure, nothing_in
from components.theme import MISSING, SEQUENTIAL
from pipeline.definitions import Measure

MOST_DOTS = 1500
MINUTES = 60


def carpet(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw date against local time of day: ``day, minute, value, estimated, missing``.

    Missing is grey and estimated carries a dot; an hour that the clocks skip is empty. clickData has x = day as
    "YYYY-MM-DD" and y = time of day as "HH:MM".
    """
    if nothing_in(frame, "value"):
        return nothing_figure(frame, theme)
    shown = Shown.of(measure, frame["value"])
    values = _grid(frame.assign(value=frame["value"] * shown.factor), "value")
    missing = _grid(frame.assign(missing=frame["missing"].fillna(value=False).astype(float)), "missing") > 0
    days = [day.strftime("%Y-%m-%d") for day in pd.to_datetime(values.columns)]
    times = [clock(minute) for minute in values.index]
    figure = blank(theme)
    if missing.to_numpy().any():
        _add_missing(figure, missing, days, times)
    _add_values(figure, values, days, times, shown)
    _add_estimated(figure, frame)
    midnight_to_midnight = [time for time in ("00:00", "06:00", "12:00", "18:00") if time in times]
    return figure.update_layout(
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": times,
            "range": [len(times) - 0.5, -0.5],
            "tickvals": midnight_to_midnight,
            "showgrid": False,
        },
        xaxis={"type": "date", "showgrid": False, "range": _edges(pd.DatetimeIndex(values.columns))},
        legend={"y": 1.02},
    )


def _edges(days: pd.DatetimeIndex) -> list[str]:
    """Reach from the edge of the first column to that of the last; the dots of estimates would ask for room beyond."""
    half = (days[1] - days[0] if len(days) > 1 else pd.Timedelta(days=1)) / 2
    return [str(days[0] - half), str(days[-1] + half)]


def clock(minute: int) -> str:
    """Write a minute of the day as the clock shows it."""
    return f"{int(minute) // MINUTES:02d}:{int(minute) % MINUTES:02d}"


def _grid(frame: pd.DataFrame, field: str) -> pd.DataFrame:
    """Lay out a field with a row for each minute of the day and a column for each day.

    When the clocks go back an hour comes twice; the mean of both stands for it.
    """
    return frame.pivot_table(index="minute", columns="day", values=field, aggfunc="mean", dropna=False)


def _add_values(figure: go.Figure, values: pd.DataFrame, days: list[str], times: list[str], shown: Shown) -> None:
    figure.add_heatmap(
        x=days,
        y=times,
        z=values.to_numpy(dtype=np.float32),
        colorscale=[list(stop) for stop in SEQUENTIAL],
        hoverongaps=False,
        colorbar={
            "title_text": shown.title,
            **shown.ticks,
        },
        hovertemplate=f"%{{x|%a %-d %b %Y}} %{{y}}<br>{shown.hover('z')}<extra></extra>",
    )


def _add_missing(figure: go.Figure, missing: pd.DataFrame, days: list[str], times: list[str]) -> None:
    figure.add_heatmap(
        x=days,
        y=times,
        z=missing.to_numpy(dtype=np.uint8),
        zmin=0,
        zmax=1,
        colorscale=[[0, "rgba(0, 0, 0, 0)"], [1, MISSING]],
        showscale=False,
        hoverinfo="skip",
    )


def _add_estimated(figure: go.Figure, frame: pd.DataFrame) -> None:
    """Dot the estimated cells; of very many, every nth."""
    cells = frame[frame["estimated"].fillna(value=False).astype(bool) & frame["value"].notna()]
    if cells.empty:
        return
    thinned = cells.iloc[:: -(-len(cells) // MOST_DOTS)]
    figure.add_scatter(
        x=pd.to_datetime(thinned["day"]).dt.strftime("%Y-%m-%d").tolist(),
        y=[clock(minute) for minute in thinned["minute"]],
        mode="markers",
        name="Estimated",
        showlegend=True,
        marker={"size": 3, "color": "#ffffff", "line": {"width": 0.5, "color": "#16262b"}},
        hoverinfo="skip",
    )
