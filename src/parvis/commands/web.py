"""Answer HTTP. The database and the broker run elsewhere: under `parvis serve`, or where the settings say.

`parvis serve` starts this by itself; alone it is for clusters.
"""

from __future__ import annotations

import argparse

from parvis.base.settings import Settings
from parvis.infra import engines, web_server


def run(_: argparse.Namespace, settings: Settings) -> int:
    engines.join(settings)
    import parvis.app  # noqa: F401 - loaded before the workers are forked, so that they share its memory

    web_server.run(settings, "parvis.app:create_app")
    return 0
