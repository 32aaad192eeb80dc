"""An access token for a refresh token, as Microsoft and Google give it (RFC 6749, section 6)."""

from __future__ import annotations

import http.client
import json
import ssl
from urllib.parse import urlencode, urlsplit

from healthcheck.delivery.settings import OAuth2
from healthcheck.errors import DeliveryError
from healthcheck.model import Secret
from healthcheck.words import plain

_ANSWER_LIMIT_BYTES = 64 * 1024


def access_token(settings: OAuth2, *, timeout_s: float) -> Secret:
    """Ask the token server; `DeliveryError` is permanent when it refuses the grant, which only a new login mends."""
    form = {
        "grant_type": "refresh_token",
        "client_id": settings.client_id,
        "refresh_token": settings.refresh_token.reveal(),
    }
    if settings.client_secret is not None:
        form["client_secret"] = settings.client_secret.reveal()
    if settings.scope:
        form["scope"] = settings.scope
    status, body = _post(settings.token_url, urlencode(form), timeout_s, settings.ca_file)
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {}
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if status == http.client.OK and isinstance(token, str) and token:
        return Secret(token, "access token")
    # Only the server's error word is told: its description may repeat what was sent.
    word = plain(str(answer.get("error", ""))) if isinstance(answer, dict) else ""
    raise DeliveryError(
        "The mail account's login has expired or was withdrawn; it must be renewed."
        if word == "invalid_grant"
        else "The login server of the mail account gave no access.",
        permanent=400 <= status < 500 and status != http.client.TOO_MANY_REQUESTS,
        reply=f"{status} {word}".strip(),
    )


def _post(url: str, form: str, timeout_s: float, ca_file: str) -> tuple[int, bytes]:
    where = urlsplit(url)
    connection = http.client.HTTPSConnection(
        where.hostname or "",
        where.port or 443,
        timeout=timeout_s,
        context=ssl.create_default_context(cafile=ca_file or None),
    )
    try:
        connection.request(
            "POST",
            where.path + (f"?{where.query}" if where.query else ""),
            form,
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        )
        response = connection.getresponse()
        return response.status, response.read(_ANSWER_LIMIT_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryError(
            "The login server of the mail account could not be reached.", permanent=False, reply=plain(str(error))
        ) from None
    finally:
        connection.close()
