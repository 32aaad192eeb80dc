"""`healthcheck doctor`: is everything set up as it must be, and if not, what is to be done?"""

from __future__ import annotations

import click

from healthcheck.cli.root import Paths
from healthcheck.model import worst


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Write JSON (healthcheck.doctor/1) instead of lines.")
@click.pass_obj
def command(paths: Paths, as_json: bool) -> int:
    """Look at the set-up itself, from the config to the outside watchdog, and say how to mend what is wrong.

    Nothing is sent, changed or kept, and no secret is shown; the mail server is logged in to. Ends as `run` does: 0 OK,
    1 Look, 2 Problem, 3 when something could not be looked at.
    """
    import json

    from healthcheck.doctor import visit  # brings what reads a config and more, which takes long to import
    from healthcheck.doctor.examination import examine
    from healthcheck.doctor.premises import enter

    found = []
    for subject, findings in examine(visit.SUBJECTS, enter(paths.config_file(), paths.state(), paths.given())):
        found.append((subject, findings))
        if not as_json:
            click.echo(visit.lines(subject, findings))
    every = [finding for _, findings in found for finding in findings]
    status = worst(finding.status for finding in every)
    if as_json:
        click.echo(json.dumps(visit.document(found, status), indent=2, ensure_ascii=False))
    else:
        click.echo(f"\n{visit.ending(every)}")
    return status.value
