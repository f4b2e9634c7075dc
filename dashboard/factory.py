"""Builds the web application; what it draws comes from ``pages`` and ``components``."""

from pathlib import Path

from dash import Dash

from dashboard import cache, downloads, errors, headers, uploads, viewing
from pipeline.outputs.tableau.embedding import embedding_origin
from pipeline.settings import settings


def create_app(root: Path) -> Dash:
    """Return the application of the repository at ``root``, with its pages registered and no layout yet."""
    app = Dash(
        "wattscape",
        title="Wattscape",
        update_title="",
        use_pages=True,
        pages_folder=str(root / "pages"),
        assets_folder=str(root / "assets"),
        serve_locally=True,
        use_async=False,
        on_error=errors.report,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    cache.configure(app.server)
    headers.protect(app, tableau=embedding_origin(settings()))
    errors.answer_errors(app.server)
    app.server.register_blueprint(downloads.blueprint)
    app.server.register_blueprint(uploads.blueprint)
    app.server.register_blueprint(viewing.blueprint)
    return app
