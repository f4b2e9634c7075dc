import pandas as pd
import plotly.graph_objects as go

from components.charts.base import PARTLY_ESTIMATED, blank, nothing_figure, nothing_in, numbers, plain, written
from components.theme import TILES
from pipeline.definitions import Measure, format_share

ROOT_COLOUR = "#5b6b72"


def treemap(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw the parts of a whole: ``id, parent, name, site_id, sector, value, share_estimated``; the root has no parent.

    customdata of a tile is [site_id or None, sector, value in words, share estimated in words, share of all in words].
    """
    if nothing_in(frame, "value") or not (frame["value"] > 0).any():
        return nothing_figure(frame, theme)
    parents = frame["parent"].fillna("").astype(str)
    own = own_values(frame)
    figure = blank(theme)
    figure.add_treemap(
        ids=frame["id"].astype(str).tolist(),
        parents=parents.tolist(),
        labels=plain(frame["name"]),
        values=numbers(own),
        branchvalues="remainder",
        customdata=_facts(frame, measure),
        texttemplate=_labels(frame),
        hovertemplate="<b>%{label}</b><br>%{customdata[2]}%{customdata[3]}<br>%{customdata[4]} of all<extra></extra>",
        root_color=ROOT_COLOUR,
        textfont_color="#ffffff",
        tiling={"pad": 2},
        marker={"pad": {"t": 20, "l": 2, "r": 2, "b": 2}, "cornerradius": 3, "line_width": 1},
        pathbar={"visible": False},
        maxdepth=3,
    )
    return figure.update_layout(
        treemapcolorway=list(TILES),
        uniformtext={"minsize": 10, "mode": "hide"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        uirevision=revision_of(frame),
    )


def own_values(frame: pd.DataFrame) -> pd.Series:
    """Give what each node has beyond its children, never less than nothing, so that rounding cannot break the whole."""
    values = frame["value"].fillna(0).clip(lower=0)
    children = values.groupby(frame["parent"].fillna("").astype(str)).sum()
    of_children = frame["id"].astype(str).map(children).fillna(0)
    remainder = (values - of_children).clip(lower=0)
    return remainder.where(remainder > values * 1e-6, 0.0)


def _labels(frame: pd.DataFrame) -> list[str]:
    """Write name and value below each other in a tile, side by side in the narrow head of a branch."""
    branches = set(frame["parent"].dropna().astype(str))
    break_ = {True: " · ", False: "<br>"}
    return [f"%{{label}}{break_[node in branches]}%{{customdata[2]}}" for node in frame["id"].astype(str)]


def revision_of(frame: pd.DataFrame) -> str:
    """Keep the level a reader went down to while the same tree is redrawn."""
    return f"{len(frame)}/{frame['id'].iloc[0]}"


def _facts(frame: pd.DataFrame, measure: Measure) -> list[list[object]]:
    sites = [None if pd.isna(site) else int(site) for site in frame["site_id"]]
    sectors = [None if pd.isna(sector) else sector for sector in frame["sector"]]
    notes = [
        f"<br>{format_share(share, decimals=1)} estimated" if share > PARTLY_ESTIMATED else ""
        for share in frame["share_estimated"]
    ]
    parts = [
        format_share(share, decimals=1) for share in frame["value"] / frame.loc[frame["parent"].isna(), "value"].sum()
    ]
    words = written(measure, frame["value"])
    return [list(facts) for facts in zip(sites, sectors, words, notes, parts, strict=True)]
