from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from components.charts.base import blank, message_figure, plain
from components.theme import ACTUAL, COMPARE, ESTIMATED, MORE

COLOURS = {"now": COMPARE, "after": ACTUAL, "peers": ESTIMATED, "limit": MORE}
HOURS_OF_A_DAY = 24
NO_EVIDENCE = "The newest run does not find this any more, so there is nothing to draw."


def recommendation_evidence(evidence: Mapping[str, Any] | None, theme: str) -> go.Figure:
    """Draw what a recommendation rests on, as it is and as it would be.

    ``evidence``: ``drawing`` (lines, bars or dots), ``unit, x_title, x`` and ``traces`` of ``name, role, y``.
    """
    if evidence is None:
        return message_figure(NO_EVIDENCE, theme)
    figure = blank(theme)
    for trace in evidence["traces"]:
        _add(figure, evidence, trace)
    figure.update_layout(
        xaxis=_axis(evidence),
        yaxis={"title_text": evidence["unit"], "tickformat": ",~r"},
        hovermode="closest" if evidence["drawing"] == "dots" else "x unified",
        barmode="overlay" if _one_bar_each(evidence) else "group",
    )
    return figure


def _add(figure: go.Figure, evidence: Mapping[str, Any], trace: Mapping[str, Any]) -> None:
    colour = COLOURS.get(trace["role"], COMPARE)
    x = plain(evidence["x"]) if isinstance(evidence["x"][0], str) else list(evidence["x"])
    named = {"x": x, "y": list(trace["y"]), "name": trace["name"]}
    hover = f"%{{y:,.4~g}} {evidence['unit']}<extra>{trace['name']}</extra>"
    if evidence["drawing"] == "bars":
        figure.add_bar(**named, marker_color=colour, hovertemplate=hover)
    elif evidence["drawing"] == "dots" and trace["role"] == "now":
        marker = {"color": colour, "size": 5, "opacity": 0.6}
        figure.add_scatter(**named, mode="markers", marker=marker, hovertemplate=hover)
    else:
        line = {"color": colour, "width": 2, "dash": "dot" if trace["role"] == "limit" else "solid"}
        figure.add_scatter(**named, mode="lines", line=line, hovertemplate=hover)


def _axis(evidence: Mapping[str, Any]) -> dict[str, Any]:
    axis: dict[str, Any] = {"title_text": evidence["x_title"]}
    x = evidence["x"]
    if isinstance(x[0], str) and len(x) > HOURS_OF_A_DAY and evidence["drawing"] == "lines" and not _is_date(x[0]):
        ticks = x[HOURS_OF_A_DAY // 2 :: HOURS_OF_A_DAY]  # the middle of each day of a week
        return axis | {
            "type": "category",
            "tickvals": plain(ticks),
            "ticktext": [tick[:3] for tick in ticks],
            "tickangle": 0,
        }
    if evidence["drawing"] == "bars":
        return axis | {"type": "category"}
    return axis


def _is_date(text: str) -> bool:
    return text[:4].isdigit()


def _one_bar_each(evidence: Mapping[str, Any]) -> bool:
    """Tell bars of which each place has one only, which then stand in the middle."""
    return all(
        sum(value is not None for value in column) <= 1
        for column in zip(*(t["y"] for t in evidence["traces"]), strict=True)
    )
