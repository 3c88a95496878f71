"""What the OpenAPI document says of routes that read their requests themselves."""

from typing import Any

from pydantic import TypeAdapter

from sonalyze_storage.api.inputs import PageQuery

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` of the row as it was read; if it has changed since, 412.",
}


def body(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Describe a JSON body."""
    content = {"application/json": {"schema": _schema(adapter)}}
    return {"requestBody": {"required": True, "content": content}}


def path(value: Any) -> dict[str, Any]:  # noqa: ANN401  any type that pydantic reads
    """Describe the last part of a path."""
    schema = _schema(TypeAdapter(value))
    return {"parameters": [{"name": "value", "in": "path", "required": True, "schema": schema}]}


def query(of: type[PageQuery]) -> dict[str, Any]:
    """Describe the query of a list."""
    properties = _schema(TypeAdapter(of))["properties"]
    described = [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]
    return {"parameters": described}


def _schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    schema = adapter.json_schema()
    parts = schema.pop("$defs", {})
    whole = _whole(schema, parts)
    assert isinstance(whole, dict)  # noqa: S101  it was one
    return whole


def _whole(schema: object, parts: dict[str, Any]) -> object:
    """Put the parts of a schema where it refers to them."""
    match schema:
        case {"$ref": str(name)}:
            return _whole(parts[name.rpartition("/")[2]], parts)
        case dict():
            return {key: _whole(value, parts) for key, value in schema.items()}
        case list():
            return [_whole(value, parts) for value in schema]
    return schema
