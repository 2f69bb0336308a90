"""The handful of outside clients of one process, handed to whoever needs the outside. Never domain objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parvis.infra.moments import Moment
from parvis.infra.pressure import Pressure

if TYPE_CHECKING:
    from parvis.base.ids import IdSource
    from parvis.base.settings import Settings
    from parvis.infra.hashing import Hasher
    from parvis.infra.images import ImageWorkers
    from parvis.infra.mail import Mailer
    from parvis.infra.news import News
    from parvis.infra.outbound import Outbound
    from parvis.infra.postgres import Database
    from parvis.infra.rate_limits import RateLimits
    from parvis.infra.secrets import Secrets
    from parvis.infra.storage import Storage
    from parvis.infra.translation import Translator


@dataclass(slots=True)
class Services:
    """Built once per process by `opening.open_services`."""

    settings: Settings
    db: Database
    news: News
    storage: Storage
    mail: Mailer
    hasher: Hasher
    images: ImageWorkers
    secrets: Secrets
    ids: IdSource
    limits: RateLimits
    http: Outbound
    translator: Translator
    pressure: Pressure = field(default_factory=Pressure)
    door: Moment[Any] = field(default_factory=lambda: Moment(0))  # how it stands, for all who look at the way in
    started_with: Settings = field(init=False)  # before the owner changed any
    changed_settings: dict[str, str] = field(default_factory=dict)  # those that the owner did, as they are kept

    def __post_init__(self) -> None:
        self.started_with = self.settings

    def obey(self, settings: Settings, changed: dict[str, str]) -> None:
        """These settings hold from now on. What was built at the start stays as it is: most settings only matter then."""
        self.settings, self.changed_settings = settings, changed
        self.mail.obey(settings)
