"""Holds requests that change something against the host's own types.

    shapes.py HOST < requests

Requests come as a JSON list of `{"method", "path", "body"}`. The types are those of the host's own
client, or of the document that it is made from.
"""

import json
import sys


def azure(requests):
    from azure.mgmt.dns.v2018_05_01 import models

    def hold(value, model):
        paths = {part["key"]: part["type"] for part in model._attribute_map.values()}
        for name, part in value.items():
            kind = paths[name].strip("[]{}")
            plain = {"str": str, "int": int}.get(kind)
            for one in part if isinstance(part, list) else [part]:
                if plain:
                    assert type(one) is plain, (name, one)
                else:
                    hold(one, getattr(models, kind))

    for request in requests:
        yield request["method"]
        if request["method"] == "PUT":
            properties = request["body"]["properties"]
            hold({f"properties.{name}": part for name, part in properties.items()}, models.RecordSet)


def cloudflare(requests):
    from cloudflare.types.dns import record_batch_params as types
    from pydantic import TypeAdapter

    kinds = {
        "deletes": types.Delete,
        "patches": types.BatchPatchParam,
        "posts": types.Post,
        "puts": types.BatchPutParam,
    }
    for request in requests:
        body = request["body"]
        assert set(body) <= set(kinds), body
        for kind, records in body.items():
            for record in records:
                TypeAdapter(kinds[kind]).validate_python(record, strict=True)
                yield kind


def google(requests):
    from importlib.resources import files

    documents = files("googleapiclient.discovery_cache") / "documents"
    schemas = json.loads((documents / "dns.v1.json").read_text())["schemas"]

    def hold(value, schema):
        if "$ref" in schema:
            schema = schemas[schema["$ref"]]
        kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
        assert type(value) is kinds[schema["type"]], (value, schema["type"])
        if schema["type"] == "object":
            assert set(value) <= set(schema["properties"]), value
            for name, part in value.items():
                hold(part, schema["properties"][name])
        if schema["type"] == "array":
            for part in value:
                hold(part, schema["items"])

    for request in requests:
        hold(request["body"], schemas["Change"])
        yield from (kind for kind, sets in request["body"].items() if sets)


if __name__ == "__main__":
    kinds = list(globals()[sys.argv[1]](json.load(sys.stdin)))
    print(len(kinds), *sorted(set(kinds)))
