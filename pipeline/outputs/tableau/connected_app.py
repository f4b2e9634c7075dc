"""The JSON Web Token with which a connected app signs in for a user."""

import time
import uuid
from collections.abc import Sequence

import jwt

from pipeline.outputs.tableau.account import ConnectedApp

LIFETIME_S = 300  # Tableau takes no token that lives longer than ten minutes
AUDIENCE = "tableau"
PUBLISHING: tuple[str, ...] = (
    "tableau:content:read",
    "tableau:projects:create",
    "tableau:datasources:create",
    "tableau:datasources:update",
    "tableau:workbooks:create",
    "tableau:workbooks:update",
    "tableau:file_uploads:create",
    "tableau:jobs:read",
    "tableau:users:read",
    "tableau:permissions:update",
)
EMBEDDING: tuple[str, ...] = ("tableau:views:embed",)


def token(app: ConnectedApp, scopes: Sequence[str], *, user: str | None = None) -> str:
    """Write a token for one sign-in of ``user``, or of the one that the app acts for."""
    now = int(time.time())
    claims = {
        "iss": app.client_id,
        "sub": user or app.user,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + LIFETIME_S,
        "jti": str(uuid.uuid4()),
        "scp": list(scopes),
    }
    headers = {"kid": app.secret_id, "iss": app.client_id}
    return jwt.encode(claims, app.secret_value.get_secret_value(), algorithm="HS256", headers=headers)
