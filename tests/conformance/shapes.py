"""Holds requests that change something against the host's own types.

    shapes.py HOST < requests

Requests come as a JSON list of `{"method", "path", "body"}`. The types are those that the host
generates from its OpenAPI document for its own client.
"""

import json
import sys


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


if __name__ == "__main__":
    kinds = list(globals()[sys.argv[1]](json.load(sys.stdin)))
    print(len(kinds), *sorted(set(kinds)))
