"""What is sent: a delivery as the config has it, a message, and a posting as the outbox keeps it."""

from __future__ import annotations

from datetime import datetime

from healthcheck.model.secret import Secret
from healthcheck.records import frozen


@frozen
class Delivery:
    """Who gets what, how and when. `only_if_failed` names the delivery that this one stands in for.

    `signing_key` is a webhook's, `token` ntfy's. `ca_file` (PEM) is trusted in the place of the system's authorities;
    after `timeout_s` seconds a post that is not over has failed.
    """

    name: str
    channel: str
    to: tuple[str, ...] = ()
    content: str = "summary"
    when: str = "always"
    only_if_failed: str = ""
    url: Secret | None = None
    signing_key: Secret | None = None
    token: Secret | None = None
    ca_file: str = ""
    timeout_s: float = 30.0


@frozen
class Attachment:
    """A text file that goes with a message."""

    name: str
    text: str


@frozen
class Message:
    """A report in the words of one delivery, ready to send. `html` may be empty. No header of it holds a line break.

    `short` says the same in a few paragraphs, one a line, for a chat; where it is empty, the text does. `follows` is
    the id of the posting that opened the day's thread, empty for the first of a day.
    """

    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    short: str = ""
    follows: str = ""


@frozen
class Attempt:
    """One try to send a posting. `accepted` are those it was taken for, `reply` the other side's own words."""

    number: int
    at: datetime
    reply: str
    accepted: tuple[str, ...] = ()


@frozen
class Posting:
    """One delivery of one round, as the outbox keeps it until the other side has accepted it.

    `id` derives from round and delivery; `waiting_for` are those who have not accepted it yet, `refused` those for whom
    it was refused for good while others took it. `state` is one of those that `delivery.outbox` names. `last` is what
    came of the newest attempt; the store keeps all of them.
    """

    id: str
    round: str
    delivery: str
    channel: str
    message: Message
    created_at: datetime
    waiting_for: tuple[str, ...] = ()
    state: str = "pending"
    attempts: int = 0
    next_at: datetime | None = None
    reply: str = ""
    sent_at: datetime | None = None
    refused: tuple[str, ...] = ()
    last: Attempt | None = None
