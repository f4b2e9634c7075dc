"""Reads the files made for Tableau as Tableau would: features resolved, names looked up."""

import re
from pathlib import Path

from lxml import etree
from tableauhyperapi import Connection, HyperProcess, SqlType, TableName, Telemetry, TypeTag

Tree = etree._Element
MARKED = re.compile(r"_\.fcp\.(\w+)\.(true|false)\.\.\.(.+)")
BRACKETED = re.compile(r"\[([^\[\]]+)\]")
STORED = {
    "string": {TypeTag.TEXT},
    "boolean": {TypeTag.BOOL},
    "integer": {TypeTag.SMALL_INT, TypeTag.INT, TypeTag.BIG_INT},
    "real": {TypeTag.DOUBLE, TypeTag.NUMERIC},
    "date": {TypeTag.DATE},
    "datetime": {TypeTag.TIMESTAMP, TypeTag.TIMESTAMP_TZ},
}


def resolved(document: bytes) -> Tree:
    """Read a document as a Tableau that knows every feature does."""
    root = etree.fromstring(document)
    for node in list(root.iter(tag=etree.Element)):
        marked = MARKED.fullmatch(node.tag)
        if marked is not None and marked[2] == "false":
            node.getparent().remove(node)
            continue
        if marked is not None:
            node.tag = marked[3]
        for name in list(node.attrib):
            marked = MARKED.fullmatch(name)
            if marked is not None:
                value = node.attrib.pop(name)
                if marked[2] == "true":
                    node.set(marked[3], value)
    return root


def columns_of(hyper: Path) -> dict[tuple[str, str], SqlType]:
    """List what is in an extract: type by table and column."""
    parameters = {"log_config": ""}
    with (
        HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters=parameters) as process,
        Connection(process.endpoint, hyper) as connection,
    ):
        names = connection.catalog.get_table_names("public")
        tables = {str(name.name.unescaped): connection.catalog.get_table_definition(name) for name in names}
    return {
        (table, str(column.name.unescaped)): column.type
        for table, definition in tables.items()
        for column in definition.columns
    }


def make_extract(path: Path, tables: dict[str, list[str]]) -> None:
    """Make an extract of empty tables from the SQL of their columns."""
    parameters = {"log_config": ""}
    with (
        HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters=parameters) as process,
        Connection(process.endpoint, path, "create_and_replace") as connection,
    ):
        for name, columns in tables.items():
            connection.execute_command(f"create table {TableName(name)} ({', '.join(columns)})")


def named_in(formula: str) -> set[str]:
    """List the fields that a formula names."""
    return {f"[{name}]" for name in BRACKETED.findall(formula)}


def in_sql(formula: str) -> str:
    """Write a formula of Tableau, as far as the data source has such, in Hyper's SQL."""
    plain = re.sub(r"\[(\w+)(?: \(\w+\))?\]", r'"\1"', formula)
    return plain.replace("IF ", "case when ").replace("THEN", "then").replace("END", "end").replace("!=", "<>")
