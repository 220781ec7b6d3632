"""Where a JupyterHub is, as it tells the services that it starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..core.errors import UserError

NEEDED = (
    "JUPYTERHUB_SERVICE_NAME",
    "JUPYTERHUB_SERVICE_PREFIX",
    "JUPYTERHUB_SERVICE_URL",
    "JUPYTERHUB_API_URL",
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_CLIENT_ID",
)


@dataclass(frozen=True)
class HubPlace:
    """A Hub, and this service's place in it.

    Attributes:
        prefix: the path of the service, with a slash at both ends.
        host, port: where the service listens.
        api: the address of the Hub's API.
        token: of the service, for the API. It is a secret.
        client: the service's id for OAuth.
        callback: the address to which the Hub sends a browser back.
        hub_host: the Hub's public address where each user has a subdomain, else nothing.
        hub_prefix: the path of the Hub's own pages.
        scopes: one of which a user needs to come here.
    """

    prefix: str
    host: str
    port: int
    api: str
    token: str
    client: str
    callback: str
    hub_host: str
    hub_prefix: str
    scopes: frozenset[str]

    @property
    def base(self) -> str:
        """The path of the service without its last slash."""
        return self.prefix.rstrip("/")


def hub_place(environment: Mapping[str, str]) -> HubPlace:
    """Return the Hub that started this process.

    Raises:
        UserError: a variable that the Hub sets for its services is missing, or cannot be read.
    """
    if missing := [name for name in NEEDED if not environment.get(name)]:
        raise UserError(
            "--hub: expected to be started by a JupyterHub as one of its services; missing in the "
            f"environment: {', '.join(missing)}"
        )
    service = urlsplit(environment["JUPYTERHUB_SERVICE_URL"])
    try:
        port = service.port
        scopes = json.loads(environment.get("JUPYTERHUB_OAUTH_ACCESS_SCOPES") or "[]")
    except ValueError as error:
        raise UserError(f"--hub: the environment cannot be read: {error}") from error
    if service.scheme != "http" or not service.hostname or not port:
        raise UserError(
            "--hub: JUPYTERHUB_SERVICE_URL: expected an address such as http://127.0.0.1:8100, "
            f"got {environment['JUPYTERHUB_SERVICE_URL']!r}"
        )
    if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes):
        raise UserError(
            f"--hub: JUPYTERHUB_OAUTH_ACCESS_SCOPES: expected a list of names, got {scopes!r}"
        )
    name = environment["JUPYTERHUB_SERVICE_NAME"]
    base = environment.get("JUPYTERHUB_BASE_URL") or "/"
    prefix = "/" + environment["JUPYTERHUB_SERVICE_PREFIX"].strip("/") + "/"
    return HubPlace(
        prefix,
        service.hostname,
        port,
        environment["JUPYTERHUB_API_URL"],
        environment["JUPYTERHUB_API_TOKEN"],
        environment["JUPYTERHUB_CLIENT_ID"],
        environment.get("JUPYTERHUB_OAUTH_CALLBACK_URL") or f"{prefix}oauth_callback",
        environment.get("JUPYTERHUB_HOST", ""),
        base.rstrip("/") + "/hub/",
        frozenset(scopes or [f"access:services!service={name}"]),
    )
