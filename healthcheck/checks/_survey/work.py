"""What a host works with: its system, programs, the ports it serves, its network lines, its memory, this very start."""

from __future__ import annotations

import re

from healthcheck.api import Answer, ProbeError, plain

START = "cat /proc/sys/kernel/random/boot_id"
UPTIME = "cat /proc/uptime"
PROGRAMS = (
    "timeout 8 systemctl list-units --type=service --state=running --full --plain --no-legend --no-pager 2>/dev/null"
)
PORTS = r"""
cat /proc/sys/net/ipv4/ip_local_port_range && [ -r /proc/net/tcp ] || exit 1
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "0A" { print $2 }'
"""
"""Only what listens: a busy server has more connections than anybody wants to be sent."""
LINES = r"""
[ -d /sys/class/net ] || exit 1
for line in /sys/class/net/*; do
  [ -e "$line/device" ] && [ ! -e "$line/wireless" ] && [ ! -e "$line/phy80211" ] || continue
  echo "${line##*/} $(cat "$line/operstate" 2>/dev/null) $(cat "$line/speed" 2>/dev/null)"
done
"""
SYSTEM = r"""
for file in /etc/os-release /usr/lib/os-release; do
  [ -r "$file" ] && { sed -n 's/^PRETTY_NAME=/system=/p' "$file" | head -n 1; break; }
done
echo "kernel=$(cat /proc/sys/kernel/osrelease 2>/dev/null)"
echo "maker=$(cat /sys/class/dmi/id/sys_vendor 2>/dev/null)"
echo "model=$(cat /sys/class/dmi/id/product_name 2>/dev/null)"
"""
MEMORY = "grep '^MemTotal:' /proc/meminfo"

_BOOT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNIT = re.compile(r"(?:[*●] )?\s*(?P<name>\S+\.service)\s+\S+\s+active\s+running(?:\s+(?P<what>.*?))?\s*")
_COMES_AND_GOES = re.compile(
    r"(?:user|user-runtime-dir|getty|serial-getty|console-getty|container-getty|autovt|modprobe|systemd-fsck)@.*"
    r"|.*@\d+-\S+:\d+-\S+:\d+\.service"  # one connection of somebody, such as ours
    r"|(?:session-|run-|init\.scope|apt-|dnf-|man-db|mandb|motd-|plocate|updatedb|logrotate|fstrim|dpkg-|certbot).*"
    r"|systemd-(?:hostname|locale|timedate|import|portable|coredump|home|userdb|machine|journal-).*"
    r"|(?:packagekit|fwupd|fwupd-refresh|fprintd|geoclue|colord|rtkit-daemon|realmd|dbus-org\..*|emergency|rescue)"
    r"\.service"
)
_LISTENS = re.compile(r"([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})")
_OWN_ONLY = re.compile(r".{6}7F|0{24}01000000|0{16}FFFF0000.{6}7F")


def start_facts(answer: Answer) -> dict[str, str]:
    """Which start this is: the kernel's random number for it (random(4)), which needs no clock."""
    if answer.exit or not _BOOT.fullmatch(answer.text):
        raise _unreadable("start", answer)
    return {"boot": answer.text}


def uptime_s(answer: Answer) -> float | None:
    """Seconds since the start (proc(5)); None where it does not say."""
    found = re.match(r"([0-9]{1,11}(?:\.[0-9]+)?) ", answer.text)
    return float(found[1]) if found else None


def program_facts(answer: Answer) -> dict[str, str]:
    """The services that systemd runs, with its word for each; not those that come with a login, a timer or a call.

    From `systemctl list-units --type=service --state=running --plain --no-legend`: name, three states, description.
    """
    units = [_UNIT.fullmatch(line) for line in answer.text.split("\n") if line.strip()]
    if answer.exit or not units or not all(units):
        raise _unreadable("programs", answer)
    return {unit["name"]: unit["what"] or "" for unit in units if unit and not _COMES_AND_GOES.fullmatch(unit["name"])}


def port_facts(answer: Answer) -> dict[str, str]:
    """The TCP ports that others can connect to, by number, from /proc/net/tcp and tcp6 (proc_net_tcp(5)).

    The first line has the ports that the system hands out at random, which are another each time and do not count;
    nor do those that only the host itself can reach.
    """
    first, _, rest = answer.text.partition("\n")
    handed_out = re.fullmatch(r"([0-9]{1,5})\s+([0-9]{1,5})", first)
    listening = [_LISTENS.fullmatch(line) for line in rest.split("\n") if line.strip()]
    if answer.exit or handed_out is None or not all(listening):
        raise _unreadable("open ports", answer)
    at_random = range(int(handed_out[1]), int(handed_out[2]) + 1)
    ports = {int(found[2], 16) for found in listening if found and not _OWN_ONLY.fullmatch(found[1])}
    return {str(port): "" for port in sorted(ports) if port not in at_random}


def line_facts(answer: Answer) -> dict[str, str]:
    """The network sockets with a cable, by name: megabits a second, "up" where it does not tell, or "down"."""
    things = {}
    for line in filter(str.strip, answer.text.split("\n")):
        found = re.fullmatch(r"(\S+) ([a-z]+) (-?[0-9]{1,7})?\s*", line)
        if found is None:
            raise _unreadable("network lines", answer)
        name, state, speed = found.groups()
        up = state in ("up", "unknown")
        things[name] = (speed if speed and int(speed) > 0 else "up") if up else "down"
    if answer.exit:
        raise _unreadable("network lines", answer)
    return things


def memory_facts(answer: Answer) -> dict[str, str]:
    """The memory that Linux has, in bytes: "MemTotal:  8048520 kB" of /proc/meminfo (proc(5))."""
    found = re.fullmatch(r"MemTotal: +([0-9]{1,15}) kB\s*", answer.text)
    if answer.exit or found is None or not int(found[1]):
        raise _unreadable("memory", answer)
    return {"memory": str(int(found[1]) * 1024)}


_TOLD = re.compile(r"(system|kernel|maker|model)=(.*)")
_NOTHING = re.compile(
    r"to be filled.*|default string|system (?:product name|manufacturer)|not specified|o\.e\.m\.", re.I
)
"""What makers of boards leave where a name should stand."""


def system_facts(answer: Answer) -> dict[str, str]:
    """What the machine is: "system" by os-release(5), "kernel" by proc(5), "maker" and "model" by the board (DMI)."""
    things = {}
    for line in filter(str.strip, answer.text.split("\n")):
        found = _TOLD.fullmatch(line.strip())
        if found is None:
            raise _unreadable("system", answer)
        told = " ".join(found[2].strip("\"' ").split())
        if told and not _NOTHING.fullmatch(told):
            things[found[1]] = told
    if answer.exit or not things:
        raise _unreadable("system", answer)
    return things


def _unreadable(what: str, answer: Answer) -> ProbeError:
    return ProbeError(f"its {what} could not be read", f"exit {answer.exit}: {plain(answer.text, 80)}")
