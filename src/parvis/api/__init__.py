"""The JSON door: the Mastodon client API, OAuth and streaming. Translates our words into theirs and calls the domain."""
