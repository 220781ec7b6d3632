"""Answers as JupyterHub's API does, as far as a service asks: who has a token, and the steps of OAuth.

After jupyterhub 6.1 (`apihandlers/auth.py`, `apihandlers/users.py`, `oauth/provider.py`).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tornado.web import Application, RequestHandler

SERVICE, PREFIX, SECRET = "service-feedback", "/services/feedback/", "the service's own token"
ACCESS = "access:services!service=feedback"


@dataclass
class FakeHub:
    """A Hub.

    Attributes:
        visitor: the user whom the browser that asks is logged in as.
        groups: by user.
        refused: users whom no role lets come to the service.
        tokens: each token's user and scopes.
        down: whether it answers with faults alone.
        asked: how often it was asked who has a token.
    """

    visitor: str = "ada"
    groups: dict[str, list[str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    tokens: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    codes: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    down: bool = False
    asked: int = 0

    def token(self, user: str, *scopes: str) -> str:
        made = secrets.token_hex(16)
        self.tokens[made] = (user, list(scopes))
        return made

    def application(self) -> Application:
        given = {"hub": self}
        return Application(
            [
                ("/hub/api/oauth2/authorize", _Authorize, given),
                ("/hub/api/oauth2/token", _Token, given),
                ("/hub/api/user", _User, given),
            ]
        )


class _Handler(RequestHandler):
    def initialize(self, hub: FakeHub) -> None:
        self.hub = hub

    def prepare(self) -> None:
        if self.hub.down:
            self.set_status(503)
            self.finish({"message": "down"})


class _Authorize(_Handler):
    def get(self) -> None:
        assert self.get_argument("client_id") == SERVICE
        assert self.get_argument("response_type") == "code"
        assert self.get_argument("code_challenge_method") == "S256"
        back, state = self.get_argument("redirect_uri"), self.get_argument("state")
        if self.hub.visitor in self.hub.refused:  # as the Hub does: it sends nobody back
            self.set_status(403)
            return
        code = secrets.token_hex(8)
        self.hub.codes[code] = (self.hub.visitor, back, self.get_argument("code_challenge"))
        self.redirect(f"{back}?{urlencode({'code': code, 'state': state})}")


class _Token(_Handler):
    def post(self) -> None:
        told = {name: self.get_body_argument(name) for name in self.request.body_arguments}
        user, back, challenge = self.hub.codes.pop(told["code"], ("", "", ""))
        digest = hashlib.sha256(told["code_verifier"].encode()).digest()
        right = (
            told["client_id"] == SERVICE
            and told["client_secret"] == SECRET
            and told["grant_type"] == "authorization_code"
            and told["redirect_uri"] == back
            and base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
        )
        if not user or not right:
            self.set_status(400)
            self.finish({"error": "invalid_grant"})
            return
        token = self.hub.token(user, ACCESS, f"read:users:name!user={user}")
        self.finish({"access_token": token, "token_type": "Bearer", "expires_in": 3600})


class _User(_Handler):
    def get(self) -> None:
        self.hub.asked += 1
        token = self.request.headers.get("Authorization", "").removeprefix("token ")
        if token not in self.hub.tokens:
            self.set_status(403)
            self.finish({"status": 403, "message": "Missing or invalid credentials."})
            return
        user, scopes = self.hub.tokens[token]
        model: dict[str, Any] = {
            "kind": "user",
            "name": user,
            "admin": False,
            "groups": self.hub.groups.get(user, []),
            "scopes": scopes,
            "session_id": None,
        }
        self.finish(model)
