from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.steps import costs
from pipeline.steps.report import StepReport
from pipeline.warehouse import sites
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.schema import meter
from pipeline.warehouse.tables.costs import emission_factor, emission_series, site_emission

FIRST = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def places(warehouse: str) -> dict[str, int]:  # noqa: ARG001 - the database it plants in
    """Plant a generated home in Bavaria and a real one elsewhere, each with a meter."""
    with begin() as conn:
        root = sites.ensure_site(conn, "Root", timezone="Europe/Berlin")
        details = {"country": "DE", "generated": True}
        demo = sites.ensure_site(conn, "Demo", timezone="Europe/Berlin", parent_id=root, details=details)
        real = sites.ensure_site(conn, "Real", timezone="Europe/Berlin", parent_id=root, details={"country": "FR"})
        for number, site_id in enumerate((demo, real)):
            span = {"first_ts": FIRST, "last_ts": FIRST + timedelta(days=2)}
            conn.execute(meter.insert().values(site_id=site_id, name=f"m{number}", step_s=3600, **span))
    return {"demo": demo, "real": real}


def run() -> StepReport:
    return costs.run(lambda _share, _what: None)


def test_only_generated_sites_get_generated_factors_and_the_step_is_done_once(places: dict[str, int]) -> None:
    first, second = run(), run()

    assert not first.skipped
    assert first.message == "no prices yet: CO2 alone"
    assert second.skipped
    with connect() as conn:
        assert set(conn.scalars(select(site_emission.c.site_id))) == {places["demo"]}
        assert conn.scalar(select(func.count()).select_from(emission_series).where(emission_series.c.generated)) == 2


def test_later_readings_make_the_generated_factors_longer(places: dict[str, int]) -> None:
    run()
    count = select(func.count()).select_from(emission_factor)
    with begin() as conn:
        before = conn.scalar(count)
        conn.execute(meter.update().values(last_ts=FIRST + timedelta(days=5)).where(meter.c.site_id == places["demo"]))

    assert not run().skipped
    with connect() as conn:
        assert conn.scalar(count) == (before or 0) + 2 * 3 * 24


@pytest.mark.usefixtures("places")
def test_the_command_gives_a_file_of_factors_to_a_site(tmp_path: Path) -> None:
    path = tmp_path / "france.csv"
    path.write_text("time,g\n2025-01-01T00:00Z,40\n2025-01-01T01:00Z,60\n")

    done = CliRunner().invoke(app, ["emissions", str(path), "--site", "Real", "--unit", "g", "--json"])

    assert done.exit_code == 0, done.output
    assert '"hours": 2' in done.output
    assert '"mean_kg_per_kwh": 0.05' in done.output
    with connect() as conn:
        assert conn.scalar(select(emission_series.c.name)) == "france, average"


@pytest.mark.usefixtures("places")
def test_the_costs_command_says_what_came_of_it() -> None:
    done = CliRunner().invoke(app, ["costs", "--json"])

    assert done.exit_code == 0, done.output
    assert '"step": "costs"' in done.output
