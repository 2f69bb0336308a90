"""What those who run the place say to everybody, and what they are told: the rules of the house, announcements, reports.

What a report leads to is decided by people; nothing here takes effect on anybody by itself. Whatever they do stands in the
log, sealed.
"""

from parvis.domain.moderation import announcements, house_rules, house_settings, log, reports, staff
from parvis.domain.moderation.types import (
    Act,
    Announcement,
    HouseRule,
    Notice,
    Reaction,
    Report,
    RuleVersion,
    SettingChange,
)

__all__ = [
    "Act",
    "Announcement",
    "HouseRule",
    "Notice",
    "Reaction",
    "Report",
    "RuleVersion",
    "SettingChange",
    "announcements",
    "house_rules",
    "house_settings",
    "log",
    "reports",
    "staff",
]
