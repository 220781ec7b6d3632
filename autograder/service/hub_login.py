"""The log-in of a JupyterHub, through `jupyterhub.services.auth`.

This is the one module that needs the package `jupyterhub`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import HTTPError, RequestHandler

from ..core.translation import ENGLISH, Translation
from . import pages
from .hub_place import HubPlace
from .site import HubUser, SafeHandler, own_path


@dataclass(frozen=True)
class JupyterHub:
    """Asks a Hub who a request comes from."""

    place: HubPlace
    auth: HubOAuth

    @property
    def logout(self) -> str:
        """The address that ends a log-in at the Hub, and with it the one here."""
        return f"{self.place.hub_host}{self.place.hub_prefix}logout"

    async def user(self, handler: RequestHandler) -> HubUser | None:
        """Return the user that a request's header or cookie names; None if it names nobody.

        The Hub's answer holds for five minutes. It is bound to the Hub's own session, which ends
        when its user logs out there.

        Raises:
            HTTPError: 503, the Hub does not answer.
        """
        token = self.auth.get_token(handler)
        if not token:
            return None
        try:
            model = await self.auth.user_for_token(
                token, session_id=self.auth.get_session_id(handler), sync=False
            )
        except HTTPError as error:
            raise HTTPError(503, f"the Hub: {error.log_message}") from error
        if model is None:
            self.auth.clear_cookie(handler)
            return None
        allowed = model.get("kind", "user") == "user" and self.auth.check_scopes(
            self.place.scopes, {"scopes": model.get("scopes", [])}
        )
        return HubUser(model["name"], frozenset(model.get("groups", ())), bool(allowed))

    def routes(
        self, say: Translation = ENGLISH
    ) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
        """Return the addresses by which a browser logs in, and pages in a language if it fails."""
        given = {"auth": self.auth, "say": say}
        return [
            (f"{self.place.base}/login", _ToHub, given),
            (f"{self.place.base}/oauth_callback", _FromHub, given),
        ]


def open_hub(place: HubPlace) -> JupyterHub:
    """Return a Hub by its place."""
    auth = HubOAuth(
        base_url=place.prefix,
        api_url=place.api,
        api_token=place.token,
        hub_host=place.hub_host,
        hub_prefix=place.hub_prefix,
        oauth_client_id=place.client,
        oauth_redirect_uri=place.callback,
        access_scopes=set(place.scopes),
    )
    return JupyterHub(place, auth)


class _OfLogIn(SafeHandler):
    def initialize(self, auth: HubOAuth, say: Translation) -> None:
        self.hub_auth = auth
        self._say = say

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        say = self._say
        said = say(
            "JupyterHub has not logged you in here. Try again; if it happens again, tell your "
            f"teacher (the answer was {status_code})."
        )
        base = self.hub_auth.base_url.rstrip("/")
        self.finish(pages.message(say("Not logged in"), said, base, say))


class _ToHub(HubOAuthenticated, _OfLogIn):
    """Leads to the Hub's log-in, and from there to the page that was asked for."""

    async def get(self) -> None:
        onward = own_path(self.get_query_argument("next", ""), self.hub_auth.base_url)
        known = await self.hub_auth.get_user(self, sync=False)
        self.redirect(onward if known else self.get_login_url())


class _FromHub(HubOAuthCallbackHandler, _OfLogIn):
    """Takes what the Hub sends back, and gives the browser its cookie."""
