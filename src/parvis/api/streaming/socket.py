"""Streaming by WebSocket: any number of subscriptions over one connection."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from parvis.api.errors import status_of
from parvis.api.streaming.channels import channel
from parvis.api.streaming.tell import Client
from parvis.base.errors import BadRequest, Problem
from parvis.domain.timelines import Live

MOST_SUBSCRIPTIONS = 50
LONGEST_MESSAGE = 4096
SEND_WITHIN_S = 20.0
CODES = {"": 1000, "gone": 1000, "ended": 1008, "overflow": 1013, "shutdown": 1012}
NO_BINARY = 1003

_encode = msgspec.json.Encoder().encode


class _Wish(msgspec.Struct):
    type: str = ""
    stream: str | list[str] = ""
    tag: str | None = None
    list_id: str | int | None = msgspec.field(name="list", default=None)


async def converse(live: Live, client: Client, parameters: dict[str, str], receive: Any, send: Any) -> None:
    """The client heard what it subscribed to, until one of us went away. The connection is accepted already."""
    if "stream" in parameters:
        await _subscribe(live, client, parameters["stream"], parameters)
    listening = asyncio.create_task(_listen(live, client, receive))
    try:
        async for text in client.heard():
            async with asyncio.timeout(SEND_WITHIN_S):
                await send({"type": "websocket.send", "text": text})
    finally:
        listening.cancel()  # while we wait for the client's words, the web server does not close
        (said,) = await asyncio.gather(listening, return_exceptions=True)
    if isinstance(said, Exception):
        raise said
    code = said if isinstance(said, int) else CODES[client.closed_because]
    if code != CODES["gone"]:
        async with asyncio.timeout(SEND_WITHIN_S):
            await send({"type": "websocket.close", "code": code, "reason": ""})


async def _listen(live: Live, client: Client, receive: Any) -> int | None:
    """What the client says is done, until it leaves; the code to close with when it said what it must not."""
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return None
            text = message.get("text")
            if text is None:
                return NO_BINARY
            await _obey(live, client, text)
    finally:
        client.close("gone")


async def _obey(live: Live, client: Client, text: str) -> None:
    try:
        if len(text) > LONGEST_MESSAGE:
            raise msgspec.ValidationError
        wish = msgspec.json.decode(text, type=_Wish)
    except (msgspec.MsgspecError, UnicodeError):
        _complain(client, BadRequest("Error parsing message"))
        return
    name = wish.stream if isinstance(wish.stream, str) else next(iter(wish.stream), "")
    parameters = {"tag": wish.tag or "", "list": str(wish.list_id or "")}
    if wish.type == "subscribe":
        await _subscribe(live, client, name, parameters)
    elif wish.type == "unsubscribe":
        _unsubscribe(live, client, name, parameters)
    else:
        _complain(client, BadRequest("Unknown message type"))


async def _subscribe(live: Live, client: Client, name: str, parameters: dict[str, str]) -> None:
    try:
        wanted = channel(name, parameters, client.viewer.scopes)
        if len(client.channels) >= MOST_SUBSCRIPTIONS:
            raise BadRequest("Too many subscriptions")
    except Problem as problem:
        _complain(client, problem)
        return
    if wanted.label in client.channels:
        return
    client.channels[wanted.label] = wanted
    try:
        await live.listen(client, wanted.streams)
    except Problem as problem:
        del client.channels[wanted.label]
        _complain(client, problem)


def _unsubscribe(live: Live, client: Client, name: str, parameters: dict[str, str]) -> None:
    try:
        unwanted = channel(name, parameters, client.viewer.scopes)
    except Problem as problem:
        _complain(client, problem)
        return
    if client.channels.pop(unwanted.label, None) is not None:
        still = frozenset().union(*(one.streams for one in client.channels.values()))
        live.unlisten(client, unwanted.streams - still)


def _complain(client: Client, problem: Problem) -> None:
    client.put(_encode({"error": problem.message, "status": status_of(problem)}).decode())
