"""What the config says about sending; each channel's file uses its own part."""

from __future__ import annotations

from healthcheck.model import Secret
from healthcheck.records import frozen


@frozen
class OAuth2:
    """Where an access token is had for a refresh token (Microsoft, Google). `scope` as the provider names it."""

    token_url: str
    client_id: str
    refresh_token: Secret
    client_secret: Secret | None = None
    scope: str = ""
    ca_file: str = ""


@frozen
class EmailSettings:
    """The mail server. `security` is starttls, tls or none; `auth` is password, oauth2 or none."""

    host: str
    sender: str
    port: int = 587
    security: str = "starttls"
    auth: str = "password"
    username: str = ""
    password: Secret | None = None
    oauth2: OAuth2 | None = None
    ca_file: str = ""
    timeout_s: float = 30.0


@frozen
class Heartbeat:
    """The address, which is a secret: whoever knows it can say that all is well. `ca_file` as in `EmailSettings`."""

    url: Secret
    ca_file: str = ""
