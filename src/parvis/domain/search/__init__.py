"""Finding: posts by their words, people by their names, hashtags by their beginning; what is much talked of (`trends`),
whom one might want to know. Owns the index of words.

What is found, and in which order, follows from words, numbers and time, never from what a post holds right or wrong.
"""

from parvis.domain.search import trends
from parvis.domain.search.find import people, posts, words_of
from parvis.domain.search.index import forget_post, index_accounts, index_everything, index_posts, work_off
from parvis.domain.search.tags import tag, tags, tags_named
from parvis.domain.search.types import TagUse
from parvis.domain.search.whom import Suggestion, directory, dismiss, suggestions

__all__ = [
    "Suggestion", "TagUse", "directory", "dismiss", "forget_post", "index_accounts", "index_everything", "index_posts",
    "people", "posts", "suggestions", "tag", "tags", "tags_named", "trends", "words_of", "work_off",
]  # fmt: skip
