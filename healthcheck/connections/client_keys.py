"""The keys we log in with. Each is read and parsed once a round: parsing an RSA key costs more than a login."""

from __future__ import annotations

import io
import stat
import threading
from pathlib import Path

from healthcheck.connections.paramiko_light import paramiko
from healthcheck.errors import ProbeError
from healthcheck.model import Secret, SshAccess

DEFAULT_FILE = Path("~/.ssh/id_ed25519")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class ClientKeys:
    """Finds the one key of a host: its own secret, its own file, the default secret, `~/.ssh/id_ed25519`.

    There is no other source: no agent, no search, no password. A certificate beside a key file is not looked at.
    """

    def __init__(self, default: Secret | None) -> None:
        self._default = default
        self._parsed: dict[Secret | Path, paramiko.PKey | ProbeError] = {}
        self._lock = threading.Lock()

    def of(self, access: SshAccess) -> paramiko.PKey:
        """The key for a host, parsed; a `ProbeError` that is final when it cannot be used. Blocks; thread-safe."""
        source = access.key or access.key_file or self._default or DEFAULT_FILE
        with self._lock:
            if source not in self._parsed:
                self._parsed[source] = _loaded(source)
            parsed = self._parsed[source]
        if isinstance(parsed, ProbeError):
            raise parsed
        return parsed


def _loaded(source: Secret | Path) -> paramiko.PKey | ProbeError:
    try:
        if isinstance(source, Secret):
            return _parsed(source.reveal(), f"the secret {source.name}" if source.name else "the secret key")
        return _parsed(_read(source.expanduser()), str(source))
    except ProbeError as error:
        return error


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS:
            raise _unusable(
                "others on this computer may read it",
                f"{path} has mode {stat.S_IMODE(mode):04o}; take that right away with: chmod 600 {path}",
            )
        return path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        raise _unusable("it is not there", f"there is no file {path}, and no other client key is configured") from None
    except OSError as error:
        raise _unusable("it cannot be read", f"{path}: {error.strerror}") from None


def _parsed(text: str, origin: str) -> paramiko.PKey:
    # A secret pasted from elsewhere may have lost its last line break, or gained carriage returns.
    text = "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"
    if text.startswith("PuTTY-User-Key-File"):
        raise _unusable("it is in the wrong format", f"{origin} is a PuTTY key; export it as an OpenSSH key")
    for family in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return family.from_private_key(io.StringIO(text))
        except paramiko.PasswordRequiredException:
            raise _unusable(
                "it is locked with a passphrase", f"{origin}: use a key that was made without one"
            ) from None
        except (paramiko.SSHException, ValueError, TypeError, LookupError, AttributeError):
            continue  # another family's key, or damage
    raise _unusable("it is damaged or of an unknown kind", f"{origin} holds no Ed25519, ECDSA or RSA private key")


def _unusable(why: str, detail: str) -> ProbeError:
    return ProbeError(f"our key cannot be used: {why}", detail, final=True)
