"""The media store is slow."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.store_failing import BUCKET
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM_S = 1.0


def store_slow(seen: Findings) -> Verdict | None:
    """Fires when writing and reading a small file took a second."""
    if seen.store is None or seen.store.error or seen.store.took_s < FROM_S:
        return None
    return Verdict(
        name="store_slow",
        urgency="now",
        blame=2.0 + seen.store.took_s,
        title=say("The media store is slow."),
        hurt=say("Whoever adds a picture or a film, or looks at one."),
        evidence=(
            figure("a small file takes", seen.store.took_s, "s"),
            figure("processor busy", seen.use("cpu"), "share"),
            figure("memory taken", seen.use("memory"), "share"),
        ),
        action=say("Look whether the way to the bucket is slow, or the bucket itself.")
        if seen.setup.keeps_in_bucket
        else say("Copy the files to a faster disk or a bucket, and only then name that place."),
        command=BUCKET
        if seen.setup.keeps_in_bucket
        else "rsync -a $PARVIS_HOME/media/ NEW-FOLDER/; PARVIS_MEDIA_URL=NEW-FOLDER",
        gain=say("Pictures appear as soon as they are asked for."),
    )
