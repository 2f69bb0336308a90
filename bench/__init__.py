"""Measurements on the real thing: engines, web and worker processes, seeded data, a client over the loopback.

make bench                             10,000 accounts, 200,000 posts
.venv/bin/python -m bench --help       smaller, other, one row only
"""
