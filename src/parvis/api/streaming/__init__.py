"""Streaming: what happens, as it happens, by WebSocket and by server-sent events. (docs.joinmastodon.org/methods/streaming)

`Streaming` is an ASGI application of its own beside the framework: an open connection costs a fraction of the memory.
`channels` knows the names of streams, `authorise` who may come in, `tell` how events are worded, `socket` and
`server_sent` speak the two protocols. Who hears what is decided by `timelines.Live`.

Pings: the protocol's own are not in the reach of an ASGI application. Dead peers are found by TCP keep-alive, which the
web server sets on its port; server-sent events carry a comment every 15 seconds besides.
"""

from parvis.api.streaming.application import Streaming

__all__ = ["Streaming"]
