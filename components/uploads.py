from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
import pandas as pd
from dash import dcc, html

from components.attributes import attributes
from components.controls import labelled
from components.icons import icon
from pipeline.definitions import NOTHING

STATE_ICONS = {"waiting": "waiting", "running": "running", "done": "done", "refused": "refused"}
STATE_WORDS = {"waiting": "Waiting", "running": "Loading", "done": "Loaded", "refused": "Refused"}


def upload_zone(zone_id: str, hint: str, *, multiple: bool = True) -> dcc.Upload:
    """Take files by drop or click: ``contents`` and ``filename``; the hint names formats and the largest size."""
    words = html.Div(
        [
            icon("upload", "upload-icon"),
            html.Span([html.Strong("Choose files"), " or drop them here"], className="upload-lead"),
            html.Span(hint, className="upload-hint"),
        ],
        className="upload-words",
    )
    return dcc.Upload(words, id=zone_id, multiple=multiple, className="upload-zone", className_active="upload-over")


def progress_list(items: Sequence[Mapping[str, Any]]) -> html.Ul:
    """List loads: ``name``, ``state`` (waiting, running, done, refused), ``share`` (0 to 1 or None), ``detail``."""
    return html.Ul([_progress(item) for item in items], className="progress-list", **attributes(aria_live="polite"))


def mapping_form(form: str, fields: Sequence[Mapping[str, Any]]) -> html.Div:
    """Lay out the decisions of a mapping: ``key, label, value, options`` (a mapping, or None for text) and ``reason``.

    Each control has the id {"type": form, "key": key}; read them with ALL.
    """
    return html.Div([_decision(form, field) for field in fields], className="mapping-form")


def preview_table(frame: pd.DataFrame, caption: str) -> html.Div:
    """Show the first rows of a file as a plain table."""
    head = html.Thead(html.Tr([html.Th(str(name), scope="col") for name in frame.columns]))
    cells = frame.astype(object).where(frame.notna(), NOTHING)
    rows = [html.Tr([html.Td(str(value)) for value in row]) for row in cells.itertuples(index=False, name=None)]
    plain = html.Table([html.Caption(caption), head, html.Tbody(rows)], className="table table-sm preview")
    return html.Div(plain, className="preview-frame", tabIndex=0, role="region", **attributes(aria_label=caption))


def _progress(item: Mapping[str, Any]) -> html.Li:
    state, share = item["state"], item.get("share")
    reached = attributes() if share is None else attributes(value=str(round(share * 100)))  # no value: in progress
    bar = html.Progress(
        max="100", className="progress-thin", **reached, **attributes(aria_label=f"Loading {item['name']}")
    )
    return html.Li(
        [
            icon(STATE_ICONS[state], "progress-icon"),
            html.Span(item["name"], className="progress-name"),
            html.Span(STATE_WORDS[state], className="progress-state"),
            bar if state == "running" else None,
            html.Span(item.get("detail") or "", className="progress-detail"),
        ],
        className=f"progress-item progress-{state}",
    )


def _decision(form: str, field: Mapping[str, Any]) -> html.Div:
    control_id, value, options = {"type": form, "key": field["key"]}, field.get("value"), field.get("options")
    if options is None:
        control = dbc.Input(id=control_id, value=value, type="text", size="sm", autocomplete="off")
    else:
        choices = [{"label": text, "value": key} for key, text in options.items()]
        control = dbc.Select(id=control_id, options=choices, value=value, size="sm")
    reason = html.Span(field["reason"], className="mapping-reason") if field.get("reason") else None
    return html.Div([labelled(field["label"], control), reason], className="mapping-field")
