from typing import Any

import pandas as pd
from dash import dcc, html

from components.attributes import attributes
from components.icons import icon


def site_picker() -> html.Div:
    """Choose a node of the site tree; ``assets/site-picker.js`` opens, searches and walks it.

    ``data`` of Store ``filter-site`` holds the chosen id, that of ``filter-site-tree`` the ``site_nodes``. The browser
    draws them itself: as components, some hundred sites would cost each page a second.
    """
    button = html.Button(
        [icon("site"), html.Span("All sites", id="filter-site-label", className="site-label"), icon("down")],
        id="filter-site-button",
        type="button",
        className="site-button form-select form-select-sm",
        **attributes(aria_haspopup="tree", aria_expanded="false", aria_controls="filter-site-panel"),
    )
    search = dcc.Input(
        id="filter-site-search",
        type="search",
        placeholder="Search sites",
        autoComplete="off",
        className="form-control form-control-sm",
    )
    panel = html.Div(
        [
            html.Label([html.Span("Search sites", className="visually-hidden"), search], className="site-search"),
            html.Div(id="filter-site-list", className="site-scroll"),
            html.P("No site has this name.", className="site-none", hidden=True, role="status"),
        ],
        id="filter-site-panel",
        className="site-panel",
        hidden=True,
    )
    stores = [dcc.Store(id="filter-site"), dcc.Store(id="filter-site-tree")]
    return html.Div(
        [html.Span("Site", className="control-label"), button, panel, *stores],
        className="control control-site",
    )


def site_nodes(tree: pd.DataFrame) -> list[dict[str, Any]]:
    """Describe ``sites.tree`` (``id, parent_id, name, kind``) for the browser; a parent out of sight is None."""
    known = set(tree["id"])
    columns = (tree["id"], tree["parent_id"], tree["name"].astype(str), tree["kind"].fillna("").astype(str))
    return [
        {"site": int(site), "parent": int(parent) if parent in known else None, "name": name, "kind": kind}
        for site, parent, name, kind in zip(*columns, strict=True)
    ]
