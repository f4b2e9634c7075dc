"""The two kinds of content that a package becomes on Tableau, under one face: data sources and workbooks."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import tableauserverclient as tableau

from pipeline.errors import UserError
from pipeline.outputs.options import PACKAGES, PackageKind

Mode = Literal["overwrite", "append"]
Item = tableau.DatasourceItem | tableau.WorkbookItem

PAGE = 1000
CAPABILITY = tableau.Permission.Capability


class Content(ABC):
    """Data sources, or workbooks, of the site that ``server`` is signed in to; ``viewing`` is what viewers may do."""

    what: ClassVar[str]
    viewing: ClassVar[tuple[str, ...]]

    def __init__(self, server: tableau.Server) -> None:
        self.server = server

    @abstractmethod
    def all(self) -> Iterator[Item]:
        """List all that are there."""

    @abstractmethod
    def send(self, path: Path, project_id: str, name: str, description: str, *, append: bool) -> str:
        """Send a package, and return the number of the job that takes it in."""

    @abstractmethod
    def permit(self, item: Item, rules: Sequence[tableau.PermissionsRule]) -> None:
        """Add rights."""

    def find(self, project_id: str, name: str) -> Item | None:
        """Return the one of a name in a project."""
        return next((one for one in self.all() if one.name == name and one.project_id == project_id), None)


class Datasources(Content):
    """Published data sources, which workbooks of any author can use."""

    what = "data source"
    viewing = (CAPABILITY.Read, CAPABILITY.Connect)

    def all(self) -> Iterator[Item]:
        """List all that are there."""
        yield from tableau.Pager(self.server.datasources, all_of())

    def send(self, path: Path, project_id: str, name: str, description: str, *, append: bool) -> str:
        """Send a package, and return the number of the job that takes it in."""
        item, modes = tableau.DatasourceItem(project_id, name), tableau.Server.PublishMode
        item.description = description
        mode = modes.Append if append else modes.Overwrite
        return self.server.datasources.publish(item, str(path), mode, as_job=True).id

    def permit(self, item: Item, rules: Sequence[tableau.PermissionsRule]) -> None:
        """Add rights."""
        self.server.datasources.update_permissions(item, list(rules))  # type: ignore[arg-type]  # one of these


class Workbooks(Content):
    """Published workbooks, with their own copy of the extract."""

    what = "workbook"
    viewing = (CAPABILITY.Read, CAPABILITY.Filter)

    def all(self) -> Iterator[Item]:
        """List all that are there."""
        yield from tableau.Pager(self.server.workbooks, all_of())

    def send(self, path: Path, project_id: str, name: str, description: str, *, append: bool) -> str:
        """Send a package, and return the number of the job that takes it in. Rows cannot be added to a workbook."""
        del append
        item = tableau.WorkbookItem(project_id, name, show_tabs=True)
        item.description = description
        mode = tableau.Server.PublishMode.Overwrite
        # As a job, and with the connections checked: the library has types for all arguments by place alone.
        job: tableau.JobItem = self.server.workbooks.publish(item, str(path), mode, None, True, False)
        return job.id

    def permit(self, item: Item, rules: Sequence[tableau.PermissionsRule]) -> None:
        """Add rights."""
        self.server.workbooks.update_permissions(item, list(rules))  # type: ignore[arg-type]  # one of these


CONTENTS: dict[PackageKind, type[Content]] = {"tdsx": Datasources, "twbx": Workbooks}


def kind_of_file(path: Path) -> PackageKind:
    """Say what a file becomes on Tableau, by its ending. Raises UserError for one that becomes nothing."""
    for kind in PACKAGES:
        if path.suffix.lower() == f".{kind}":
            return kind
    raise UserError(f"{path.name} is neither a data source (.tdsx) nor a workbook (.twbx), which can be published.")


def check_mode(kind: PackageKind, mode: Mode) -> None:
    """Raise UserError where rows are to be added to a workbook."""
    if kind == "twbx" and mode == "append":
        raise UserError("Rows can be added to a data source, not to a workbook: let the workbook be overwritten.")


def all_of() -> tableau.RequestOptions:
    """Ask for long pages, without a filter: its grammar has no way to write a colon or comma in a name."""
    return tableau.RequestOptions(pagesize=PAGE)  # type: ignore[no-untyped-call]  # not annotated
