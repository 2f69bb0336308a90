"""Finding: hashtags by their beginning, with a week of their use. People are found in `relationships.search`, because
whom one follows comes first there.
"""

from parvis.domain.search.tags import TagUse, tag, tags, tags_named

__all__ = ["TagUse", "tag", "tags", "tags_named"]
