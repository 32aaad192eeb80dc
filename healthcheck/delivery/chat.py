"""The report as chats and telephones take it. What came from a remote machine is text in them, never markup or a call.

Each function makes the post of one service from a message; limits are the services' own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from healthcheck.delivery.http import Post
from healthcheck.delivery.lines import fitted, grouped, lines_of
from healthcheck.errors import DeliveryError
from healthcheck.model import Message
from healthcheck.words import plain


def slack(message: Message, url: str) -> Post:
    """A Slack incoming webhook: a header (150 characters) and sections (3,000 each) of plain text.

    All blocks together may hold some 13,000 characters, says no page of Slack's but its server.
    """
    lines = fitted(map(_for_slack, lines_of(message)), 10_000)
    sections = grouped(lines, 3000)
    # Escaped, a title of "&&&…" could be longer than it may be, and all would be refused for it.
    title = plain(message.subject.replace("&", "and").replace("<", " ").replace(">", " "), 150)
    blocks = [{"type": "header", "text": _slack_text(title)}]
    blocks += [{"type": "section", "text": _slack_text(section)} for section in sections]
    return _as_json(url, {"text": _for_slack(message.subject), "mrkdwn": False, "blocks": blocks})


def _slack_text(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _for_slack(text: str) -> str:
    """Slack's three control characters; without them there is no `<!channel>` and no link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(message: Message, url: str) -> Post:
    """A Microsoft Teams workflow ("when a webhook request is received"): an Adaptive Card of at most 28 KB.

    The text runs of a RichTextBlock know no Markdown, as those of a TextBlock do. Teams was seen to refuse cards from
    21 KB on.
    """
    title = {"type": "TextRun", "text": _for_teams(message.subject), "weight": "Bolder", "size": "Large"}
    lines = fitted(map(_for_teams, lines_of(message)), 18_000, lambda line: len(json.dumps(line)) + 80)
    body = [[title], *([{"type": "TextRun", "text": line}] for line in lines if line)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [{"type": "RichTextBlock", "inlines": inlines} for inlines in body],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return _as_json(url, {"type": "message", "attachments": [attachment]})


def _for_teams(text: str) -> str:
    """Cards replace `{{DATE(…)}}` wherever they find it."""
    return text.replace("{{", "{ {")


_TEAMS_ERROR = re.compile(r"HTTP error (\d{3})")


def teams_said(reply: str) -> None:
    """Raise `DeliveryError` for an error that Teams tells with status 200, as its older webhooks do."""
    if found := _TEAMS_ERROR.search(reply):
        status = int(found[1])
        later = status >= 500 or status == 429
        says = "Teams could not take the message now." if later else "Teams refused the message."
        raise DeliveryError(says, permanent=not later, reply=reply, too_large=status == 413)


def discord(message: Message, url: str) -> Post:
    """A Discord webhook: 2,000 characters of Markdown, in which nothing is marked but the title. It mentions nobody.

    `wait=true` makes Discord say whether the message was kept; flag 4 is SUPPRESS_EMBEDS, for no link is opened.
    """
    title = f"**{_for_discord(message.subject)}**"
    lines = fitted(map(_for_discord, lines_of(message)), 1990 - len(title))
    content = {"content": "\n".join([title, *lines]), "allowed_mentions": {"parse": []}, "flags": 4}
    return _as_json(f"{url}{'&' if urlsplit(url).query else '?'}wait=true", content)


_DISCORD_MARKS = re.compile(r"([\\`*_~|<>\[\]]|^ *[#-])")
_DISCORD_CALLS = re.compile(r"@(?=everyone|here)", re.IGNORECASE)


def _for_discord(text: str) -> str:
    return _DISCORD_CALLS.sub("@\N{ZERO WIDTH SPACE}", _DISCORD_MARKS.sub(r"\\\1", text.strip()))


def ntfy(message: Message, url: str, token: str = "") -> Post:
    """An ntfy topic, published as JSON to the server that the topic's address names; 4,096 bytes of plain text."""
    server, _, topic = url.rstrip("/").rpartition("/")
    lines = fitted(lines_of(message), 3800, lambda line: len(line.encode()) + 1)
    published = {"topic": topic, "title": plain(message.subject, 200), "message": "\n".join(lines)}
    return _as_json(f"{server}/", published, {"Authorization": f"Bearer {token}"} if token else {})


def _as_json(url: str, content: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Post:
    body = json.dumps(content, ensure_ascii=False).encode("utf-8")
    return Post(url, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})
