"""The nine invented clinics: their names, their addresses, and what is wrong with which."""

from __future__ import annotations

from healthcheck.records import frozen

_ROUTER, _SERVER = 1, 10
_NAMES = ("Pasadena", "Glendale", "Burbank", "Alhambra", "Arcadia", "Monrovia", "Azusa", "Covina", "Altadena")
_NETWORK = "127.77"


@frozen
class Clinic:
    """One clinic; its addresses are this computer's own. `number` is from 1 on.

    `dark`: nothing there answers. `refuses`: its server does not let us in. `power_cut`: it lost its power on Saturday.
    """

    name: str
    number: int
    dark: bool = False
    refuses: bool = False
    power_cut: bool = False

    @property
    def slug(self) -> str:
        """What the names of its devices begin with."""
        return self.name.lower()

    @property
    def router(self) -> str:
        """The address of the internet box."""
        return f"{_NETWORK}.{self.number}.{_ROUTER}"

    @property
    def server(self) -> str:
        """The address of the server, which answers for the battery backup, too."""
        return f"{_NETWORK}.{self.number}.{_SERVER}"

    @property
    def phone(self) -> str:
        """A number of those that are nobody's."""
        return f"626-555-{100 + self.number:04d}"


CLINICS = tuple(
    Clinic(
        name,
        number,
        dark=name == "Azusa",
        refuses=name == "Covina",
        power_cut=name in ("Pasadena", "Altadena"),
    )
    for number, name in enumerate(_NAMES, 1)
)
MAIN_OFFICE = CLINICS[0]
"""The shared database stands here. Its battery was worn, so the power cut of Saturday switched it off."""
MAIL_SERVER = f"{_NETWORK}.0.25"
