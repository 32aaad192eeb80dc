"""What Postfix, Exim and Sendmail say is waiting to be sent: asked so that no address leaves the host, and read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from healthcheck.api import Answer, ProbeError, frozen, plain

_POSTFIX_OLD = (
    r"s/^[0-9A-Za-z]\{6,\}[*!#]\{0,1\} \{1,\}[0-9]\{1,\} \([A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]\{8\}\)"
    r" .*/mail \1/; s/^-- .* in \([0-9]\{1,\}\) Requests\{0,1\}\.$/total \1/; s/^Mail queue is empty$/total 0/; "
    r"/^-Queue ID-/d; /^[[:space:]]/d; /^(/d; /^$/d"
)
_POSTFIX = r's/^{.*"arrival_time": *\([0-9]\{1,12\}\),.*/mail \1/'
_EXIM = (
    r"s/^ *\([0-9]\{1,\}[smhdw]\) \{1,\}[0-9.]\{1,\}[KM]\{0,1\} \{1,\}[0-9A-Za-z-]\{16,\} <.*/mail \1/; "
    r"/^        /d; /^$/d"
)
_SENDMAIL = (
    r"s/^[0-9A-Za-z]\{8,\}[*X-]\{0,1\} \{1,\}[0-9]\{1,\} \([A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]\{5\}\)"
    r" .*/mail \1/; s/^[[:space:]]*Total requests: \([0-9]\{1,\}\)$/total \1/; /^[^ ]* is empty$/d; "
    r"/^-----Q-ID-----/d; /^[[:space:]]/d; /^$/d"
)

_WAYS: dict[str, dict[str, str]] = {
    "postfix": {
        "postqueue": f"""case "$(postconf -h mail_version 2>/dev/null)" in
2.*|3.0.*) set -- '{_POSTFIX_OLD}' postqueue -p;;
*) set -- '{_POSTFIX}' postqueue -j;;
esac"""
    },
    "exim": {"exim4": f"set -- '{_EXIM}' exim4 -bp", "exim": f"set -- '{_EXIM}' exim -bp"},
    "sendmail": {"mailq": f"set -- '{_SENDMAIL}' mailq"},
}


def question(program: str = "") -> str:
    """POSIX shell that asks "postfix", "exim" or "sendmail", or the first that is there.

    It prints a line "mail …" for each mail with its time or age, and whatever is not understood as it is. A host may
    hold more mails than an answer may be long with all their addresses, and those are nobody's business.
    """
    ways = {command: ask for name, way in _WAYS.items() if program in ("", name) for command, ask in way.items()}
    choice = "el".join(f"if command -v {command} >/dev/null; then {ask}\n" for command, ask in ways.items())
    return f"""PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
{choice}else exit 127; fi
shortened=$1; shift
echo "asked $*"
{{ "$@" 2>&1; code=$?; echo; echo "exit $code"; }} | sed -e "$shortened" -e '/^$/d'"""


@frozen
class Queue:
    """What is waiting. `program` is the command asked; `oldest_s` is an age, None when nothing waits.

    `mails` is None when the program is not running and tells nothing.
    """

    program: str
    mails: int | None
    oldest_s: float | None = None
    running: bool = True


_DOWN = re.compile(r"mail system is down", re.IGNORECASE)
_WARNING = re.compile(r"post(?:queue|conf): warning: ")
_COMPLAINT = re.compile(r"(?:postqueue|postconf|exim4?|mailq|sendmail|sh|LOG)\b.*")


def queue(answer: Answer, now: datetime) -> Queue:
    """What the answer to `question` tells; `now` is the host's own time in its own zone.

    Formats: `postqueue -j` and `-p` (Postfix 2.10 to 3.7), `exim -bp` (Exim 4), `mailq` (Sendmail 8). Raises
    `ProbeError` for everything else.
    """
    if answer.exit == 127:
        raise ProbeError("it has no mail program that we know", "neither postqueue, exim nor mailq is there")
    lines = [line.rstrip("\r") for line in answer.text.split("\n")]
    program = plain(lines[0].removeprefix("asked "), 40)
    complaints = [plain(line, 200) for line in lines if _COMPLAINT.fullmatch(line)]
    running = not any(map(_DOWN.search, complaints))
    if lines[-1] != "exit 0":
        if not running:
            return Queue(program, None, running=False)
        raise ProbeError("it does not tell which mail is waiting", "; ".join([program, *complaints[:2], lines[-1][:8]]))
    said = [line for line in lines[1:-1] if not _WARNING.match(line)]
    ages = [_age(line.removeprefix("mail "), now) for line in said if line.startswith("mail ")]
    totals = [line.removeprefix("total ") for line in said if line.startswith("total ")]
    # Without a total only Postfix's newer form and Exim's are whole: they say nothing at all of an empty queue.
    bare = program == "postqueue -j" or program.endswith("-bp")
    if len(said) != len(ages) + len(totals) or totals != ([] if bare else [str(len(ages))]):
        raise _unreadable(program, len(said))
    return Queue(program, len(ages), max(ages, default=None), running)


_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def _age(told: str, now: datetime) -> float:
    """Seconds since a time in one of the forms that the programs know, or the age that Exim tells."""
    if re.fullmatch(r"[0-9]{1,12}", told, re.ASCII):
        return max(0.0, now.timestamp() - int(told))
    if re.fullmatch(r"[0-9]{1,5}[smhdw]", told, re.ASCII):
        return float(int(told[:-1]) * _UNITS_S[told[-1]])
    for year in range(now.year + 1, now.year - 5, -1):  # a day that is only there in leap years is found too
        for pattern in ("%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M %Y"):
            try:
                at = datetime.strptime(f"{told} {year}", pattern).replace(tzinfo=now.tzinfo)
            except ValueError:
                continue
            if at <= now + timedelta(hours=1):
                return max(0.0, (now - at).total_seconds())
    raise _unreadable("a time", 1)


def _unreadable(what: str, count: int) -> ProbeError:
    return ProbeError("what it says about its waiting mail is unreadable", f"{what}: {count} lines, not as expected")


def clock_of(answer: Answer) -> datetime:
    """What `date '+%s %z'` printed: the host's own time in its own zone."""
    told = re.fullmatch(r"([0-9]{1,10}) ([+-])([01][0-9])([0-5][0-9])", answer.text, re.ASCII)
    if told is None:
        raise ProbeError("it does not tell its time", f"date: exit {answer.exit}: {plain(answer.text, 80)}")
    ahead = timedelta(hours=int(told[3]), minutes=int(told[4])) * (-1 if told[2] == "-" else 1)
    return datetime.fromtimestamp(int(told[1]), UTC).astimezone(timezone(ahead))
