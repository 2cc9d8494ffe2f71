"""What the desk's page is told. Times are Unix milliseconds of world time unless said otherwise.

`console/web/src/desk/wire.ts` says the same in TypeScript.
"""

from msgspec import Struct

from console.views import AssessmentView


class DraftView(Struct, frozen=True, kw_only=True):
    """A message that waits for people."""

    id: str
    level: int
    due: int
    """When the rule decides, if people have not."""
    otherwise: str
    """What the rule does then: `issue` or `withdraw`."""
    needs: int
    """How many different people must approve."""
    approvals: list[str]
    headline: str
    headlines: dict[str, str]


class IncidentView(Struct, frozen=True, kw_only=True):
    """One incident as it is now."""

    incident: str
    area: str
    """Name of the area, for people."""
    hazard: str
    key: str
    """Of the datastream."""
    status: str
    """`Actual`, `Exercise` or `Test`."""
    drill: str
    state: str
    """`draft`, `issued`, `cancelled`, `expired`, `withdrawn` or `closed`. An issued one whose
    message has run out is `expired` here, whether the alert service has come to it or not."""
    level: int
    highest: int
    headline: str
    headlines: dict[str, str]
    identifier: str
    """Of the newest message; empty while there is none."""
    opened: int
    changed: int
    expires: int | None
    ended: int | None
    onset: int | None
    """As the newest message told it; None where it told none."""
    lead_s: int | None
    """From that message's `sent` to the onset; 0: the threshold was exceeded already."""
    probability: float | None
    acked_by: str
    acked_at: int | None
    assigned_to: str
    shelved_until: int | None
    """None too once the shelving is over, by time or because the level rose."""
    escalations: int
    draft: DraftView | None


class QueueView(Struct, frozen=True, kw_only=True):
    """What is live, and what ended within the last 24 hours."""

    incidents: list[IncidentView]
    cut: bool
    """There are more than these."""
    newest_act: int
    """Number of the newest act about any incident; 0: none."""
    unreadable: str
    """Why what is stored cannot be shown: an empty queue is then no all-clear."""


class MessageView(Struct, frozen=True, kw_only=True):
    """One message of the incident."""

    identifier: str
    msg_type: str
    sent: int
    expires: int
    level: int
    previous_level: int
    headline: str
    headlines: dict[str, str]
    probability: float | None
    onset: int | None
    threshold: float | None
    cause: str
    """Why this message went out, as far as it tells: `raised`, `lowered`, `ended`, `moved`,
    `silent`, `resumed`, `renewed` or `officer`; empty: it does not."""


class ActView(Struct, frozen=True, kw_only=True):
    """What one officer did."""

    number: int
    incident: str
    at: int
    author: str
    act: str
    detail: dict[str, str]
    taken: int | None
    """When it took effect; None: it waits for the alert service."""
    refused: str


class RefusedView(Struct, frozen=True, kw_only=True):
    """An incident to which an act could not be done."""

    id: str
    """As it was asked for."""
    code: str
    """`unknown`, `over`, `acked`, `unacked`, `not_standing`, `no_draft`, `other_draft`,
    `approved` or `risen`: the page has words for each, in both languages."""
    error: str
    incident: IncidentView | None
    """What is there now; None: there is no such incident."""


class DoneView(Struct, frozen=True, kw_only=True):
    """What came of an act about several incidents."""

    acts: list[ActView]
    refused: list[RefusedView]


class PersonView(Struct, frozen=True, kw_only=True):
    """Somebody to whom an incident can be given."""

    id: str
    name: str
    kind: str
    """`contact`, `group` or `account`."""


class DeliveryView(Struct, frozen=True, kw_only=True):
    """How one channel fared with one message."""

    identifier: str
    channel: str
    attempts: int
    delivered: int | None
    """Real time, not the world's; None: not yet."""
    error: str


class ToldView(Struct, frozen=True, kw_only=True):
    """What one person was told of the incident, and how far the message came."""

    person: str
    kind: str
    """Why this person was told, a `Kind` of `forewarn.domain.paging`."""
    level: int
    step: int
    """Of the chain, from 0; -1: none, as for the end."""
    progress: str
    """`queued`, `sending`, `accepted`, `delivered`, `read`, `acked` or `failed`."""
    channel: str
    """The one tried last; empty: none yet."""
    attempts: int
    queued: int
    at: int
    """When it came as far as `progress` says."""
    error: str


class RunbookView(Struct, frozen=True, kw_only=True):
    """What to do, step by step, in both languages; as many steps in each."""

    zh: list[str]
    en: list[str]


class CaseView(Struct, frozen=True, kw_only=True):
    """One incident with all that is known of it."""

    incident: IncidentView
    messages: list[MessageView]
    """Oldest first."""
    acts: list[ActView]
    """Oldest first."""
    deliveries: list[DeliveryView]
    told: list[ToldView]
    """In the order in which it became due; empty: no person was told."""
    draft_cap: str
    """CAP of the draft as it would go out now; empty where none waits."""
    assessment: AssessmentView | None
    """The newest of its datastream, which may be newer than the incident's end."""
    runbook: RunbookView


class IncidentNews(Struct, frozen=True, kw_only=True):
    """Something of the queue is new: ask `/api/desk/incidents`."""

    version: str
