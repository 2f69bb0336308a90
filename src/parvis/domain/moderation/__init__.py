"""What those who run the place say and decide: the rules of the house, announcements, reports, restrictions and appeals.

Nothing here takes effect on anybody by itself: people decide, each act names a published rule and a reason, and the
database demands both. An act takes effect by calls downwards (`accounts.restrict`, `posts.restrict_post`).
Whatever staff does stands in the log, sealed.
"""

from parvis.domain.moderation import announcements, evidence, house_rules, house_settings, log, people, reports, staff
from parvis.domain.moderation.acting import Refused, may_clear, pseudonym
from parvis.domain.moderation.letters import OUTCOME_JOB, STATEMENT_JOB, send_outcome, send_statement
from parvis.domain.moderation.restrict import appeal, decide_appeal, lift, restrict
from parvis.domain.moderation.standing import (
    judges,
    on_posts,
    open_appeal_count,
    open_appeals,
    restriction,
    restrictions,
    standing,
    waiting_beside,
    waiting_for,
)
from parvis.domain.moderation.types import (
    Act,
    Announcement,
    Appeal,
    Evidence,
    HouseRule,
    Member,
    Notice,
    Order,
    Reaction,
    Report,
    Restriction,
    RuleVersion,
    SettingChange,
    Waiting,
)

__all__ = [
    "OUTCOME_JOB",
    "STATEMENT_JOB",
    "Act",
    "Announcement",
    "Appeal",
    "Evidence",
    "HouseRule",
    "Member",
    "Notice",
    "Order",
    "Reaction",
    "Refused",
    "Report",
    "Restriction",
    "RuleVersion",
    "SettingChange",
    "Waiting",
    "announcements",
    "appeal",
    "decide_appeal",
    "evidence",
    "house_rules",
    "house_settings",
    "judges",
    "lift",
    "log",
    "may_clear",
    "on_posts",
    "open_appeal_count",
    "open_appeals",
    "people",
    "pseudonym",
    "reports",
    "restrict",
    "restriction",
    "restrictions",
    "send_outcome",
    "send_statement",
    "staff",
    "standing",
    "waiting_beside",
    "waiting_for",
]
