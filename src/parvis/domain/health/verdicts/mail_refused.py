"""The mail service refuses many addresses."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM_PER_S = 0.02
SHARE = 0.2


def mail_refused(seen: Findings) -> Verdict | None:
    """Fires when a fifth of all letters is refused for good."""
    refused = seen.lately("mail", "refused_per_s")
    mail = seen.recent.get("mail") or seen.signals.get("mail")
    sent = mail.used if mail else 0.0
    if refused < FROM_PER_S or refused < SHARE * (sent + refused):
        return None
    return Verdict(
        name="mail_refused",
        urgency="now",
        blame=refused * 60,
        title=say("The mail service refuses many addresses for good."),
        hurt=say("Whoever gave such an address; and everybody later, if the service thinks that we send rubbish."),
        evidence=(
            figure("refused", refused, "per_s"),
            figure("sent", sent, "per_s"),
            figure("share refused", refused / (sent + refused), "share"),
        ),
        action=say("Look at the refusals in the log. Invented addresses mean that somebody fills the waiting room."),
        command="grep mail.refused LOG | tail",
        gain=say("The service goes on to trust this place."),
    )
