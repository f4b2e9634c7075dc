import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import three_zones as zones
from sqlalchemy import select, text, update

from pipeline.errors import SelectionError, UserError
from pipeline.jobs import exports, making, queue, uploads, worker
from pipeline.jobs.rows import ABANDONED, UNEXPECTED, CancelledError, JobRow, Progress
from pipeline.outputs.options import CsvOptions
from pipeline.settings import settings
from pipeline.sources.frame import Overrides
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.schema import export, ingest_batch, upload

pytestmark = pytest.mark.usefixtures("warehouse")


@pytest.fixture
def filled(warehouse: str) -> None:  # noqa: ARG001 - to be there first
    zones.fill()


def request(days: int = 3) -> int:
    filters = zones.filters(date(2024, 5, 1), date(2024, 5, 1 + days))
    return exports.request_export(filters, "csv", CsvOptions("hourly", ";", ","), requested_by="analyst")


def listed(number: int) -> pd.Series:
    with connect() as conn:
        rows = exports.listed(conn).set_index("id")
    return rows.loc[number]


def left_behind() -> list[str]:
    folder = settings().data_folder / "exports"
    return [path.name for path in folder.rglob("*") if path.is_file()]


def waiting_row() -> JobRow:
    with begin() as conn:
        values = {"kind": "csv", "filters": {}, "requested_by": "analyst"}
        number = conn.execute(export.insert().values(values).returning(export.c.id)).scalar_one()
    return JobRow(export, number, "ready")


@pytest.mark.usefixtures("filled")
def test_an_export_is_made_listed_and_found() -> None:
    number = request()
    assert listed(number)["state"] == "waiting"

    worker.run_worker(until_idle=True)

    row = listed(number)
    with connect() as conn:
        path, manifest = exports.export_file(conn, number), exports.export_manifest(conn, number)
    assert (row["state"], row["progress"], row["requested_by"]) == ("ready", 1.0, "analyst")
    assert row["rows"] == 3 * 24 * len(zones.METERS)
    assert row["bytes"] == path.stat().st_size
    assert row["sha256"] in manifest.read_text()
    assert path.name == "earth-hourly-2024-05-01-to-2024-05-04.csv"


@pytest.mark.usefixtures("filled")
def test_a_cancelled_export_is_not_made() -> None:
    number = request()

    exports.cancel_export(number)
    worker.run_worker(until_idle=True)

    assert listed(number)["state"] == "cancelled"
    with connect() as conn, pytest.raises(SelectionError, match="no file"):
        exports.export_file(conn, number)


@pytest.mark.usefixtures("filled")
def test_an_export_cancelled_midway_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    number = request(days=20)
    tell = JobRow.tell

    def cancel_first(row: JobRow, share: float, message: str) -> None:
        exports.cancel_export(number)
        tell(row, share, message)

    monkeypatch.setattr(JobRow, "tell", cancel_first)
    worker.run_worker(until_idle=True)

    assert listed(number)["state"] == "cancelled"
    assert left_behind() == []


@pytest.mark.usefixtures("filled")
def test_an_export_that_fails_says_why_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    number = request()
    monkeypatch.setattr(Path, "replace", full)

    worker.run_worker(until_idle=True)

    assert listed(number)["state"] == "failed"
    assert "no room" in listed(number)["message"]
    assert left_behind() == []


def test_an_unexpected_error_is_told_without_its_details() -> None:
    row = waiting_row()

    def break_down(_progress: object) -> dict[str, object]:
        raise ZeroDivisionError("secret detail")

    with pytest.raises(ZeroDivisionError):
        row.run(break_down)

    assert (listed(row.id)["state"], listed(row.id)["message"]) == ("failed", UNEXPECTED)


def test_a_worker_that_is_stopped_says_so() -> None:
    waiting = waiting_row()
    row = JobRow(export, waiting.id, "ready", stopping=lambda: True)

    def work(progress: Progress) -> dict[str, object]:
        progress(0.5, "half")
        raise AssertionError

    row.run(work)

    assert (listed(row.id)["state"], listed(row.id)["message"]) == ("failed", ABANDONED)


