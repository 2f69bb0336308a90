"""The media store refuses what is to be kept."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FOLDER = "df -h $PARVIS_HOME/media; ls -ld $PARVIS_HOME/media"
BUCKET = "curl -sS -o /dev/null -w '%{http_code} after %{time_total} s' ${AWS_ENDPOINT_URL:-https://s3.amazonaws.com}; date -u"


def store_failing(seen: Findings) -> Verdict | None:
    """Fires when a small file could not be written and read again."""
    if seen.store is None or not seen.store.error:
        return None
    return Verdict(
        name="store_failing",
        urgency="now",
        blame=8.0,
        title=say("The media store fails: %(error)s", error=seen.store.error[:120]),
        hurt=say("Whoever adds a picture or a film, or looks at one."),
        evidence=(
            figure("tried for", seen.store.took_s, "s"),
            figure("disk free", min((one.free for one in seen.our_disks), default=1.0), "share"),
            figure("jobs that fail", sum(one.jobs for one in seen.jobs.failing)),
        ),
        action=say("Look at its folder or bucket, its room, and its rights."),
        command=BUCKET if seen.setup.keeps_in_bucket else FOLDER,
        gain=say("Uploads work again; those that failed have to be done anew."),
        explains=("jobs_failing", "jobs_given_up"),
    )
