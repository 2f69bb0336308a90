"""Notifications: what a person should hear about, once, and only while they may see it.

Sight is decided again at every reading (case C5), so nothing needs to be withdrawn when a post goes private or away.
"""

from parvis.domain.notifications.notify import notify
from parvis.domain.notifications.read import Marker, clear, dismiss, mark, markers, of, one, unread_count
from parvis.domain.notifications.types import KINDS, Kind, Notification

__all__ = [
    "KINDS", "Kind", "Marker", "Notification", "clear", "dismiss", "mark", "markers", "notify", "of", "one",
    "unread_count",
]  # fmt: skip
