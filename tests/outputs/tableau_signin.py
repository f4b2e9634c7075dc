"""Signing in to the stand-in for Tableau Server, and what a session may ask for."""

import uuid
from xml.etree import ElementTree as ET

import jwt
from defusedxml.ElementTree import fromstring
from tableau_answers import Answer, RefusalError, child, response, written
from tableau_held import CLIENT_ID, SECRET_ID, SECRET_VALUE, TOKEN_NAME, TOKEN_SECRET, TableauServer

SCOPE_OF = {
    ("GET", "projects"): "tableau:content:read",
    ("POST", "projects"): "tableau:projects:create",
    ("GET", "datasources"): "tableau:content:read",
    ("POST", "datasources"): "tableau:datasources:create",
    ("GET", "workbooks"): "tableau:content:read",
    ("POST", "workbooks"): "tableau:workbooks:create",
    ("POST", "fileUploads"): "tableau:file_uploads:create",
    ("PUT", "fileUploads"): "tableau:file_uploads:create",
    ("GET", "jobs"): "tableau:jobs:read",
    ("GET", "users"): "tableau:users:read",
    ("PUT", "permissions"): "tableau:permissions:update",
}


def server_info(held: TableauServer) -> Answer:
    root = response()
    info = child(root, "serverInfo")
    child(info, "productVersion", {"build": "20213.21.1017.1200"}).text = "2021.4.0"
    child(info, "restApiVersion").text = held.version
    return Answer(200, written(root))


def authorise(held: TableauServer, token: str, method: str, what: str) -> None:
    """Raise RefusalError for a session that is none, or that may not ask for this."""
    if token not in held.tokens:
        raise RefusalError("401002", "Unauthorized Access", "Invalid authentication credentials were provided.")
    scopes = held.tokens[token]
    if scopes is not None and what != "signout" and SCOPE_OF[method, what] not in scopes:
        raise RefusalError("401004", "Unauthorized Access", f"The scope {SCOPE_OF[method, what]} is missing.")


def sign_in(held: TableauServer, body: bytes) -> Answer:
    credentials = fromstring(body).find("credentials")
    site = credentials.find("site").get("contentUrl")
    scopes = checked_scopes(credentials)
    if site != held.site:
        raise RefusalError("401001", "Signin Error", "Error signing in to Tableau Server")
    token = uuid.uuid4().hex
    held.tokens[token] = scopes
    root = response()
    given = child(root, "credentials", {"token": token})
    child(given, "site", {"id": held.site, "contentUrl": held.site})
    child(given, "user", {"id": "user-1"})
    return Answer(200, written(root))


def checked_scopes(credentials: ET.Element) -> set[str] | None:
    """Judge a sign-in; returns the scopes of a connected app, None for a personal access token."""
    if credentials.get("personalAccessTokenName") == TOKEN_NAME:
        if credentials.get("personalAccessTokenSecret") == TOKEN_SECRET:
            return None
    elif given := credentials.get("jwt"):
        try:
            claims = jwt.decode(given, SECRET_VALUE, algorithms=["HS256"], audience="tableau", issuer=CLIENT_ID,
                                options={"require": ["exp", "sub", "jti", "scp"]})  # fmt: skip
        except jwt.InvalidTokenError as error:
            raise RefusalError("401001", "Signin Error", "Error signing in to Tableau Server") from error
        if jwt.get_unverified_header(given).get("kid") == SECRET_ID and claims["exp"] - claims["iat"] <= 600:
            return set(claims["scp"])
    raise RefusalError("401001", "Signin Error", "Error signing in to Tableau Server")
