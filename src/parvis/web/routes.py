"""Every module that declares pages; importing them fills the door."""

from parvis.web import (
    about,
    compose,
    entrance,
    notifications,
    oauth,
    posts,
    profiles,
    search,
    settings,
    setup,
    timelines,
)

ALL = (about, compose, entrance, notifications, oauth, posts, profiles, search, settings, setup, timelines)
