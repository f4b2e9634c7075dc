"""A packaged data source or workbook from a file to a project of Tableau: sent, waited for, shared."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests
import tableauserverclient as tableau
from tableauserverclient.server.endpoint.exceptions import InternalServerError, JobFailedException

from pipeline.definitions import format_share
from pipeline.errors import UserError
from pipeline.outputs.options import PackageKind
from pipeline.outputs.tableau.account import Account
from pipeline.outputs.tableau.contents import CONTENTS, Content, Item, Mode, all_of, check_mode, kind_of_file
from pipeline.outputs.tableau.refusals import CONFLICT, RefusedError, UnreachableError
from pipeline.outputs.tableau.sessions import Session, signed_in

Progress = Callable[[float, str], None]

SENT, TAKEN_IN = 0.75, 0.95  # share of the work that is done then
SECONDS_BETWEEN_LOOKS = (0.5, 5.0)  # at first, and after a while
PATIENCE = 3  # answers that may fail while the server works
PROJECT_TEXT = "Electricity data published by Wattscape"


@dataclass(frozen=True)
class Publication:
    """What is on Tableau now. ``unknown_viewers`` were to see it and have no account there."""

    kind: PackageKind
    name: str
    project: str
    site: str
    content_id: str
    url: str | None
    mode: Mode
    bytes: int
    viewers: int
    unknown_viewers: tuple[str, ...]
    seconds: float

    @property
    def sentence(self) -> str:
        """Say where it is, and whom it could not be shown to."""
        where = f"Published as the {CONTENTS[self.kind].what} {self.name} in {self.project}" + (
            f": {self.url}" if self.url else "."
        )
        missing = ", ".join(self.unknown_viewers)
        return f"{where} Tableau has no user called {missing}." if missing else where


def publish(
    path: Path,
    name: str,
    account: Account,
    *,
    mode: Mode = "overwrite",
    description: str = "",
    viewers: Sequence[str] = (),
    progress: Progress = lambda _share, _what: None,
) -> Publication:
    """Publish a ``.tdsx`` or ``.twbx`` under a name; the same again changes nothing but the data.

    The project is made if it is missing; ``viewers`` (user names of Tableau) may then see what was published, and
    connect to a data source. "append" adds the rows to a data source of that name, if there is one. Raises UserError
    or RefusedError for what has to be changed first, UnreachableError for what may succeed later.
    """
    kind = kind_of_file(path)
    check_mode(kind, mode)
    if not path.is_file():
        raise UserError(f"There is no file {path} to publish: export it first.")
    started = time.perf_counter()
    size = path.stat().st_size

    def sending(share: float) -> None:
        progress(SENT * share, f"{format_share(share)} of {size / 1e6:,.0f} MB sent")

    progress(0.0, "signing in")
    with signed_in(account, sending) as session:
        project = ensure_project(session)
        sending(0.0)
        content, project_id = CONTENTS[kind](session.server), str(project.id)
        append = mode == "append" and _find(session, content, project_id, name) is not None
        with session.doing(f"publishing {name}"):
            job = _send(content, path, project_id, name, description, append=append)
            _wait_for(session, job, progress)
        found = _find(session, content, project_id, name)
        if found is None:
            raise UnreachableError(f"Tableau took {name} and does not list it in {'/'.join(account.project)} yet.")
        progress(TAKEN_IN, "setting permissions")
        known, unknown = _share(session, content, found, viewers)
    progress(1.0, "published")
    return Publication(
        kind=kind,
        name=name,
        project="/".join(account.project),
        site=account.site,
        content_id=str(found.id),
        url=found.webpage_url,
        mode=mode,
        bytes=size,
        viewers=known,
        unknown_viewers=unknown,
        seconds=round(time.perf_counter() - started, 3),
    )


def ensure_project(session: Session) -> tableau.ProjectItem:
    """Return the project of the settings, made with those above it where they are missing."""
    with session.doing("looking for the project"):
        projects = list(tableau.Pager(session.server.projects, all_of()))
    found: tableau.ProjectItem | None = None
    for name in session.account.project:
        parent = found.id if found is not None else None
        found = _child(projects, name, parent) or _make_project(session, name, parent)
    if found is None:
        raise UserError("WATTSCAPE_TABLEAU_PROJECT is empty: name the project to publish into.")
    return found


def _child(projects: Iterable[tableau.ProjectItem], name: str, parent: str | None) -> tableau.ProjectItem | None:
    return next((one for one in projects if one.name == name and one.parent_id == parent), None)


def _make_project(session: Session, name: str, parent: str | None) -> tableau.ProjectItem:
    """Make a project; where somebody else has made it at the same moment, take theirs."""
    wanted = tableau.ProjectItem(name, description=PROJECT_TEXT, parent_id=parent)
    try:
        with session.doing(f"making the project {name}"):
            return session.server.projects.create(wanted)
    except RefusedError as error:
        if error.status != CONFLICT:
            raise
        with session.doing("looking for the project"):
            theirs = _child(tableau.Pager(session.server.projects, all_of()), name, parent)
        if theirs is None:
            raise
        return theirs


def _send(content: Content, path: Path, project_id: str, name: str, description: str, *, append: bool) -> str:
    """Send the file and return the number of the job that takes it in."""
    try:
        return content.send(path, project_id, name, description, append=append)
    except (requests.ConnectionError, requests.Timeout, InternalServerError):
        if append:
            raise UnreachableError(
                f"The connection to Tableau dropped while rows were being added to {name}: look there whether "
                "they have arrived before adding them again."
            ) from None
        return content.send(path, project_id, name, description, append=False)


def _wait_for(session: Session, number: str, progress: Progress) -> None:
    """Look after the job until it is over; a look that fails is no verdict on the job."""
    progress(SENT, "Tableau takes it in")
    deadline = time.monotonic() + session.account.wait_s
    pause_s, longest_s = SECONDS_BETWEEN_LOOKS
    failures = 0
    while time.monotonic() < deadline:
        try:
            job = session.server.jobs.get_by_id(number)
        except (requests.ConnectionError, requests.Timeout, InternalServerError):
            failures += 1
            if failures > PATIENCE:
                raise
        else:
            failures = 0
            if job.completed_at is not None:
                _judge(job)
                return
            progress(SENT + (TAKEN_IN - SENT) * _percent(job) / 100, "Tableau takes it in")
        time.sleep(pause_s)
        pause_s = min(longest_s, pause_s * 1.5)
    raise UnreachableError(
        f"Tableau has not taken in the file within {session.account.wait_s / 60:,.0f} minutes and may still do so: "
        "look there, or raise WATTSCAPE_TABLEAU_WAIT_MINUTES."
    )


def _judge(job: tableau.JobItem) -> None:
    if job.finish_code not in {tableau.JobItem.FinishCode.Success, tableau.JobItem.FinishCode.Completed}:
        raise JobFailedException(job)  # type: ignore[no-untyped-call]  # not annotated


def _percent(job: tableau.JobItem) -> float:
    return float(job.progress) if (job.progress or "").isdigit() else 0.0


def _find(session: Session, content: Content, project_id: str, name: str) -> Item | None:
    with session.doing(f"looking for the {content.what}"):
        return content.find(project_id, name)


def _share(session: Session, content: Content, item: Item, viewers: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """Let the viewers see what was published; returns how many are known there, and who is not."""
    if not viewers:
        return 0, ()
    with session.doing("looking for users"):
        ids = {str(user.name).lower(): str(user.id) for user in tableau.Pager(session.server.users, all_of())}
    known = [ids[name.lower()] for name in viewers if name.lower() in ids]
    viewing = dict.fromkeys(content.viewing, "Allow")
    rules = [tableau.PermissionsRule(tableau.UserItem.as_reference(one), dict(viewing)) for one in known]
    if rules:
        with session.doing("setting permissions"):
            content.permit(item, rules)
    return len(known), tuple(name for name in viewers if name.lower() not in ids)