def test_progress_is_written_and_notices_a_cancellation() -> None:
    row = waiting_row()
    seen: list[float] = []

    def work(progress: Progress) -> dict[str, object]:
        progress(0.25, "a quarter")
        seen.append(float(listed(row.id)["progress"]))
        progress(0.26, "too soon to be written")
        seen.append(float(listed(row.id)["progress"]))
        exports.cancel_export(row.id)
        time.sleep(0.6)
        with pytest.raises(CancelledError):
            progress(0.5, "half")
        return {}

    row.run(work)

    assert seen == [0.25, 0.25]
    assert listed(row.id)["state"] == "cancelled"


def test_only_rows_without_a_living_worker_are_cleared() -> None:
    held, abandoned = waiting_row(), waiting_row()
    folder = settings().data_folder.absolute() / "exports" / str(abandoned.id)
    folder.mkdir(parents=True)
    (folder / ".half.csv.part").write_text("half")
    with begin() as conn:
        conn.execute(update(export).where(export.c.id == abandoned.id).values(state="running"))

    def work(_progress: object) -> dict[str, object]:
        worker.clear_abandoned()
        return {}

    held.run(work)

    assert listed(held.id)["state"] == "ready"
    assert (listed(abandoned.id)["state"], listed(abandoned.id)["message"]) == ("failed", ABANDONED)
    assert left_behind() == []


def test_files_that_nobody_came_to_load_are_removed_after_a_week() -> None:
    folder = settings().data_folder / "uploads"
    for name in ("old", "new"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file.csv").touch()
    week_ago = time.time() - worker.KEEP_UPLOADS_SECONDS - 60
    os.utime(folder / "old", (week_ago, week_ago))

    worker.clear_abandoned()

    assert [path.name for path in folder.iterdir()] == ["new"]


def test_an_unknown_site_is_refused_at_once() -> None:
    filters = Filters(99, date(2024, 1, 1), date(2024, 1, 2))

    with pytest.raises(SelectionError, match="no site 99"):
        exports.request_export(filters, "hyper", requested_by="analyst")

    with connect() as conn:
        assert exports.listed(conn).empty


def uploaded(text: str) -> Path:
    folder = settings().data_folder / "uploads" / "token"
    folder.mkdir(parents=True)
    path = folder / "house.csv"
    path.write_text(text)
    return path


def test_an_upload_is_loaded_with_what_was_chosen_and_removed() -> None:
    hours = pd.date_range("2024-01-01", periods=72, freq="h").strftime("%Y-%m-%d %H:%M")
    path = uploaded("time,kwh\n" + "".join(f"{hour},{1 + number % 7}\n" for number, hour in enumerate(hours)))

    number = uploads.submit_load(path, Overrides(timezone="Asia/Kolkata", meter="house"), uploaded_by="analyst")
    worker.run_worker(until_idle=True)

    with connect() as conn:
        row = uploads.listed(conn).set_index("id").loc[number]
        batch = conn.execute(select(ingest_batch).where(ingest_batch.c.id == int(row["batch_id"]))).one()
    assert (row["state"], row["file_name"]) == ("stored", "house.csv")
    assert row["message"].startswith("72 readings of 1 meter stored")
    assert (batch.readings, batch.loaded_by) == (72, "analyst")
    assert not path.exists()


def test_what_became_of_an_upload_is_said_in_sentences() -> None:
    lines = [f"2024-01-01 {hour:02d}:00,{hour % 7}\n" for hour in range(24)]
    path = uploaded("time,kwh\n" + "".join(lines).replace("05:00,5", "05:00,five"))

    number = uploads.submit_load(path, Overrides(), uploaded_by="analyst")
    worker.run_worker(until_idle=True)

    with connect() as conn:
        message = str(uploads.listed(conn).set_index("id").loc[number, "message"])
    assert message.startswith("23 readings of 1 meter stored, 1 line rejected. ")
    assert message.endswith(".")
    assert ".." not in message


def test_an_upload_with_nothing_usable_fails_with_its_reason_and_stays() -> None:
    path = uploaded("nothing to see here\n")

    number = uploads.submit_load(path, Overrides(), uploaded_by="analyst")
    worker.run_worker(until_idle=True)

    with connect() as conn:
        row = conn.execute(select(upload).where(upload.c.id == number)).one()
    assert row.state == "failed"
    assert "house.csv" in row.message
    assert path.exists()


def test_a_file_outside_the_data_folder_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="data folder"):
        uploads.submit_load(tmp_path / "passwd", Overrides(), uploaded_by="analyst")


