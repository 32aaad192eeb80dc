"""Every channel by its name: one function takes a posting to the one it is meant for."""

from __future__ import annotations

from collections.abc import Sequence

from healthcheck.delivery import email
from healthcheck.delivery.email import Receipt
from healthcheck.delivery.settings import EmailSettings
from healthcheck.errors import DeliveryError
from healthcheck.model import Delivery, Posting, Practice


def send(posting: Posting, practice: Practice, mail: EmailSettings | None, deliveries: Sequence[Delivery]) -> Receipt:
    """Send one posting; `DeliveryError` when nobody accepted it."""
    delivery = next((delivery for delivery in deliveries if delivery.name == posting.delivery), None)
    if delivery is None:
        raise DeliveryError(f'The config has no delivery "{posting.delivery}" any more.', permanent=True)
    if delivery.channel == "email":
        return _email(posting, practice, mail)
    raise DeliveryError(f"This version cannot send by {delivery.channel}.", permanent=True)


def _email(posting: Posting, practice: Practice, settings: EmailSettings | None) -> Receipt:
    if settings is None:
        raise DeliveryError("The config has no [email] section any more.", permanent=True)
    contractor = practice.people_of("it")
    reply_to = contractor[0].email if contractor else ""
    mail = email.compose(posting, settings, practice=practice.name, reply_to=reply_to)
    return email.send(mail, posting.waiting_for, settings)
