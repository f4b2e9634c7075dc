"""Lets the browser show one view of Tableau: its address and a token that is made for this one viewing."""

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from pipeline.outputs.tableau.embedding import embedding_of, viewing
from pipeline.settings import settings

blueprint = Blueprint("viewing", __name__)


@blueprint.post("/tableau/viewing")
def let_in() -> Response:
    """Answer with what shows the view that is asked for; nobody on the way keeps it."""
    body = request.get_json(silent=True)
    view = body.get("view") if isinstance(body, dict) else None
    answer = jsonify(asdict(viewing(embedding_of(settings()), view if isinstance(view, str) else "")))
    answer.headers["Cache-Control"] = "no-store"
    return answer
