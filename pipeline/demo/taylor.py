"""The one real series of the demo: half-hourly demand of England and Wales in the summer of 2000.

Taylor, J. W. (2003), Short-term electricity demand forecasting using double seasonal exponential smoothing, Journal of
the Operational Research Society 54, 799-805. The package pmdarima carries it.
"""

import pandas as pd
from pmdarima.datasets import load_taylor

from pipeline.demo.standard import standard_chunk
from pipeline.sources.frame import Chunk, MeterInfo

SITE = "England and Wales (Taylor 2003)"
TIMEZONE = "Europe/London"
LATITUDE, LONGITUDE = 52.6, -1.5
FIRST_DAY = pd.Timestamp("2000-06-05", tz=TIMEZONE)
STEP_S = 1800
METER = MeterInfo("England and Wales demand", "import", "MW", STEP_S)
KWH_PER_MW = 500.0


def taylor_chunk() -> Chunk:
    """Return the 4,032 half hours from Monday 5 June 2000 as energy."""
    demand_mw = load_taylor()
    starts = pd.date_range(FIRST_DAY, periods=len(demand_mw), freq="30min").tz_convert("UTC")
    return standard_chunk(METER.name, STEP_S, starts, demand_mw * KWH_PER_MW)
