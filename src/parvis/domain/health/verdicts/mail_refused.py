"""The mail service refuses many addresses."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM = 3
SHARE = 0.2


def mail_refused(seen: Findings) -> Verdict | None:
    """Fires when a fifth of the last minute's letters were refused for good, three at least."""
    refused, sent = seen.fact("mail", "refused"), seen.fact("mail", "sent")
    if refused < FROM or refused < SHARE * (sent + refused):
        return None
    return Verdict(
        name="mail_refused",
        urgency="now",
        blame=refused,
        title=say("The mail service refuses many addresses for good."),
        hurt=say("Whoever gave such an address; and everybody later, if the service thinks that we send rubbish."),
        evidence=(
            figure("refused in a minute", refused),
            figure("sent in a minute", sent),
            figure("share refused", refused / (sent + refused), "share"),
        ),
        action=say("Look at the refusals in the log. Invented addresses mean that somebody fills the waiting room."),
        command="grep mail.refused LOG | tail",
        gain=say("The service goes on to trust this place."),
    )
