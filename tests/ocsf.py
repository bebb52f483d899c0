"""OCSF's own schema, as its packages on the index carry it, asked about entries."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema


@cache
def _schemas(version: str) -> OcsfJsonSchemaEmbedded:
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version))


@cache
def _validator(version: str, class_uid: int, profiles: tuple[str, ...]) -> Draft202012Validator:
    schemas = _schemas(version)
    name = schemas.lookup_class_name_from_uid(class_uid)
    return Draft202012Validator(schemas.get_class_schema(name, list(profiles)))


def complaints(event: dict[str, Any]) -> list[str]:
    """What OCSF's schema has against an event, besides what we add to it and say so.

    That is `rpa`, `_sd` and `_sd_alg` (RFC 9901): a state whose values stand as digests has its uid there.
    """
    plain = {name: value for name, value in event.items() if name not in ("rpa", "_sd_alg")}
    for name in ("entity", "entity_result"):
        if name in plain:
            state = dict(plain[name])
            if state.pop("_sd", None):
                state.setdefault("uid", "among the digests")
            plain[name] = state
    metadata = event["metadata"]
    profiles = tuple(metadata.get("profiles", ()))
    validator = _validator(metadata["version"], event["class_uid"], profiles)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(plain)]
