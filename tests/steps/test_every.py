"""All steps in their order; one that fails keeps no other from being done."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import select

from pipeline.errors import WarehouseError
from pipeline.jobs import models, worker
from pipeline.settings import settings
from pipeline.steps import every
from pipeline.steps.every import STEPS, run_every
from pipeline.steps.report import StepReport
from pipeline.warehouse.engine import connect
from pipeline.warehouse.load import Progress
from pipeline.warehouse.tables.runs import model_run

pytestmark = pytest.mark.usefixtures("warehouse")
Told = list[tuple[float, str]]


def planted(name: str, done: list[str]) -> Callable[[Progress], StepReport]:
    def run(progress: Progress) -> StepReport:
        if name == "tariffs":
            raise WarehouseError("The tariffs are nowhere.")
        done.append(name)
        progress(0.5, "half")
        return StepReport(name, series=1, failures=0, seconds=0.0)

    return run


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    for name in STEPS:
        module = ModuleType(name)
        module.__dict__["run"] = planted(name, names)
        monkeypatch.setitem(sys.modules, f"pipeline.steps.{name}", module)
    return names


def test_a_step_that_fails_is_recorded_and_the_next_ones_are_done(done: list[str]) -> None:
    told: Told = []

    reports = list(run_every(lambda share, what: told.append((share, what))))

    assert done == [name for name in STEPS if name != "tariffs"]
    assert [report.step for report in reports if report.failed] == ["tariffs"]
    with connect() as conn:
        assert conn.execute(select(model_run.c.step, model_run.c.state, model_run.c.message)).all() == [
            ("tariffs", "failed", "The tariffs are nowhere.")
        ]
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1][0] < 1


def test_a_step_that_meets_numbers_nobody_thought_of_is_recorded_too(
    done: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_progress: Progress) -> StepReport:
        raise OverflowError("int too large to convert to float")

    monkeypatch.setattr(sys.modules["pipeline.steps.costs"], "run", broken)

    reports = {report.step: report for report in run_every(lambda _share, _what: None)}

    assert reports["costs"].failed
    assert "OverflowError: int too large" in reports["costs"].message
    assert done[-1] == STEPS[-1]
    assert "Traceback" in caplog.text


def test_steps_are_asked_for_once_and_done_by_the_worker(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTSCAPE_MODELS", "true")
    settings.cache_clear()
    models.request_steps()
    models.request_steps()

    worker.run_worker(until_idle=True)

    assert len(done) == len(STEPS) - 1


def test_nothing_is_asked_for_where_the_settings_want_no_models(done: list[str]) -> None:
    models.request_steps()

    worker.run_worker(until_idle=True)

    assert done == []


def test_every_step_has_a_module_of_its_name() -> None:
    folder = Path(str(every.__file__)).parent

    assert all((folder / f"{name}.py").is_file() for name in STEPS)
