"""The web application: `python app.py` starts all of it on embedded defaults, gunicorn serves `app:server`."""

from pathlib import Path

from dashboard.factory import create_app

app = create_app(Path(__file__).parent)

from components.shell import connect_scripts, index_string  # noqa: E402 - after the app, as the pages
from pages import shell  # noqa: E402 - callbacks register on the application that exists

app.index_string = index_string(app.get_asset_url)
app.layout = shell.layout
connect_scripts(app)
server = app.server

if __name__ == "__main__":
    from dashboard.start import start

    start(server)
