import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, message_figure, moments, nothing_in, revision
from components.theme import ACTUAL, BAND, COMPARE, MORE
from pipeline.definitions import MEASURES

NOTHING_AROUND = "This meter has no reading around the event."
MARKED = "rgba(200, 86, 44, 0.12)"


def anomaly_course(frame: pd.DataFrame, theme: str) -> go.Figure:
    """Draw what an event was against what was usual, with the band from P10 to P90 of like days.

    ``time`` (naive local)``, actual_kwh, low_kwh, expected_kwh, high_kwh, inside``; the event's time is shaded.
    """
    if nothing_in(frame, "actual_kwh", "expected_kwh"):
        return message_figure(NOTHING_AROUND, theme)
    shown = Shown.of(MEASURES["energy_kwh"], frame["actual_kwh"], frame["high_kwh"])
    times = moments(frame["time"])
    figure = blank(theme)
    _add_band(figure, frame, times, shown)
    usual, measured = {"color": COMPARE, "dash": "dot"}, {"color": ACTUAL, "width": 1.6}
    figure.add_scatter(line=usual, **_line(times, frame["expected_kwh"], "Usual", shown))
    figure.add_scatter(line=measured, **_line(times, frame["actual_kwh"], "Measured", shown))
    _mark_event(figure, frame)
    return figure.update_layout(hovermode="x unified", uirevision=revision(times), yaxis=shown.axis())


def _add_band(figure: go.Figure, frame: pd.DataFrame, times: list[str], shown: Shown) -> None:
    edges = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "x": times}
    figure.add_scatter(y=shown.numbers(frame["low_kwh"]), showlegend=False, **edges)
    figure.add_scatter(
        y=shown.numbers(frame["high_kwh"]), name="Like days, P10 to P90", fill="tonexty", fillcolor=BAND, **edges
    )


def _line(times: list[str], values: pd.Series, name: str, shown: Shown) -> dict[str, object]:
    hover = f"{shown.hover()}<extra>{name}</extra>"
    return {"x": times, "y": shown.numbers(values), "name": name, "mode": "lines", "hovertemplate": hover}


def _mark_event(figure: go.Figure, frame: pd.DataFrame) -> None:
    inside = frame["inside"].fillna(value=False).astype(bool)
    if not inside.any():
        return
    stretch, step = frame.loc[inside, "time"], frame["time"].diff().min()
    figure.add_vrect(
        x0=stretch.iloc[0].isoformat(),
        x1=(stretch.iloc[-1] + step).isoformat(),
        fillcolor=MARKED,
        line={"width": 0},
        layer="below",
    )
    figure.add_scatter(
        x=[None], y=[None], mode="markers", name="Event", marker={"color": MORE, "symbol": "square", "opacity": 0.4}
    )
