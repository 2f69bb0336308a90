"""Whether this installation is well: what `doctor` examines, and what every process measures all the time.

A process measures itself (`measured`), `headroom` puts together what all of them saw. Knows no other room of the
domain: whoever has a resource of their own to watch brings a probe.
"""

from parvis.domain.health.doctor import examine, sound
from parvis.domain.health.headroom import forget_old, headroom
from parvis.domain.health.measure import Measuring, measured
from parvis.domain.health.probes import Probe, held, refusing
from parvis.domain.health.types import Finding, Signal

__all__ = [
    "Finding",
    "Measuring",
    "Probe",
    "Signal",
    "examine",
    "forget_old",
    "headroom",
    "held",
    "measured",
    "refusing",
    "sound",
]
