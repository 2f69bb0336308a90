"""Whether this installation is well: settings, disk, engines, schema, clock. Knows no other room of the domain."""

from parvis.domain.health.doctor import examine, sound
from parvis.domain.health.types import Finding

__all__ = ["Finding", "examine", "sound"]
