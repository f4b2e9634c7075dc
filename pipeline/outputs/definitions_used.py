"""The definitions behind the numbers of an export, for its manifest."""

from typing import get_args

from pipeline.definitions import MEASURES, MeasureKey
from pipeline.warehouse import semantic
from pipeline.warehouse.arrow import POSTGRESQL
from pipeline.warehouse.schema import node_day
from pipeline.warehouse.valued import VALUES, is_valued


def definitions_used() -> dict[str, dict[str, str]]:
    """Return what each measure is called and measured in, what it means, and its SQL over days of a site."""
    return {key: _definition(key) for key in get_args(MeasureKey)}


def _definition(key: MeasureKey) -> dict[str, str]:
    measure = MEASURES[key]
    expression = semantic.of_group(key, VALUES[node_day] if is_valued(key) else node_day)
    sql = str(expression.compile(dialect=POSTGRESQL, compile_kwargs={"literal_binds": True}))
    return {"label": measure.label, "unit": measure.unit, "description": measure.description, "sql": sql}
