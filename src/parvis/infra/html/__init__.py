"""What every door with pages for people shares: forms, protection from forged ones, headers, files, and the glue."""
