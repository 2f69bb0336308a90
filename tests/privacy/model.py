"""Who may see what, in plain words over plain values; knows nothing of the SQL.

- A post is for everybody (public, quiet), for followers and those it mentions, or for those it mentions alone.
- Nobody sees a post that is deleted, whose author is suspended, or whose author blocks them. Authors see their own.
- What moderators withhold only its author sees, and not on pages that are for everybody.
- A repost is seen by those who see both it and the original, the reposter like everybody else.
- An answer to a post out of sight looks like a post that answers nothing.
- Marks (bookmark, favourite, notification, list, conversation) made while a post was in sight show nothing of it after.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Viewer = str | None  # a handle; None is a stranger
PUBLIC, QUIET, FOLLOWERS, MENTIONED, WITHHELD = range(5)


@dataclass
class Post:
    """`traces`: what nobody may meet anywhere who may not see the post."""

    id: int
    author: str
    visibility: int
    mentions: frozenset[str] = frozenset()
    parent: int | None = None
    original: int | None = None
    tags: frozenset[str] = frozenset()
    traces: set[str] = field(default_factory=set)
    word: str = ""
    with_poll: bool = False
    with_picture: bool = False
    pinned: bool = False
    gone: bool = False


@dataclass
class Model:
    """What is true now, and some of what was true once."""

    posts: dict[int, Post] = field(default_factory=dict)
    follows: set[tuple[str, str]] = field(default_factory=set)
    blocks: set[tuple[str, str]] = field(default_factory=set)
    mutes: set[tuple[str, str]] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    listed: dict[str, set[str]] = field(default_factory=dict)  # owner → members of their list
    bookmarks: set[tuple[str, int]] = field(default_factory=set)
    favourites: set[tuple[str, int]] = field(default_factory=set)
    quarrelled: set[frozenset[str]] = field(default_factory=set)  # pairs with a block or mute, ever
    deaf: set[str] = field(default_factory=set)  # who ever muted a thread

    def sees(self, viewer: Viewer, post_id: int) -> bool:
        post = self.posts[post_id]
        if post.gone or post.author in self.suspended:
            return False
        if post.original is not None and not self.sees(viewer, post.original):
            return False
        if viewer is None:
            return post.visibility <= QUIET
        if viewer == post.author:
            return True
        if post.visibility == WITHHELD:
            return False
        if (post.author, viewer) in self.blocks:
            return False
        if post.visibility <= QUIET or viewer in post.mentions:
            return True
        return post.visibility == FOLLOWERS and (viewer, post.author) in self.follows

    def seen(self, viewer: Viewer) -> set[int]:
        return {one for one in self.posts if self.sees(viewer, one)}

    def hidden(self, viewer: Viewer) -> set[int]:
        return self.posts.keys() - self.seen(viewer)

    def parent_for(self, viewer: Viewer, post_id: int) -> int | None:
        """What the post answers, as far as the viewer may know."""
        parent = self.posts[post_id].parent
        return parent if parent is not None and self.sees(viewer, parent) else None

    def silenced(self, viewer: Viewer, account: str | None) -> bool:
        return viewer is not None and ((viewer, account) in self.blocks or (viewer, account) in self.mutes)

    # ── lists ──

    def home(self, reader: str) -> set[int]:
        followed = {whom for who, whom in self.follows if who == reader}
        return {
            one.id for one in self.posts.values() if one.author == reader or one.author in followed
            if self._wanted(reader, one, followed)
        }  # fmt: skip

    def in_list(self, owner: str) -> set[int]:
        """The list shows answers to its members only."""
        members = self.listed.get(owner, set())
        return {one.id for one in self.posts.values() if one.author in members and self._wanted(owner, one, members)}

    def _wanted(self, reader: str, post: Post, answering: set[str]) -> bool:
        if not self.sees(reader, post.id):
            return False
        if post.author == reader:
            return True
        answered = self.author_of(post.parent)
        to_others = answered is not None and answered not in (post.author, reader)
        if to_others and (answered not in answering or self.silenced(reader, answered)):
            return False
        original = self.author_of(post.original)
        return not self.silenced(reader, post.author) and (original is None or not self.silenced(reader, original))

    def public(self, viewer: Viewer, *, with_picture: bool = False) -> set[int]:
        return {
            one.id for one in self.posts.values()
            if one.visibility == PUBLIC and one.original is None and self.sees(viewer, one.id)
            and self.author_of(one.parent) in (None, one.author)
            and not self.silenced(viewer, one.author) and (one.with_picture or not with_picture)
        }  # fmt: skip

    def tagged(self, viewer: Viewer, tag: str) -> set[int]:
        return {
            one.id for one in self.posts.values()
            if one.visibility == PUBLIC and tag in one.tags and self.sees(viewer, one.id)
            and not self.silenced(viewer, one.author)
        }  # fmt: skip

    def profile(
        self, viewer: Viewer, author: str, *, replies: bool = True, reposts: bool = True, pictures: bool = False,
        tag: str | None = None, direct: bool = True, pinned: bool = False,
    ) -> set[int]:  # fmt: skip
        return {
            one.id for one in self.posts.values()
            if one.author == author and self.sees(viewer, one.id)
            and (replies or self.author_of(one.parent) in (None, author))
            and (reposts or one.original is None)
            and (not pictures or one.with_picture)
            and (tag is None or tag in one.tags)
            and (direct or one.visibility < MENTIONED)
            and (one.pinned or not pinned)
        }  # fmt: skip

    def marked(self, viewer: str, marks: set[tuple[str, int]]) -> set[int]:
        return {post for who, post in marks if who == viewer and self.sees(viewer, post)}

    def thread(self, viewer: Viewer, focus: int) -> tuple[list[int], set[int]]:
        """What stands before a post, and what follows, as far as one hidden post does not cut the way."""
        before: list[int] = []
        at = self.posts[focus].parent
        while at is not None and self.sees(viewer, at):
            before.append(at)
            at = self.posts[at].parent
        after: set[int] = set()
        waiting = [focus]
        while waiting:
            at = waiting.pop()
            answers = [
                one.id for one in self.posts.values()
                if one.parent == at and self.sees(viewer, one.id) and not self.silenced(viewer, one.author)
            ]  # fmt: skip
            after.update(answers)
            waiting += answers
        return before[::-1], after

    def mentioned_surely(self, viewer: str) -> set[int]:
        """Posts of which the viewer has a notification without doubt."""
        return {
            one.id for one in self.posts.values()
            if viewer in one.mentions and viewer != one.author and self.sees(viewer, one.id)
            and frozenset((viewer, one.author)) not in self.quarrelled and viewer not in self.deaf
        }  # fmt: skip

    def talks_surely(self, viewer: str) -> set[int]:
        """Posts that are a conversation of their own, which the viewer lists without doubt."""
        answered = {one.parent for one in self.posts.values()}
        return {
            one.id for one in self.posts.values()
            if one.visibility == MENTIONED and one.parent is None and one.id not in answered
            and self.sees(viewer, one.id) and not self.quarrelled & {frozenset((viewer, who)) for who in (one.author,)}
        }  # fmt: skip

    # ── numbers ──

    def replies_counted(self, post_id: int) -> int:
        """Only answers that are for everybody are counted: a number must not tell of the others."""
        return sum(one.parent == post_id and one.visibility <= QUIET and not one.gone for one in self.posts.values())

    def posts_counted(self, author: str) -> int:
        """Posts for mentioned people are not counted."""
        return sum(one.author == author and one.visibility < MENTIONED and not one.gone for one in self.posts.values())

    # ── changes ──

    def author_of(self, post_id: int | None) -> str | None:
        return None if post_id is None else self.posts[post_id].author

    def sever(self, one: str, other: str) -> None:
        self.follows.discard((one, other))
        if one != other:
            self.listed.get(one, set()).discard(other)
