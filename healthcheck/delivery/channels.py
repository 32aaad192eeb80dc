"""Every channel by its name: one function takes a posting to the one it is meant for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from healthcheck.delivery import apprise, chat, email, http
from healthcheck.delivery.http import Post
from healthcheck.delivery.receipt import Receipt
from healthcheck.delivery.settings import EmailSettings
from healthcheck.delivery.webhook import webhook
from healthcheck.errors import DeliveryError
from healthcheck.model import Delivery, Posting, Practice

PostOf = Callable[[Posting, Delivery, str], Post]

POSTS: Mapping[str, PostOf] = {
    "slack": lambda posting, delivery, url: chat.slack(posting.message, url),
    "teams": lambda posting, delivery, url: chat.teams(posting.message, url),
    "discord": lambda posting, delivery, url: chat.discord(posting.message, url),
    "ntfy": lambda posting, delivery, url: chat.ntfy(
        posting.message, url, delivery.token.reveal() if delivery.token else ""
    ),
    "webhook": lambda posting, delivery, url: webhook(posting, url, delivery.signing_key, datetime.now(UTC)),
}
"""The channels that are one post over HTTP, each with what makes it from a posting and the delivery's address."""


def send(posting: Posting, practice: Practice, mail: EmailSettings | None, deliveries: Sequence[Delivery]) -> Receipt:
    """Send one posting; `DeliveryError` when nobody accepted it."""
    delivery = next((delivery for delivery in deliveries if delivery.name == posting.delivery), None)
    if delivery is None:
        raise DeliveryError(f'The config has no delivery "{posting.delivery}" any more.', permanent=True)
    if delivery.channel == "email":
        return _email(posting, practice, mail)
    if delivery.url is None:
        raise DeliveryError(f'The delivery "{delivery.name}" has no address in the config any more.', permanent=True)
    url = delivery.url.reveal()
    if delivery.channel == "apprise":
        return Receipt(apprise.send(posting.message, url, delivery.timeout_s))
    what = POSTS[delivery.channel](posting, delivery, url)
    reply = http.post(what, timeout_s=delivery.timeout_s, ca_file=delivery.ca_file)
    if delivery.channel == "teams":
        chat.teams_said(reply)
    return Receipt(reply)


def _email(posting: Posting, practice: Practice, settings: EmailSettings | None) -> Receipt:
    if settings is None:
        raise DeliveryError("The config has no [email] section any more.", permanent=True)
    contractor = practice.people_of("it")
    reply_to = contractor[0].email if contractor else ""
    mail = email.compose(posting, settings, practice=practice.name, reply_to=reply_to)
    return email.send(mail, posting.waiting_for, settings)
