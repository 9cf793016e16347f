"""Checks an answer against Gmail's discovery document: every name known, every type right."""

from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
}


def misfits(value: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str = "") -> list[str]:
    """Where a value is not what the schema says; empty when it fits."""
    if "$ref" in schema:
        return misfits(value, schemas[schema["$ref"]], schemas, at)
    if schema["type"] == "object":
        known = schema.get("properties", {})
        unknown = [f"{at}.{name} is unknown" for name in value if name not in known]
        inner = [
            misfits(value[name], known[name], schemas, f"{at}.{name}") for name in value if name in known
        ]
        return unknown + [fault for faults in inner for fault in faults]
    if schema["type"] == "array":
        if not isinstance(value, list):
            return [f"{at} is no list"]
        return [fault for one in value for fault in misfits(one, schema["items"], schemas, f"{at}[]")]
    return _plain_misfits(value, schema, at)


def _plain_misfits(value: Any, schema: dict[str, Any], at: str) -> list[str]:
    if not isinstance(value, _TYPES[schema["type"]]):
        return [f"{at} is no {schema['type']}"]
    if schema.get("enum") and value not in schema["enum"]:
        return [f"{at} is none of {schema['enum']}"]
    if schema.get("format") in {"int64", "uint64"} and not str(value).isdecimal():
        return [f"{at} is no number in a text"]
    return []
