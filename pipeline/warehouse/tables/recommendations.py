"""How sites compare, what they could save, what people decided, and what was saved.

A recommendation is found anew by every run and known by its fingerprint: decisions refer to that, and keep what was
expected when they were taken, so that they outlive the run.
"""

from sqlalchemy import (
    REAL,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.warehouse.schema import metadata

MONEY = Numeric(16, 2)


def _money(name: str) -> CheckConstraint:
    return CheckConstraint("(money is null) = (currency is null)", name=name)


# A group of days by the shape of their load; the largest is number 0.
load_shape = Table(
    "load_shape",
    metadata,
    Column("shape", SmallInteger, primary_key=True, autoincrement=False),
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("profile", JSONB, nullable=False, comment="24 values, the mean day is 1"),
    Column("share", REAL, nullable=False, comment="of all days"),
    Column("silhouette", REAL, nullable=False, comment="mean over the sample, of all groups together"),
)

site_profile = Table(
    "site_profile",
    metadata,
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False),
    Column("shape", SmallInteger, comment="group of most of its days"),
    Column("shape_share", REAL, comment="of its days in that group"),
    Column("indicators", JSONB, nullable=False, comment="by name; the lower the better"),
    Column("peers", JSONB, nullable=False, comment="numbers of the sites compared with, itself included"),
    Column("peers_how", Text, nullable=False, comment="why these, or why none"),
    Column("best", JSONB, nullable=False, comment="best fifth of the peers, by indicator"),
    Column("quality", REAL, nullable=False, comment="0 to 1: how far the data carries"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
)

recommendation = Table(
    "recommendation",
    metadata,
    Column("fingerprint", Text, primary_key=True, comment="site, kind and subject"),
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False, comment="what to do, in a sentence"),
    Column("kwh", Double, nullable=False, comment="saved in a year; negative where the use rises"),
    Column("money", MONEY, comment="saved in a year at the price of each hour; null without a tariff"),
    Column("currency", Text),
    Column("co2_kg", Double, comment="saved in a year; null without a factor"),
    Column("confidence", REAL, nullable=False, comment="0 to 1"),
    Column("effort", Text, nullable=False),
    Column("evidence", JSONB, nullable=False, comment="what to draw"),
    CheckConstraint("effort in ('low', 'medium', 'high')", name="effort"),
    _money("currency"),
)

# The newest of a fingerprint holds. What was expected then stays, whatever later runs say.
recommendation_decision = Table(
    "recommendation_decision",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("done_on", Date, comment="the local day from which it should show"),
    Column("text", Text, nullable=False),
    Column("kwh", Double, nullable=False, comment="expected in a year"),
    Column("money", MONEY, comment="expected in a year"),
    Column("currency", Text),
    Column("co2_kg", Double, comment="expected in a year"),
    Column("decided_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("state in ('open', 'accepted', 'dismissed', 'done')", name="state"),
    CheckConstraint("(state = 'done') = (done_on is not null)", name="done_on"),
    CheckConstraint("state <> 'dismissed' or reason <> ''", name="reason"),
    _money("currency"),
    Index("ix_recommendation_decision_fingerprint_id", "fingerprint", "id"),
)

# What a measure that was done has saved so far, against a baseline of the year before it.
saving = Table(
    "saving",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False),
    Column("method", Text, nullable=False, comment="daily: change points; hourly: time of week and temperature"),
    Column("actual_kwh", Double, nullable=False),
    Column("expected_kwh", Double, nullable=False, comment="by the baseline, at the weather that was"),
    Column("saved_kwh", Double, nullable=False),
    Column("uncertainty_kwh", Double, nullable=False, comment="half the interval at the confidence"),
    Column("confidence", REAL, nullable=False),
    Column("fractional_uncertainty", Double, comment="of the savings; null where nothing was saved"),
    Column("cvrmse", Double, nullable=False),
    Column("nmbe", Double, nullable=False),
    Column("days", Integer, nullable=False, comment="days measured"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("money", MONEY, comment="saved so far, at the mean price of those hours"),
    Column("currency", Text),
    Column("co2_kg", Double),
    Column("notes", JSONB, nullable=False, server_default=text("'[]'"), comment="why to be careful, as sentences"),
    Column("course", JSONB, nullable=False, comment="by day: day, actual_kwh, expected_kwh, cumulative_kwh"),
    _money("currency"),
)

# Nothing that is loaded tells it, so somebody does.
site_power_factor = Table(
    "site_power_factor",
    metadata,
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
    Column("power_factor", Double, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("power_factor > 0 and power_factor <= 1", name="range"),
)
