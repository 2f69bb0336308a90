"""src/parvis/migrations/schema.sql says what all migrations together make. Called by `make schema`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from parvis.infra import engines, migrate, schema


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="parvis-schema-") as home:
        async with engines.running(Path(home), nats=False, postgres_options={"fsync": "off"}) as found:
            await migrate.apply(found.database_url)
            schema.write(await schema.dumped(found.database_url))
    print(f"Wrote {schema.FILE}.")


asyncio.run(main())
