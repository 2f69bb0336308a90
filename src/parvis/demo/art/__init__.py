"""Drawings for the demo community, made by us from shapes: places, things, patterns, portraits."""
