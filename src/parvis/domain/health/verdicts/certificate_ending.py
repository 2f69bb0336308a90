"""The certificate runs out."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AVERTED, EVERYBODY, NOBODY_YET, Verdict, figure, say

WITHIN_S = 14 * 86_400.0


def certificate_ending(seen: Findings) -> Verdict | None:
    """Fires two weeks before its end; of one that is good for a few weeks only, when a quarter of them is left."""
    left, lasts = seen.certificate_ends_in_s, seen.certificate_lasts_s
    if left is None or left > (WITHIN_S if lasts is None else min(WITHIN_S, lasts / 4)):
        return None
    whole = max(lasts or 0.0, left, 1.0)
    return Verdict(
        name="certificate_ending",
        urgency="soon" if left > 0 else "now",
        blame=1.0 if left > 0 else 900.0,
        title=say("The certificate of this place runs out.")
        if left > 0
        else say("The certificate of this place has run out."),
        hurt=NOBODY_YET if left > 0 else EVERYBODY,
        evidence=(
            figure("good for", left, "s"),
            figure("it was made for", whole, "s"),
            figure("share of that which is left", max(0.0, left) / whole, "share"),
        ),
        action=say("Renew it at the proxy, and look why that did not happen by itself."),
        command="certbot renew",
        gain=AVERTED,
    )
