"""A step that is killed before it is done leaves nothing, and the next run does it whole."""

from importlib import import_module

import pytest
from killed import kill_before_the_end
from sqlalchemy import text

from pipeline.warehouse import runs
from pipeline.warehouse.engine import connect


def rows_of(table: str) -> int:
    with connect() as conn:
        return int(conn.execute(text(f"select count(*) from {table}")).scalar_one())  # noqa: S608 - a name from below


@pytest.mark.usefixtures("demo_warehouse")
@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("weather", "site_temperature_fit"),
        ("tariffs", "bill_line"),
        ("costs", "node_cost_hour"),
        ("anomalies", "anomaly"),
        ("recommend", "site_profile"),
    ],
)
def test_a_step_that_was_killed_is_done_whole_by_the_next_run_and_once(name: str, table: str) -> None:
    kill_before_the_end(name)

    assert rows_of(table) == 0
    with connect() as conn:
        assert runs.latest(conn, name) is None

    step = import_module(f"pipeline.steps.{name}")
    first, second = (step.run(lambda _share, _what: None) for _ in range(2))

    assert (first.skipped, second.skipped) == (False, True)
    assert first.series > 0
    assert rows_of(table) > 0
