"""The filter bar. Its ids are fixed, because there is one bar.

``filter-site`` (Store, site id), ``filter-site-tree`` (Store, ``site_nodes``), ``filter-period`` (Select, preset key
or "custom"), ``filter-dates`` (DatePickerRange, both days inclusive), ``filter-compare`` (Select), ``filter-measure``
(RadioItems), ``filter-chips`` (children: ``chip``), ``filter-summary`` (children: what the folded bar says on phones).
"""

from collections.abc import Mapping, Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components.attributes import attributes
from components.icons import icon
from components.site_tree import site_picker
from pipeline.definitions import Measure

PERIODS = {
    "today": "Today",
    "yesterday": "Yesterday",
    "last7": "Last 7 days",
    "last30": "Last 30 days",
    "this-month": "This month",
    "last-month": "Last month",
    "last12months": "Last 12 months",
    "this-year": "This year",
    "last-year": "Last year",
    "all": "All data",
    "custom": "Custom dates",
}
COMPARISONS = {"none": "Nothing", "previous": "Weeks before", "year": "Year before"}


def filter_bar(measures: Sequence[Measure]) -> html.Div:
    """Lay out site, period, compare-to and measure in one sticky bar that folds into a button on phones."""
    fold = html.Button(
        [icon("filter"), html.Span("Filters", id="filter-summary", className="filter-summary"), icon("down")],
        type="button",
        className="filter-fold",
        **attributes(aria_expanded="false", aria_controls="filter-controls", data_fold="filter-controls"),
    )
    controls = html.Div(
        [
            site_picker(),
            select("filter-period", "Period", PERIODS, "last30"),
            date_range("filter-dates", "From and to"),
            select("filter-compare", "Compare to", COMPARISONS, "previous"),
            segmented("filter-measure", "Measure", {m.key: m.label for m in measures}, measures[0].key),
            html.Div(id="filter-chips", className="filter-chips"),
        ],
        id="filter-controls",
        className="filter-controls",
    )
    return html.Div([fold, controls], className="filter-bar", role="search", **attributes(aria_label="Selection"))


def chip(label: str, key: str) -> html.Button:
    """Show a further filter that a click removes: id {"type": "filter-chip", "key": key}, ``n_clicks``."""
    return html.Button(
        [label, icon("close")],
        id={"type": "filter-chip", "key": key},
        type="button",
        className="filter-chip",
        **attributes(aria_label=f"Remove filter {label}"),
    )


def segmented(control_id: str | Mapping[str, str], label: str, options: Mapping[str, str], value: str) -> html.Fieldset:
    """Choose one of a few, all visible: ``value`` of a RadioItems with this id."""
    choices = dbc.RadioItems(
        id=control_id,
        options=[{"label": text, "value": key} for key, text in options.items()],
        value=value,
        className="segments",
        input_class_name="segment-input",
        label_class_name="segment",
        label_checked_class_name="active",
    )
    return html.Fieldset([html.Legend(label, className="control-label"), choices], className="control control-segments")


def select(control_id: str | Mapping[str, str], label: str, options: Mapping[str, str], value: str) -> html.Div:
    """Choose one of many: ``value`` of a Select with this id."""
    return labelled(
        label,
        dbc.Select(
            id=control_id,
            options=[{"label": text, "value": key} for key, text in options.items()],
            value=value,
            size="sm",
        ),
    )


def date_range(control_id: str, label: str) -> html.Div:
    """Choose two days, both included: ``start_date`` and ``end_date`` as "YYYY-MM-DD"."""
    picker = dcc.DatePickerRange(
        id=control_id,
        display_format="D MMM YYYY",
        first_day_of_week=1,
        minimum_nights=0,
        number_of_months_shown=2,
        updatemode="bothdates",
        start_date_id=f"{control_id}-start",
        end_date_id=f"{control_id}-end",
    )
    return html.Div([html.Span(label, className="control-label"), picker], className="control control-dates")


def labelled(label: str, control: Component) -> html.Div:
    """Put a label above a control and tie them together by nesting, which works for ids of any kind."""
    return html.Div(html.Label([html.Span(label, className="control-label"), control]), className="control")
