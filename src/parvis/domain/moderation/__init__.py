"""What those who run the place say to everybody, and what they are told: the rules of the house, announcements, reports.

What a report leads to is decided by people; nothing here takes effect on anybody by itself.
"""

from parvis.domain.moderation import announcements, house_rules, reports
from parvis.domain.moderation.types import Announcement, HouseRule, Reaction, Report

__all__ = ["Announcement", "HouseRule", "Reaction", "Report", "announcements", "house_rules", "reports"]
