"""What a practice knows only on paper: its contracts, and where each credential is kept and by whom."""

from __future__ import annotations

from healthcheck.config.mistakes import quoted
from healthcheck.config.reading import Reading
from healthcheck.config.schema import ContractTable, CredentialTable
from healthcheck.model import Contract, Credential


def contracts(reading: Reading) -> tuple[Contract, ...]:
    """Every `[[contract]]` without a mistake, in the order of the config."""
    reading.unique("contract")
    return tuple(
        Contract(table.name, table.partner, table.phone, table.number, table.renews, table.covers, table.notes)
        for _, table in reading.tables(ContractTable)
    )


def credentials(reading: Reading) -> tuple[Credential, ...]:
    """Every `[[credential]]` without a mistake. No value is ever among them: only where it is, and who has it."""
    first: dict[str, tuple[str | int, ...]] = {}
    found = []
    for place, table in reading.tables(CredentialTable):
        taken = first.setdefault(table.purpose.casefold(), place)
        if taken != place:
            line = reading.mistakes.line((*taken, "for"))
            reading.mistakes.add(
                (*place, "for"), f"there is a credential for {quoted(table.purpose)} already, on line {line}"
            )
        found.append(Credential(table.purpose, table.kept_at, table.kept_by))
    return tuple(found)
