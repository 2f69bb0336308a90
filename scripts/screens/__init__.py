"""Which pages docs/screens shows, and what there is to see on them."""
