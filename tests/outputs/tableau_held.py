"""What the stand-in for Tableau Server holds, and how it is told to fail."""

import threading
import uuid
from dataclasses import dataclass, field
from typing import Literal

MB = 1024 * 1024
MOST_BYTES = 64 * MB
TOKEN_NAME, TOKEN_SECRET = "wattscape", "s3cr3t-of-the-token"
CLIENT_ID, SECRET_ID, SECRET_VALUE = "client-1", "secret-1", "s3cr3t-value-of-the-connected-app"
How = Literal["refuse", "done by another", "html", "drop unread", "drop midway", "drop answer", "slow"]


@dataclass
class Fault:
    """The next ``times`` requests of this kind fail: an error of Tableau, one of a proxy, or a lost connection."""

    method: str
    path: str
    how: How
    code: str = "500000"
    times: int = 1
    after: int = 0


@dataclass
class Content:
    """A data source or workbook."""

    id: str
    name: str
    project: str
    content: bytes
    description: str
    appended: list[bytes] = field(default_factory=list)
    permissions: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Job:
    id: str
    looks: int
    failure: str | None


@dataclass
class TableauServer:
    """What the stand-in holds, and what it was asked."""

    url: str = ""
    site: str = "energy"
    version: str = "3.15"
    projects: dict[str, tuple[str, str | None]] = field(default_factory=lambda: {str(uuid.uuid4()): ("default", None)})
    datasources: dict[str, Content] = field(default_factory=dict)
    workbooks: dict[str, Content] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    tokens: dict[str, set[str] | None] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    looks_a_job: int = 2
    job_failure: str | None = None
    page: int = 2  # more pages than a real server makes
    lock: threading.Lock = field(default_factory=threading.Lock)

    def named(self, name: str, what: str = "datasources") -> Content:
        (found,) = [one for one in self.contents(what).values() if one.name == name]
        return found

    def contents(self, what: str) -> dict[str, Content]:
        return self.datasources if what == "datasources" else self.workbooks
