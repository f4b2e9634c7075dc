from typing import Literal, get_args

from pipeline.errors import SelectionError

Format = Literal["pdf", "xlsx", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)
_KIND = "report-"  # tells a report from an export of the same ending, in the list of both


def kind_of_format(form: Format) -> str:
    """Name the kind of export that a report in this format is."""
    return f"{_KIND}{form}"


def is_report(kind: str) -> bool:
    """Tell a report from what holds data alone."""
    return kind.startswith(_KIND)


def format_of(text: str) -> Format:
    """Read a format, or the kind of export that has it. Raises SelectionError."""
    given = text.removeprefix(_KIND)
    for form in FORMATS:
        if given == form:
            return form
    raise SelectionError(f"A report is one of {', '.join(FORMATS)}, not {text[:40]!a}.")
