"""One table as a CSV file, written as it streams by."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import CSVWriter, WriteOptions

from pipeline.outputs.options import CsvOptions
from pipeline.outputs.tables import ExportTable
from pipeline.outputs.tally import Tally

# A spreadsheet runs a cell that begins so: https://owasp.org/www-community/attacks/CSV_Injection
RUN_BY_SPREADSHEETS = r"^([=+\-@\t\r\n])"


def write_csv(path: Path, table: ExportTable, options: CsvOptions, head: dict[str, str], tally: Tally) -> None:
    """Write ``table`` with a header line; before it, if asked for, ``head`` as lines that start with ``#``."""
    reader = tally.reader(table)
    fields = [_field(field, options) for field in table.schema]
    with path.open("wb") as file:
        if options.header == "lines":
            file.write(_head_lines(head, options.separator))
        with CSVWriter(file, pa.schema(fields), write_options=WriteOptions(delimiter=options.separator)) as writer:
            for batch in reader:
                columns = [_column(column, options) for column in batch.columns]
                writer.write_batch(pa.record_batch(columns, schema=pa.schema(fields)))
    tally.raise_failure()


def _head_lines(head: dict[str, str], separator: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerows([f"# {name}: {value}"] for name, value in head.items())
    return text.getvalue().encode()


def _field(field: pa.Field, options: CsvOptions) -> pa.Field:
    if pa.types.is_timestamp(field.type):
        return field.with_type(pa.timestamp("s") if field.type.tz is None else pa.string())
    if pa.types.is_floating(field.type) and options.decimal == ",":
        return field.with_type(pa.string())
    return field


def _column(column: pa.Array, options: CsvOptions) -> pa.Array:
    if pa.types.is_string(column.type):
        return neutralised(column)
    if pa.types.is_timestamp(column.type):
        return _to_the_second(column)
    if pa.types.is_floating(column.type) and options.decimal == ",":
        return pc.replace_substring(pc.cast(column, pa.string()), ".", ",")
    return column


def _to_the_second(instants: pa.Array) -> pa.Array:
    """Cut the microseconds; an instant is written here, because Arrow's writer takes forty times as long for it."""
    seconds = pc.cast(instants.cast(pa.timestamp("us")), pa.timestamp("s"), safe=False)
    if instants.type.tz is None:
        return seconds
    return pc.binary_join_element_wise(seconds.cast(pa.string()), "", "Z")


def neutralised(text: pa.Array) -> pa.Array:
    """Put an apostrophe before what a spreadsheet would run as a formula; looks at each distinct text once."""
    distinct = text.dictionary_encode()
    return pc.replace_substring_regex(distinct.dictionary, RUN_BY_SPREADSHEETS, r"'\1").take(distinct.indices)
