from collections.abc import Sequence
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from components.charts.base import blank, message_figure, plain
from components.theme import CATEGORIES, FADED

NO_EVENTS = "No anomaly of this choice in this period."
MOST_LANES = 24
SHORTEST_SHARE = 1 / 150  # of the period: so that an hour shows in a year
LONGEST_NAME = 26
MILLISECONDS = 1_000


def anomaly_timeline(
    frame: pd.DataFrame,
    theme: str,
    *,
    start: pd.Timestamp,
    end: pd.Timestamp,
    lanes: Literal["site", "meter", "kind"] = "site",
    kinds: Sequence[str] = (),
) -> go.Figure:
    """Draw events as bars in time: ``id, kind, site, meter, start, end`` (naive local)``, rank``, coloured by kind.

    One lane for each site, meter or kind, the highest rank on top, at most 24. ``kinds`` are all there may be, so that
    each keeps its colour whatever is drawn; after eight colours the next are hatched. clickData's customdata is [id].
    """
    if frame.empty:
        return message_figure(NO_EVENTS, theme)
    best = frame.groupby(lanes)["rank"].max().nlargest(MOST_LANES).index
    names = [_words(lane) for lane in best] if lanes == "kind" else plain(best)
    labels = dict(zip(best, _short(names), strict=True))
    shown = frame[frame[lanes].isin(best)]
    shortest = (end - start) * SHORTEST_SHARE
    figure = blank(theme)
    every = sorted({*kinds, *frame["kind"]})
    mean_length = (shown["end"] - shown["start"]).groupby(shown["kind"]).mean()
    for kind in mean_length.sort_values(ascending=False).index:  # short events are drawn over long ones
        events = shown[shown["kind"] == kind]
        begins = events["start"].where(events["start"] > start, start)
        lasts = events["end"].where(events["end"] < end, end) - begins
        figure.add_bar(
            orientation="h",
            name=_words(kind),
            base=begins.dt.strftime("%Y-%m-%d %H:%M").tolist(),
            x=(lasts.where(lasts > shortest, shortest).dt.total_seconds() * MILLISECONDS).tolist(),
            y=[labels[lane] for lane in events[lanes]],
            customdata=[[int(number)] for number in events["id"]],
            text=_hovers(events),
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
            marker=_marker(every.index(str(kind))),
        )
    return figure.update_layout(
        barmode="overlay",
        bargap=0.3,
        hovermode="closest",
        clickmode="event",
        xaxis={"type": "date", "range": [start.isoformat(), end.isoformat()], "showgrid": True},
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": [labels[lane] for lane in best][::-1],
            "fixedrange": True,
            "showgrid": False,
            "dtick": 1,
            "tickfont": {"size": 10},
        },
        legend={"entrywidth": 72, "font": {"size": 10}},
        showlegend=lanes != "kind",
    )


def _marker(place: int) -> dict[str, object]:
    colour = CATEGORIES[place % len(CATEGORIES)]
    hatched = place >= len(CATEGORIES)
    pattern = {"shape": "/", "fgcolor": colour, "bgcolor": FADED, "size": 5} if hatched else {"shape": ""}
    return {"color": colour, "opacity": 0.85, "line": {"width": 0}, "pattern": pattern}


def _short(names: list[str]) -> list[str]:
    return [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…" for name in names]


def _hovers(events: pd.DataFrame) -> list[str]:
    meters = plain(events["meter"])
    return [
        f"<b>{_words(kind)}</b> · {meter}<br>{start:%-d %b %Y %H:%M} – {end:%-d %b %Y %H:%M}"  # noqa: RUF001 - a dash
        for kind, meter, start, end in zip(events["kind"], meters, events["start"], events["end"], strict=True)
    ]


def _words(kind: object) -> str:
    return plain([str(kind).replace("_", " ").capitalize()])[0]
