"""Something to look at and something to measure with: a small believable community, and bulk data of any size."""
