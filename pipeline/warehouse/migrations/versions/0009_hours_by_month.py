"""Hours of meters by month, like the readings: a load fills a month as a table of its own."""

from alembic import op
from sqlalchemy import text

revision = "0009"
down_revision = "0008"

MONTHS = "select distinct date_trunc('month', ts, 'UTC') as month from meter_hour_whole order by month"


def upgrade() -> None:
    op.execute("alter table meter_hour rename to meter_hour_whole")
    op.execute("alter table meter_hour_whole rename constraint pk_meter_hour to pk_meter_hour_whole")
    op.execute("create table meter_hour (like meter_hour_whole including comments) partition by range (ts)")
    op.execute("alter table meter_hour add constraint pk_meter_hour primary key (meter_id, ts)")
    for month in op.get_bind().execute(text(MONTHS)).scalars():
        following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
        op.execute(
            f"create table meter_hour_{month:%Y_%m} partition of meter_hour "
            f"for values from ('{month.isoformat()}') to ('{following.isoformat()}')"
        )
    op.execute("insert into meter_hour select * from meter_hour_whole order by meter_id, ts")
    op.execute("drop table meter_hour_whole")
