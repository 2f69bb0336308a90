"""Parvis, a self-hosted social network. docs/architecture.md shows the rooms and how data moves through them."""

__version__ = "0.1.0"
