"""How to log in to a device that is asked by SNMP: the settings that all such checks have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from healthcheck.api import Secret

PORT = 161
PUBLIC = "public"
"""The community that most devices come with: no secret, so it needs no setting."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """The settings of a login. Without a user it is SNMP v2c with a community, with one it is v3."""

    community: Secret | None = None
    user: str = ""
    auth_password: Secret | None = None
    priv_password: Secret | None = None
    auth: Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"] = "sha"
    priv: Literal["des", "aes", "aes192", "aes256"] = "aes"

    def needs(self) -> Mapping[str, str]:
        """The package that speaks SNMP, and the extra that brings it."""
        return {"pysnmp": "snmp"}

    @property
    def version(self) -> str:
        """The version that is spoken."""
        return "v3" if self.user else "v2c"

    def secrets(self) -> tuple[str, ...]:
        """What must be in no message."""
        given = (self.community, self.auth_password, self.priv_password)
        return tuple(secret.reveal() for secret in given if secret)

    def login_mistakes(self) -> Iterator[tuple[str, str]]:
        """Rules between these settings."""
        if self.user and self.community:
            yield "community", "belongs to version 2c and `user` to version 3; leave one of them out"
        if self.auth_password and not self.user:
            yield "auth_password", "needs a user"
        if self.priv_password and not self.auth_password:
            yield "priv_password", "needs an auth_password too: SNMP does not encrypt for whom it does not know"
        if not self.user.isprintable():
            yield "user", "must not contain line breaks or control characters"
