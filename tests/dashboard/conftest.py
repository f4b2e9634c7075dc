import pytest
from flask import Flask
from flask.testing import FlaskClient

from pipeline.settings import settings


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Build the application once: Dash registers pages and callbacks for the whole process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTSCAPE_DATA_FOLDER", str(tmp_path_factory.mktemp("application")))
        settings.cache_clear()
        import app  # noqa: PLC0415 - reads the settings

        settings.cache_clear()
    app.server.test_client().get("/_dash-layout")
    server: Flask = app.server
    return server


@pytest.fixture
def client(application: Flask) -> FlaskClient:
    return application.test_client()
