"""Everything that Apprise can reach: text messages among a hundred others. One address such as `twilio://…` each.

Apprise reads whole answers and has its own idea of time, so it runs in a process of its own, which is this file too.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import resource
import subprocess
import sys
from urllib.parse import urlsplit

from healthcheck.delivery.lines import fitted, lines_of
from healthcheck.errors import DeliveryError
from healthcheck.model import Message
from healthcheck.words import plain

INSTALL = "pip install 'healthcheck[apprise]'"
_MEMORY_BYTES = 1_000_000_000
_STATUS = re.compile(r"error=(\d{3})")
_TRY_AGAIN = (408, 425, 429)


def is_installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("apprise") is not None


def send(message: Message, url: str, timeout_s: float) -> str:
    """Send a message by one of Apprise's addresses; `DeliveryError` when it was not taken, or not in time."""
    if not is_installed():
        raise DeliveryError(f'The channel "apprise" needs one more package. Install it with: {INSTALL}', permanent=True)
    service = urlsplit(url).scheme
    asked = json.dumps({"url": url, "title": message.subject, "lines": lines_of(message), "timeout_s": timeout_s})
    try:
        # -P: nothing is imported from the folder that we happen to be in.
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__],
            input=asked.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DeliveryError(
            f"{service} could not be reached.", permanent=False, reply=f"no answer within {timeout_s:g} seconds"
        ) from None
    try:
        said = json.loads(done.stdout)
    except ValueError:
        raise DeliveryError(
            f"{service} could not be reached.", permanent=False, reply=f"Apprise ended with {done.returncode}"
        ) from None
    words = plain(str(said["words"]))
    if said["known"] is not True:
        raise DeliveryError("Apprise cannot read the address of this delivery.", permanent=True)
    if said["taken"] is not True:
        status = int(found[1]) if (found := _STATUS.search(words)) else 0
        permanent = 400 <= status <= 499 and status not in _TRY_AGAIN
        raise DeliveryError(f"{service} did not take the message.", permanent=permanent, reply=words)
    return "accepted"


def _handed_over(url: str, title: str, lines: list[str], timeout_s: float) -> dict[str, object]:
    """Hand the message to Apprise. Its words hide secrets by themselves."""
    import apprise  # an extra, and slow to import

    asset = apprise.AppriseAsset(
        http_redirects=False,
        async_mode=False,
        service_timeout=timeout_s,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
    messenger = apprise.Apprise(asset=asset)
    if not messenger.add(url):
        return {"known": False, "taken": False, "words": ""}
    [service, *_] = list(messenger)
    room = service.body_maxlen - (0 if service.title_maxlen else len(title) + 2)
    body = "\n".join(fitted(lines, room))
    result = messenger.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    words = "; ".join(entry.message for entry in result.logs() if entry.level in ("WARNING", "ERROR"))
    return {"known": True, "taken": bool(result), "words": words}


if __name__ == "__main__":
    with contextlib.suppress(OSError, ValueError):  # a lower limit than ours is good, too
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    json.dump(_handed_over(**json.load(sys.stdin)), sys.stdout)
