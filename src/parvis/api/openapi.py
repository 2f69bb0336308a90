"""The OpenAPI 3.1 document, generated from the declared routes and the structs of their parameters and answers."""

from __future__ import annotations

import re
from collections import Counter
from types import UnionType
from typing import Any, get_args

import msgspec

from parvis import __version__
from parvis.api.parameters import FILES
from parvis.api.routing import ENDPOINTS, Call, Endpoint, Nothing, Reply, endpoint
from parvis.infra.doors import LONG_SHARED_S, READING

_WORDS = {
    200: "Done",
    201: "Begun",
    202: "Taken; it is not ready yet",
    204: "Done; there is nothing to say",
    206: "It is not ready yet",
    302: "It is elsewhere",
    400: "The request cannot be read",
    401: "No valid token",
    403: "Not allowed, or outside the token's scopes",
    404: "Not there, or not for the caller to see",
    409: "Something else was done meanwhile",
    410: "It was here and has gone",
    412: "The upload speaks another version",
    413: "Too large",
    415: "The body is of another kind",
    422: "A field cannot be accepted",
    429: "Too many requests",
    460: "The part does not have the checksum it was sent with",
    503: "Not possible right now",
}
_ANYWHERE = (401, 403, 404, 422, 429, 503)  # a token is looked at wherever one comes, also one of an app


@endpoint("GET", "/api/openapi.json", urgency=READING, shared_s=LONG_SHARED_S, connects=False)
async def document(call: Call) -> Reply:
    """This document."""
    return Reply(build(call.services.settings.public_origin), headers={"Cache-Control": "public, max-age=300"})


def build(origin: str) -> dict[str, Any]:
    """The whole document as a dict."""
    kinds = [k for one in ENDPOINTS for k in (one.params, *_kinds(one.returns)) if k not in (Nothing, dict)]
    _, components = msgspec.json.schema_components([*kinds, Error], ref_template="#/components/schemas/{name}")
    components |= {kind.__name__: {"type": "string", "format": "binary"} for kind in FILES}
    paths: dict[str, dict[str, Any]] = {}
    names: Counter[str] = Counter()
    for one in ENDPOINTS:
        path = re.sub(r":(\w+)", r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = operation = _operation(one, components)
        names[operation["operationId"]] += 1
        if (others := names[operation["operationId"]]) > 1:  # the same by an older address
            operation["operationId"] += f"_{others}"
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parvis client API", "version": __version__, "license": {"name": "AGPL-3.0-or-later"}},
        "servers": [{"url": origin}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "oauth": {
                    "type": "oauth2",
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": f"{origin}/oauth/authorize",
                            "tokenUrl": f"{origin}/oauth/token",
                            "scopes": {s: s for s in sorted({s for o in ENDPOINTS for s in o.policy.scopes})},
                        }
                    },
                }
            },
        },
    }


class Error(msgspec.Struct):
    error: str
    error_description: str | msgspec.UnsetType = msgspec.UNSET
    details: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


def _operation(one: Endpoint, components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        # PUT and PATCH share a handler; the verb keeps their names apart.
        "operationId": f"{one.handler.__module__.rpartition('.')[2]}_{one.handler.__name__}_{one.method.lower()}",
        "summary": one.summary,
        "parameters": _parameters(one, components),
        "responses": _responses(one),
    }
    if one.policy.audience != "public":
        operation["security"] = [{"oauth": list(one.policy.scopes)}]
    elif one.policy.scopes:
        operation["security"] = [{}, {"oauth": list(one.policy.scopes)}]
    if one.method != "GET" and one.params is not Nothing:
        schema = _schema(one.params)
        operation["requestBody"] = {
            "content": {
                kind: {"schema": schema}
                for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
            }
        }
    return operation


def _responses(one: Endpoint) -> dict[str, Any]:
    good = {"content": {one.media_type: {"schema": _schema(one.returns)}}} if one.media_type else {}
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    refusals = {*_ANYWHERE, *one.refusals}
    if one.params is not Nothing or one.method != "GET":
        refusals.add(400)
    if one.method != "GET":
        refusals.add(413)
    return {
        **{str(code): {"description": _WORDS[code]} | (good if code < 300 else {}) for code in one.answers},
        **{str(code): {"description": _WORDS[code]} | error for code in sorted(refusals)},
    }


def _parameters(one: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    named = re.findall(r":(\w+)", one.path)
    properties: dict[str, Any] = {}
    if one.params is not Nothing:
        properties = components[one.params.__name__].get("properties", {})
    found = [
        {"name": name, "in": "path", "required": True, "schema": properties.get(name, {"type": "string"})}
        for name in named
    ]
    if one.method == "GET":
        found += [
            {"name": f"{name}[]" if schema.get("type") == "array" else name, "in": "query", "schema": schema}
            for name, schema in properties.items()
            if name not in named
        ]
    found += [{"name": name, "in": "header", "schema": schema} for name, schema in one.headers.items()]
    return found


def _kinds(returns: Any) -> tuple[Any, ...]:
    """What an answer may be: alternatives of structs are described one by one."""
    return get_args(returns) if isinstance(returns, UnionType) else (returns,)


def _schema(kind: Any) -> dict[str, Any]:
    if len(alternatives := _kinds(kind)) > 1:
        return {"anyOf": [_schema(one) for one in alternatives]}
    (schema,), _ = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return schema
