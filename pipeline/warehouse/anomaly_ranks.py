"""What to look at first: confidence, the kind's precision by people's answers, and money."""

from dataclasses import dataclass

from sqlalchemy import Connection, Double, case, cast, func, literal, select, update

from pipeline.warehouse.tables.anomalies import anomaly

RIGHT, WRONG = ("acknowledged", "resolved"), ("expected",)
PRIOR_RIGHT, PRIOR_WRONG = 4.0, 1.0


@dataclass(frozen=True)
class Answers:
    """How many events of a kind people found right (acknowledged, resolved) and wrong (expected)."""

    right: int = 0
    wrong: int = 0

    @property
    def precision(self) -> float:
        """Estimate the share of the kind's events that are worth a look: the mean of a Beta distribution.

        ``(right + 4) / (right + wrong + 5)``: the posterior mean under the prior Beta(4, 1), which is the aim of the
        detectors, 0.8, with the weight of five answers. The first answers move it a little, many decide it.
        """
        return (self.right + PRIOR_RIGHT) / (self.right + self.wrong + PRIOR_RIGHT + PRIOR_WRONG)


def answers_by_kind(conn: Connection) -> dict[str, Answers]:
    """Count how people answered the events of each kind, whether the newest run still finds them or not."""
    counted = select(
        anomaly.c.kind,
        func.count().filter(anomaly.c.status.in_(RIGHT)),
        func.count().filter(anomaly.c.status.in_(WRONG)),
    ).group_by(anomaly.c.kind)
    return {kind: Answers(right, wrong) for kind, right, wrong in conn.execute(counted)}


def rank_all(conn: Connection) -> None:
    """Order all events: ``confidence x precision x (1 + log10(1 + |cost|))``, greater first.

    Precision is that of the kind (`Answers.precision`), so each answer moves the rank of all events of its kind. The
    logarithm lets a tenfold cost count once more, so that currencies of different size stay comparable and a cheap but
    certain event is not lost. No cost counts as none.
    """
    precisions = {kind: answers.precision for kind, answers in answers_by_kind(conn).items()}
    if not precisions:
        return
    precision = case(precisions, value=anomaly.c.kind, else_=literal(Answers().precision))
    money = func.abs(cast(func.coalesce(anomaly.c.cost, 0), Double))
    conn.execute(update(anomaly).values(rank=anomaly.c.confidence * precision * (1 + func.log(1 + money))))
