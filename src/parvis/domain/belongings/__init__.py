"""What belongs to one person, as a whole: tables of whom they follow, block and mute, of lists and bookmarks, to take along
and to bring; an archive of what they wrote; and leaving for good.

Each of these things is the business of a room below; here they are gathered, brought in, or erased together.
"""

from parvis.domain.belongings import archive, bring, leave
from parvis.domain.belongings.export import exported, numbers
from parvis.domain.belongings.tables import Kind
from parvis.domain.belongings.types import Archive, Import

__all__ = ["Archive", "Import", "Kind", "archive", "bring", "exported", "leave", "numbers"]
