"""The words of the house as frozen types: what is looked at, what was found, one round of it, and what is sent.

Times are aware `datetime`s in UTC; durations are seconds unless a name says otherwise.
"""

from healthcheck.model.finding import Event, EventKind, Facts, Levels, Metric, Result, Status, worst
from healthcheck.model.maintenance import Maintenance
from healthcheck.model.practice import Contract, Credential, Host, Person, Practice, Service, Site, SshAccess
from healthcheck.model.round import Outcome, Previous, Round
from healthcheck.model.secret import Secret
from healthcheck.model.sending import Attachment, Attempt, Delivery, Message, Posting

__all__ = [
    "Attachment",
    "Attempt",
    "Contract",
    "Credential",
    "Delivery",
    "Event",
    "EventKind",
    "Facts",
    "Host",
    "Levels",
    "Maintenance",
    "Message",
    "Metric",
    "Outcome",
    "Person",
    "Posting",
    "Practice",
    "Previous",
    "Result",
    "Round",
    "Secret",
    "Service",
    "Site",
    "SshAccess",
    "Status",
    "worst",
]
