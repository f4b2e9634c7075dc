from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from textwrap import wrap
from typing import Any, Self

import pandas as pd
import plotly.graph_objects as go

from components.theme import COMPARE, template_name
from pipeline.definitions import Measure, format_share, format_value, scale

NOTHING_TO_DRAW = "No reading in this selection."
WIDEST_LINE = 46  # characters
FEW_MONTHS = 5  # Plotly would name weeks between them
PER_CENT = 100.0, "%"
PER_CENT_TICKS = {"tickformat": ",~g", "ticksuffix": " %"}  # d3's own format leaves no space
PARTLY_ESTIMATED = 0.005  # a smaller share would be written as 0 %, and deserves no mark


@dataclass(frozen=True)
class Shown:
    """A measure in the one unit that suits all values of a chart."""

    measure: Measure
    factor: float
    unit: str

    @classmethod
    def of(cls, measure: Measure, *columns: pd.Series) -> Self:
        """Choose the unit by the largest value of all columns; shares are shown in per cent."""
        if not measure.unit:
            return cls(measure, *PER_CENT)
        sizes = [float(column.abs().max()) for column in columns if column.notna().any()]
        chosen = scale(measure, max(sizes, default=None))
        return cls(measure, chosen.factor, chosen.unit)

    def numbers(self, values: pd.Series) -> list[float | None]:
        """Scale values to the unit shown."""
        return numbers(values, self.factor)

    def hover(self, axis: str = "y") -> str:
        """Give the hover template of a value on an axis: its d3 format and the unit."""
        return f"%{{{axis}:{self.measure.d3_format.replace('%', 'f')}}} {self.unit}".rstrip()

    @property
    def title(self) -> str:
        """Name the unit, or the measure itself where it is a share."""
        return self.unit if self.measure.unit else self.measure.label

    @property
    def ticks(self) -> dict[str, str]:
        """Write thousands separated, and per cent with a space before its sign, as everywhere else."""
        return {"tickformat": ",~g"} if self.measure.unit else PER_CENT_TICKS

    def axis(self, **more: object) -> dict[str, Any]:
        """Describe an axis of this measure."""
        return {"title_text": self.title} | self.ticks | more


def message_figure(text: str, theme: str) -> go.Figure:
    """Say in one sentence why there is nothing to draw, in lines that fit a narrow card."""
    figure = go.Figure()
    lines = "<br>".join(wrap(text, WIDEST_LINE))
    figure.add_annotation(text=lines, showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5)
    return figure.update_layout(
        template=template_name(theme),
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True},
    )


def nothing_figure(frame: pd.DataFrame, theme: str, otherwise: str = NOTHING_TO_DRAW) -> go.Figure:
    """Say why a frame without values has none: as its ``attrs["nothing"]`` says, or as usual."""
    return message_figure(frame.attrs.get("nothing", otherwise), theme)


def blank(theme: str) -> go.Figure:
    """Start a figure in a theme."""
    return go.Figure(layout={"template": template_name(theme)})


def nothing_in(frame: pd.DataFrame, *columns: str) -> bool:
    """Tell whether none of the columns holds a number."""
    return frame.empty or not frame[list(columns)].notna().to_numpy().any()


def plain(names: Iterable[object]) -> list[str]:
    """Write names from files so that Plotly draws them as they are: it takes ``<b>`` and ``<a href=…>`` for markup."""
    return [str(name).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for name in names]


def numbers(values: pd.Series, factor: float = 1.0) -> list[float | None]:
    """Scale to what is drawn, to six significant digits; what is missing becomes None, which Plotly draws as a gap."""
    scaled = (values.astype(float) * factor).tolist()
    return [float(f"{value:.6g}") if isfinite(value) else None for value in scaled]


def month_ticks(months: int) -> str | None:
    """Name every month of a few; of more, as many as the screen has room for (None leaves it to Plotly)."""
    return "M1" if months < FEW_MONTHS else None


def room_for_words(values: Iterable[float | None], share: float) -> list[float]:
    """Give the range of an axis that leaves a share of itself free beyond the longest bar on each side."""
    known = [value for value in values if value is not None]
    low, high = min([*known, 0.0]), max([*known, 0.0])
    margin = (high - low or 1.0) * share
    return [low - margin if low < 0 else 0.0, high + margin if high > 0 else 0.0]


def moments(times: pd.Series) -> list[str]:
    """Write naive local times as short as Plotly reads them: to the minute, or the date alone at midnights."""
    stamps = pd.to_datetime(times)
    only_dates = bool((stamps == stamps.dt.normalize()).all())
    shortest: list[str] = stamps.dt.strftime("%Y-%m-%d" if only_dates else "%Y-%m-%d %H:%M").tolist()
    return shortest


def written(measure: Measure, values: Iterable[float]) -> list[str]:
    """Write each value with its unit, as everywhere else in the product."""
    return [format_value(measure, value) for value in values]


def estimated_notes(shares: Iterable[float]) -> list[str]:
    """Say for each step what share of it is estimated; nothing where none is."""
    return [f" · {format_share(share)} estimated" if share > PARTLY_ESTIMATED else "" for share in shares]


def revision(marks: Sequence[object]) -> str:
    """Keep a reader's zoom while the same stretch is redrawn, and drop it when the stretch changes."""
    return f"{marks[0]}/{marks[-1]}/{len(marks)}" if marks else ""


def add_comparison(
    figure: go.Figure, frame: pd.DataFrame, times: list[str], shown: Shown, label: str, *, width: float
) -> None:
    """Draw ``compare_value``, the same steps of the period compared with, as a dotted line."""
    figure.add_scatter(
        x=times,
        y=shown.numbers(frame["compare_value"]),
        name=label,
        mode="lines",
        line={"color": COMPARE, "width": width, "dash": "dot"},
        hovertemplate=shown.hover() + f"<extra>{label}</extra>",
    )
