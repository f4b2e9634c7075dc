from dataclasses import replace

import pytest

from pipeline.steps import forecast


@pytest.fixture
def without_arima(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the model that takes seconds a fit, where the test is not of it."""
    plans = [replace(plan, models=tuple(name for name in plan.models if name != "arima")) for plan in forecast.PLANS]
    monkeypatch.setattr(forecast, "PLANS", plans)