@pytest.mark.usefixtures("filled")
def test_a_killed_worker_leaves_nothing_that_looks_alive() -> None:
    number = exports.request_export(zones.filters(), "hyper", requested_by="analyst")
    slow = "import time; from pipeline.jobs import rows, worker; rows.JobRow.tell = lambda *_: time.sleep(60)"
    process = start_worker(f"{slow}; worker.run_worker()")
    wait_for(number, "running")

    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(0.5)
    worker.run_worker(until_idle=True)

    assert listed(number)["state"] == "failed"
    assert left_behind() == []


@pytest.mark.usefixtures("filled")
def test_a_worker_process_stops_on_sigterm_and_does_its_jobs_before() -> None:
    number = request()
    process = start_worker("from pipeline.jobs import worker; worker.run_worker()")
    wait_for(number, "ready")

    process.terminate()

    assert process.wait(timeout=20) == 0


def test_the_models_are_run_though_a_worker_died_a_moment_before_in_the_middle_of_them() -> None:
    with begin() as conn:
        conn.execute(text("insert into procrastinate_workers (last_heartbeat) values (now() - interval '29 seconds')"))
        conn.execute(queue.DEFER_ONCE, {"task": queue.RUN_STEPS})
        taken = (
            "update procrastinate_jobs set status = 'doing', worker_id = (select max(id) from procrastinate_workers)"
        )
        conn.execute(text(taken))
        conn.execute(queue.DEFER_ONCE, {"task": queue.RUN_STEPS})
    process = start_worker("from pipeline.jobs import worker; worker.SECONDS_BETWEEN_LOOKS = 0.5; worker.run_worker()")

    try:
        wait_until(lambda: of_steps() == ["failed", "succeeded"])
    finally:
        process.terminate()
        process.wait(timeout=20)


def of_steps() -> list[str]:
    states = text("select status::text from procrastinate_jobs where task_name = :task order by id")
    with connect() as conn:
        return list(conn.execute(states, {"task": queue.RUN_STEPS}).scalars())


def start_worker(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code])  # noqa: S603 - the code is in this file


def wait_for(number: int, state: str) -> None:
    wait_until(lambda: listed(number)["state"] == state)


def wait_until(came_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not came_true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.usefixtures("filled")
def test_old_files_are_removed_and_their_rows_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTSCAPE_EXPORT_DAYS", "10")
    settings.cache_clear()
    old, young = request(), request()
    worker.run_worker(until_idle=True)
    for number, days in ((old, 11), (young, 9)):
        finished = datetime.now(UTC) - timedelta(days=days)
        with begin() as conn:
            conn.execute(export.update().where(export.c.id == number).values(finished_at=finished))

    making.remove_old_exports(0)

    kept = [path.parent.name for path in (settings().data_folder / "exports").rglob("*") if path.is_file()]
    assert set(kept) == {str(young)}
    assert listed(young)["state"] == "ready"
    gone = listed(old)
    assert (gone["state"], gone["requested_by"]) == ("removed", "analyst")
    assert gone["message"] == "The file is gone, as 10 days are over."
    assert gone["sha256"]
    with connect() as conn, pytest.raises(SelectionError, match="no file"):
        exports.export_file(conn, old)


@pytest.mark.usefixtures("filled")
def test_what_a_night_left_half_removed_goes_the_next_night_and_nothing_is_said_twice() -> None:
    number = request()
    worker.run_worker(until_idle=True)
    with begin() as conn:
        long_ago = datetime.now(UTC) - timedelta(days=400)
        conn.execute(export.update().values(finished_at=long_ago, state="removed", message="Gone."))
    assert left_behind()

    making.remove_old_exports(0)
    making.remove_old_exports(0)

    assert left_behind() == []
    assert listed(number)["message"] == "Gone."


def test_an_export_that_is_being_made_is_not_removed() -> None:
    row = waiting_row()

    making.remove_old_exports(0)

    assert listed(row.id)["state"] == "waiting"
