"""Prints which endpoints of the client API exist, by comparing the declared routes with a list of what clients call.

    .venv/bin/python scripts/endpoint_table.py ENDPOINTS.tsv [TIER …]

The list has the columns method, path, tier and area.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict

from parvis import api
from parvis.api.routing import ENDPOINTS

# Served beside the declared routes: pages of the consent, and streaming's own application.
ELSEWHERE = {
    ("GET", "/oauth/authorize"),
    ("POST", "/oauth/authorize"),
    ("GET", "/oauth/authorize/native"),
    *(("GET", f"/api/v1/streaming{path}") for path in ("", "/*", "/health", "/user", "/user/notification")),
    *(("GET", f"/api/v1/streaming/{path}") for path in ("public", "public/local", "public/remote")),
    *(("GET", f"/api/v1/streaming/{path}") for path in ("hashtag", "hashtag/local", "list", "direct")),
}


def main() -> int:
    """Exit status 1 when an endpoint of the wanted tiers is missing."""
    wanted = sys.argv[2:] or ["1"]
    api.handlers()
    declared = {(one.method, _shape(one.path)) for one in ENDPOINTS}
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    missing = 0
    for tier in wanted:
        done: dict[str, list[str]] = defaultdict(list)
        open_: dict[str, list[str]] = defaultdict(list)
        for row in (one for one in rows if one["tier"] == tier):
            place = (row["method"], row["path"])
            there = place in ELSEWHERE or (row["method"], _shape(row["path"])) in declared
            (done if there else open_)[row["area"]].append(f"{row['method']} {row['path']}")
        print(f"Tier {tier}: {sum(map(len, done.values()))} of {sum(map(len, [*done.values(), *open_.values()]))}")
        for area in sorted({*done, *open_}):
            print(f"  {area:26} {len(done[area]):3} done" + "".join(f"\n      missing {one}" for one in open_[area]))
        missing += sum(map(len, open_.values()))
    return 1 if missing else 0


def _shape(path: str) -> str:
    return re.sub(r":\w+", ":x", path)


if __name__ == "__main__":
    raise SystemExit(main())
