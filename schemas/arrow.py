"""One definition of each column: a pydantic model read as an Arrow schema.

Descriptions travel in the Arrow field metadata, so that Parquet files, the site and the
documentation repeat what the model says and cannot drift from it.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Collection
from datetime import date, datetime
from enum import Enum
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

_SCALARS: dict[type, pa.DataType] = {
    str: pa.string(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    datetime: pa.timestamp("us", tz="UTC"),
    date: pa.date32(),
}


def schema_of(model: type[BaseModel], without: Collection[str] = ()) -> pa.Schema:
    """The Arrow schema of `model`; each field carries its `description` as metadata.

    without: fields of the model that the table does not have.
    """
    return pa.schema(_fields(model, without))


def descriptions(schema: pa.Schema) -> dict[str, str]:
    """Column name to description, for every field of `schema` that has one."""
    return {
        field.name: field.metadata[b"description"].decode()
        for field in schema
        if field.metadata and b"description" in field.metadata
    }


def described(name: str, kind: pa.DataType, description: str, *, nullable: bool = True) -> pa.Field:
    """An Arrow field that says what it holds."""
    return pa.field(name, kind, nullable, {"description": description})


def _fields(model: type[BaseModel], without: Collection[str] = ()) -> list[pa.Field]:
    return [
        pa.field(
            name,
            _type(field.annotation),
            True,
            {"description": field.description} if field.description else None,
        )
        for name, field in model.model_fields.items()
        if name not in without
    ]


def _type(annotation: Any) -> pa.DataType:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (a for a in arguments if a is not type(None))
        return _type(inner)
    if origin in (list, tuple):
        return pa.list_(_type(arguments[0]))
    if origin is dict:
        return pa.map_(_type(arguments[0]), _type(arguments[1]))
    if origin is typing.Literal:
        return pa.string()
    if origin is typing.Annotated:
        return _type(arguments[0])
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return pa.struct(_fields(annotation))
        if issubclass(annotation, Enum):
            return pa.string()
        if annotation in _SCALARS:
            return _SCALARS[annotation]
    raise TypeError(f"no Arrow type for {annotation!r}")
