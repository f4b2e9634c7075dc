"""The worker: does the jobs of the queue, and clears up after one that died."""

import asyncio
import logging
import shutil
import time
from contextlib import suppress

import procrastinate
from sqlalchemy import make_url

from pipeline.jobs import making, messages, models, uploads
from pipeline.jobs.exports import folder_of
from pipeline.jobs.queue import RUN_STEPS, app
from pipeline.jobs.rows import fail_abandoned
from pipeline.settings import settings
from pipeline.warehouse.engine import database_url
from pipeline.warehouse.schema import export, upload

TASKS = (making, messages, models, uploads)  # imported, so that the queue knows what each kind of job does
SECONDS_TO_STOP = 5.0
SECONDS_BETWEEN_LOOKS = 15.0
AT_ONCE = 2  # an export or a load need not wait for the models
KEEP_UPLOADS_SECONDS = 7 * 24 * 3600

log = logging.getLogger(__name__)


def run_worker(*, until_idle: bool = False) -> None:
    """Do jobs until told to stop; with ``until_idle`` until there are none left."""
    clear_abandoned()
    if not until_idle:
        models.request_steps()
    url = make_url(database_url()).set(drivername="postgresql").render_as_string(hide_password=False)
    with app.replace_connector(procrastinate.PsycopgConnector(conninfo=url)):
        asyncio.run(_work(until_idle=until_idle))


def clear_abandoned() -> None:
    """Mark as failed what a worker that died had begun, remove what it left, and files that nobody came to load."""
    for number in fail_abandoned(export):
        shutil.rmtree(folder_of(number), ignore_errors=True)
    fail_abandoned(upload)
    oldest = time.time() - KEEP_UPLOADS_SECONDS
    for folder in (settings().data_folder.absolute() / "uploads").glob("*"):
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


async def _work(*, until_idle: bool) -> None:
    async with app.open_async():
        await release_stalled()
        released = asyncio.create_task(_keep_releasing())
        try:
            if until_idle:  # the last jobs are what one waits for
                await app.run_worker_async(wait=False, concurrency=AT_ONCE)
            else:
                await app.run_worker_async(shutdown_graceful_timeout=SECONDS_TO_STOP, concurrency=AT_ONCE)
        finally:
            released.cancel()


async def release_stalled() -> None:
    """Give up the jobs of workers that died, which would keep others of their kind waiting for good."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=False)
        log.warning("%s %s was left behind by a worker that died", job.task_name, job.id)
        if job.task_name == RUN_STEPS:
            models.request_steps()


async def _keep_releasing() -> None:
    """Look again now and then: whoever starts right after a crash finds the dead worker's last sign of life fresh."""
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        with suppress(procrastinate.exceptions.ConnectorException):  # the database is away for a moment
            await release_stalled()
