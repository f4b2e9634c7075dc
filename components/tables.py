from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import numpy as np
import pandas as pd
from dash import html

from components.attributes import attributes
from pipeline.definitions import NOTHING

THEME = {"function": "wattscapeTheme(themeQuartz)"}
MOST_ROWS_IN_FULL = {"short": 5, "normal": 11, "tall": 19}  # as many as fit into the heights of assets/parts.css


def table(
    table_id: str | Mapping[str, str],
    columns: Sequence[Mapping[str, Any]],
    rows: pd.DataFrame | None = None,
    *,
    label: str,
    height: str = "normal",
    select: str | None = None,
    empty: str = "No rows in this selection.",
) -> html.Div:
    """Show rows in AG Grid in the product's look; ``select`` "single" or "multiple"; ``empty`` says there are none.

    ``height`` is the most it takes: short, normal, tall; few rows take no more than they need. The grid has
    ``table_id``; new rows go to its ``rowData`` as ``records(frame)``; screen readers read ``label``.
    """
    options: dict[str, Any] = {
        "theme": THEME,
        "animateRows": False,
        "suppressCellFocus": False,
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
        "localeText": {"noRowsToShow": empty},
        "pagination": False,
    }
    if select:
        options["rowSelection"] = {"mode": "multiRow" if select == "multiple" else "singleRow"}
    grid = dag.AgGrid(
        id=table_id,
        columnDefs=[dict(description) for description in columns],
        rowData=None if rows is None else records(rows),
        defaultColDef={"sortable": True, "resizable": True, "filter": True, "minWidth": 80},
        dashGridOptions=options,
        eventListeners={"rowDataUpdated": [f"wattscapeFit(params, {MOST_ROWS_IN_FULL[height]})"]},
        className="grid",
    )
    return html.Div(grid, className=f"table-frame table-{height}", role="region", **attributes(aria_label=label))


def column(
    field: str,
    header: str,
    *,
    number: str = "",
    to_the_minute: bool = False,
    width: int | None = None,
    pinned: bool = False,
    flex: int = 1,
) -> dict[str, Any]:
    """Describe a column; ``number`` is a d3 format such as ",.1f" and sets the figures right.

    ``to_the_minute`` writes a time without its seconds. Columns share the room by ``flex``, except those with a
    ``width`` in pixels.
    """
    description: dict[str, Any] = {"field": field, "headerName": header}
    if number:
        description |= {
            "type": "rightAligned",
            "filter": "agNumberColumnFilter",
            "cellClass": ["number", "ag-right-aligned-cell"],
            "valueFormatter": {"function": f"params.value == null ? '{NOTHING}' : {_written(number)}"},
        }
    if to_the_minute:
        description["valueFormatter"] = {"function": f"params.value ? params.value.slice(0, 16) : '{NOTHING}'"}
    description |= {"width": width} if width else {"flex": flex}
    return description | ({"pinned": "left"} if pinned else {})


def links_column(field: str, header: str, *, width: int) -> dict[str, Any]:
    """Describe a column of downloads; a cell is a list of ``{"text", "href", "label"}``, or empty."""
    plain = {"sortable": False, "filter": False, "cellDataType": False}
    return {"field": field, "headerName": header, "width": width, "cellRenderer": "WattscapeLinks"} | plain


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a frame into rows for JSON: times as text, missing values as None, NumPy numbers as Python's."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(name): _plain(value) for name, value in row.items()} for row in plain.to_dict("records")]


def _written(number: str) -> str:
    """Write a number in JavaScript; d3 leaves no space before its per cent."""
    spaced = ".replace('%', ' %')" if number.endswith("%") else ""
    return f"d3.format('{number}')(params.value){spaced}"


def _plain(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M:%S%z")
    return value.item() if isinstance(value, np.generic) else value
