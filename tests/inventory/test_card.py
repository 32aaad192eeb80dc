"""The card for the dark day: what it says, and that a large practice gets smaller words before smaller type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from healthcheck.inventory import Remembered
from healthcheck.inventory.card import LARGEST_PT, READABLE_PT, Call, Desk, card
from healthcheck.inventory.render import CALLERS
from healthcheck.model import Contract, Service
from tests.inventory.practices import CONFIG, PRACTICE, group, made

LONG = " of the very long name that somebody gave it one day"


def test_the_card_says_whom_to_call_what_to_do_and_where_things_stand() -> None:
    found = card(made(Remembered()), CALLERS)
    assert found.calls == (
        Call("Bay IT", "IT", "555-0142"),
        Call("Charts support", "maker", "800-555-0170"),
        Call("Dana Reyes", "administrator", ""),
    )
    assert found.lines == (Call("Internet line", "Valley Cable", "800-555-0150", "VC-20417"),)
    assert (found.services, found.heart) == (
        "Patient charts",
        "the server in Pasadena (the closet behind the front desk, Pasadena)",
    )
    assert found.meanwhile == ("Patient charts: Use the paper forms.",)
    assert found.places == (
        ("the server in Pasadena", "the closet behind the front desk, Pasadena"),
        ("the internet box", "the closet, Main office"),
    )
    assert found.keys == (("the internet boxes", "the safe (Dana Reyes)"),)
    assert found.desks == (
        Desk("Main office", "555-0100", "the closet"),
        Desk("Pasadena", "", "the closet behind the front desk"),
    )
    assert (found.columns, found.left_out) == (1, False)


def test_the_same_advice_for_two_services_is_given_once_the_essential_ones_first() -> None:
    services = (
        Service("Mail", needs=("main-router",), until_fixed="Use the telephone"),
        Service("Charts", essential=True, needs=("pasadena-server",), until_fixed="Use the paper forms."),
        Service("Fax", needs=("main-router",), until_fixed="Use the telephone"),
    )
    config = replace(CONFIG, practice=replace(PRACTICE, services=services))
    assert card(made(Remembered(), config), CALLERS).meanwhile == (
        "Charts: Use the paper forms.",
        "Mail and Fax: Use the telephone.",
    )


def test_nobody_is_told_on_the_telephone_that_no_room_is_written_down() -> None:
    service = Service("Charts", essential=True, needs=("pasadena-printer",))
    found = card(made(Remembered(), replace(CONFIG, practice=replace(PRACTICE, services=(service,)))), CALLERS)
    assert found.heart == "the printer in Pasadena (Pasadena)"
    assert found.places[0] == ("the printer in Pasadena", "Pasadena; no room is written down")


def test_a_contract_without_a_number_to_call_is_not_on_the_card() -> None:
    config = replace(CONFIG, practice=replace(PRACTICE, contracts=(Contract("Licence"),)))
    assert card(made(Remembered(), config), CALLERS).lines == ()


@pytest.mark.parametrize(("sites", "columns"), [(1, 1), (5, 1), (9, 2), (30, 3)])
def test_more_clinics_stand_in_more_columns_and_every_one_is_there(sites: int, columns: int) -> None:
    found = card(made(Remembered(), group(sites)), CALLERS)
    assert (len(found.desks), found.columns, found.left_out) == (sites, columns, False)
    assert READABLE_PT <= found.size_pt <= LARGEST_PT


def test_what_does_not_fit_is_cut_and_the_card_says_so() -> None:
    found = card(made(Remembered(), group(90, people=20, contracts=20, keys=20, more=LONG)), CALLERS)
    assert (len(found.desks), len(found.calls), len(found.lines), len(found.keys)) == (45, 7, 4, 6)
    assert found.left_out


def test_long_words_are_cut_before_the_type_becomes_too_small_to_read() -> None:
    short, long = (card(made(Remembered(), group(9, more=more)), CALLERS) for more in ("", LONG * 3))
    assert short.desks[0].rooms == "the closet behind the front desk"
    assert long.desks[0].rooms == ""
    assert long.size_pt >= READABLE_PT
    assert long.calls[0].name.endswith("…")
