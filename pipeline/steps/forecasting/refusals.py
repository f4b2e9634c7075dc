"""What is not forecast and why: a series that fails is a refusal of its own, and the others are done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pipeline.errors import UNFORESEEN
from pipeline.steps.forecasting.owners import Owner
from pipeline.warehouse.runs import Failure, unforeseen


@dataclass(frozen=True)
class Refused:
    """An owner without forecast: of one ``horizon``, or of any where that is None."""

    owner: Owner
    reason: str
    horizon: str | None = None

    def of(self, horizon: str) -> "Refused":
        """Return the refusal of one horizon alone."""
        return replace(self, horizon=horizon)

    @property
    def failure(self) -> Failure:
        """Return it as it is recorded, under the name that people know."""
        owner, name = self.owner, self.owner.title
        meter = owner.number if owner.kind == "meter" else None
        return Failure(f"{name}, {self.horizon}" if self.horizon else name, self.reason, owner.site_id, meter)


@contextmanager
def alone(owner: Owner, refused: list[Refused], horizon: str | None = None) -> Iterator[None]:
    """Let numbers that nobody thought of stop one owner, not the step: they become its refusal."""
    try:
        yield
    except UNFORESEEN as error:
        refused.append(Refused(owner, unforeseen(owner.title, error).reason, horizon))


def failures(refused: Sequence[Refused]) -> list[Failure]:
    """Return refusals as they are recorded, each once."""
    return list(dict.fromkeys(one.failure for one in refused))
