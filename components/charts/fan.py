from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, message_figure, moments, nothing_in, revision
from components.theme import ACTUAL, COMPARE, ESTIMATED
from pipeline.definitions import Measure

NO_FORECAST = "There is no forecast to draw."
STEPPED = ("days", "months")
FORECAST = ("p10_kwh", "p50_kwh", "p90_kwh", "naive_kwh")
MOST_GAP = 1.5  # intervals, which may be longer months or a change of the clocks
AMBER_BAND = "rgba(207, 132, 9, 0.20)"


@dataclass(frozen=True)
class Line:
    """A column of the frame and how it is drawn."""

    column: str
    name: str
    color: str
    width: float = 1.5
    dash: str = "solid"


def fan(
    frame: pd.DataFrame,
    measure: Measure,
    theme: str,
    *,
    horizon: str = "hours",
    label: str = "Forecast P50",
    nothing: str = NO_FORECAST,
) -> go.Figure:
    """Draw what was measured and what is forecast: ``time, actual_kwh, p10_kwh, p50_kwh, p90_kwh, naive_kwh``.

    The band reaches from P10 to P90; it begins, with the median, where the measured line ends. The seasonal naive
    forecast is dotted: the yardstick. ``label`` names the median, ``nothing`` is said where there is no forecast.
    """
    if nothing_in(frame, "p50_kwh"):
        return message_figure(nothing, theme)
    shown = Shown.of(measure, frame["actual_kwh"], frame["p90_kwh"])
    ahead = _joined(frame)
    figure = blank(theme)
    _add_band(figure, ahead, shown)
    _add_line(figure, ahead, shown, Line("naive_kwh", "Seasonal naive", COMPARE, 1, "dot"))
    _add_line(figure, ahead, shown, Line("p50_kwh", label, ESTIMATED, 2))
    _add_line(figure, frame[frame["actual_kwh"].notna()], shown, Line("actual_kwh", "Measured", ACTUAL))
    if horizon in STEPPED:
        figure.update_traces(line_shape="hvh")
    return figure.update_layout(
        hovermode="x unified", uirevision=revision(moments(frame["time"])), yaxis=shown.axis(rangemode="normal")
    )


def _joined(frame: pd.DataFrame) -> pd.DataFrame:
    """Let the forecast begin at the last measured point, where it follows in the next interval."""
    ahead, known = frame[frame["p50_kwh"].notna()], frame[frame["actual_kwh"].notna()]
    if known.empty or known["time"].iloc[-1] >= ahead["time"].iloc[0]:
        return ahead
    gap = ahead["time"].iloc[0] - known["time"].iloc[-1]
    if len(ahead) > 1 and gap > MOST_GAP * ahead["time"].diff().median():
        return ahead
    last = known.iloc[-1:]
    measured = last["actual_kwh"]
    return pd.concat([last.assign(**dict.fromkeys(FORECAST, measured)), ahead], ignore_index=True)


def _add_band(figure: go.Figure, ahead: pd.DataFrame, shown: Shown) -> None:
    edges = (("p90_kwh", "P90", None), ("p10_kwh", "P10 to P90", "tonexty"))
    for column, name, fill in edges:
        figure.add_scatter(
            x=moments(ahead["time"]),
            y=shown.numbers(ahead[column]),
            name=name,
            showlegend=fill is not None,
            mode="lines",
            line={"width": 0, "color": ESTIMATED},
            fill=fill,
            fillcolor=AMBER_BAND,
            hovertemplate=shown.hover() + f"<extra>{name[:3]}</extra>",
        )


def _add_line(figure: go.Figure, frame: pd.DataFrame, shown: Shown, line: Line) -> None:
    if frame[line.column].notna().any():
        figure.add_scatter(
            x=moments(frame["time"]),
            y=shown.numbers(frame[line.column]),
            name=line.name,
            mode="lines",
            line={"color": line.color, "width": line.width, "dash": line.dash},
            hovertemplate=shown.hover() + f"<extra>{line.name}</extra>",
        )
