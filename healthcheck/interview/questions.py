"""The eight questions, in their order: what is asked, how the answer is read, and how it is tried."""

from __future__ import annotations

from collections.abc import Callable

from healthcheck.interview import answers, trying
from healthcheck.interview.answers import Answers
from healthcheck.interview.trying import Trouble
from healthcheck.records import frozen


@frozen
class Question:
    """One question. `key` is its name in a file of answers; `words` ask it, `example` shows an answer.

    `read` puts one answer to what was said so far and raises `Mistaken`; `trouble` tries it. A question that takes
    `many` answers is over at an empty one. One that does not `fit` what was said before is left out; it `needs` that.
    """

    key: str
    words: Callable[[Answers], str]
    example: str
    read: Callable[[str, Answers], Answers]
    trouble: Callable[[Answers], Trouble | None] = lambda so_far: None
    many: bool = False
    hidden: bool = False
    fits: Callable[[Answers], bool] = lambda so_far: True
    needs: str = ""


def _always(words: str) -> Callable[[Answers], str]:
    return lambda so_far: words


def _hours(so_far: Answers) -> str:
    asked = "At what hour do the doors open?"
    if not so_far.timezone:
        return f"{asked} Write the time zone behind it; this computer does not tell its own."
    return (
        f"{asked} This computer's time zone is {so_far.timezone}; if the clinics' is another, write it behind the hour."
    )


def _password(so_far: Answers) -> str:
    name = so_far.mail.username if so_far.mail else ""
    return f"What is the password of {name} there? It is not shown as you type. Leave it empty to give it later."


DEVICES = """\
Which devices shall be looked at? One a line: its address, then what it is, then its town. A server that may be looked
into has "ssh" and its account, too. What it is: gateway (the internet box), server, database, ups (a battery backup),
nas (a drive on the network), printer, workstation or other. An empty line ends the list."""

QUESTIONS = (
    Question("practice", _always("What is the practice called?"), "Foothill Oncology Group", answers.read_practice),
    Question(
        "towns",
        _always("In which towns are its clinics? With commas between them; first the one where this computer stands."),
        "Pasadena, Glendale, Burbank",
        answers.read_towns,
    ),
    Question("opens", _hours, "07:30 America/Los_Angeles", answers.read_opens),
    Question(
        "hosts",
        _always(DEVICES),
        "192.168.1.10, server, Glendale, ssh healthcheck",
        answers.read_device,
        trying.newest_device,
        many=True,
    ),
    Question(
        "it",
        _always("Who looks after the computers? Name, telephone, mail address. Leave it empty if nobody does."),
        "Bay IT, 555-0142, help@bayit.example",
        answers.read_contractor,
    ),
    Question(
        "recipients",
        _always("Who gets the report? Mail addresses, with commas between them. Leave it empty to decide later."),
        "dana@foothill.example",
        answers.read_recipients,
    ),
    Question(
        "mail_server",
        _always(
            "Which mail server takes it? Its name, a colon and its port; then, after a comma, the name to log in with, "
            "if it wants one. Leave it empty to decide later."
        ),
        "smtp.example.org:587, checker@foothill.example",
        answers.read_mail_server,
        lambda so_far: trying.mail_server(so_far) if so_far.mail else None,
        fits=lambda so_far: bool(so_far.recipients),
        needs="recipients",
    ),
    Question(
        "password",
        _password,
        "",
        answers.read_password,
        lambda so_far: trying.mail_login(so_far) if so_far.password else None,
        hidden=True,
        fits=lambda so_far: bool(so_far.mail and so_far.mail.username),
        needs="a name to log in with in mail_server",
    ),
)
