"""Browsers for tests of what strangers try at pages."""

from tests.web.conftest import alice, alices, bob, bobs, open_browser, stranger

__all__ = ["alice", "alices", "bob", "bobs", "open_browser", "stranger"]
