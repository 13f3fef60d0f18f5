"""Settings against their schema: what is wrong, in one line, and what would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, inspect

from am_dbg.errors import UserError, nearest
from am_dbg.settings.schema import INTERNAL, Settings


class Row(NamedTuple):
    """A setting: its full name, what values it may have, its default, and words for it."""

    name: str
    allowed: str
    default: Any
    words: str


def check(tables: Mapping[str, Any], where: str, kind: type[Struct] = Settings) -> None:
    """Raises UserError for the first name or value that isn't allowed; ``where`` begins it."""
    _check(tables, where, kind, "")


def _check(tables: Mapping[str, Any], where: str, kind: type[Struct], prefix: str) -> None:
    fields = {field.name: field for field in _fields(kind)}
    for name, value in tables.items():
        field = fields.get(name)
        if field is None:
            near = nearest(name, fields) or f"; there are {', '.join(fields)}"
            raise UserError(f"{where}: no setting {prefix}{name}{near}")
        inner = _struct_of(field.type)
        if inner is not None and isinstance(value, Mapping):
            _check(value, where, inner, f"{prefix}{name}.")
            continue
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError:
            raise UserError(
                f"{where}: {prefix}{name} = {_short(value)} is not allowed"
                f"{_near_choice(value, field.type)}; it is {allowed(field.type)}"
            ) from None


def rows(kind: type[Struct] = Settings, prefix: str = "") -> Iterator[Row]:
    """Every setting, tables unfolded."""
    for field in _fields(kind):
        inner = _struct_of(field.type)
        if inner is not None:
            yield from rows(inner, f"{prefix}{field.name}.")
        else:
            default = field.default
            if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
                default = field.default_factory()
            words = _description(field.type)
            yield Row(f"{prefix}{field.name}", allowed(field.type), default, words)


def _fields(kind: type[Struct]) -> list[msgspec.structs.FieldInfo]:
    return [field for field in msgspec.structs.fields(kind) if field.name not in INTERNAL]


def allowed(annotation: Any) -> str:
    """What values a type allows, in words."""
    return _in_words(_plain(inspect.type_info(annotation)))


def _in_words(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.LiteralType):
        return "one of " + ", ".join(str(value) for value in kind.values)
    if isinstance(kind, inspect.BoolType):
        return "true or false"
    if isinstance(kind, (inspect.IntType, inspect.FloatType)):
        name = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
        if kind.ge is not None and kind.le is not None:
            return f"{name} from {kind.ge:g} to {kind.le:g}"
        if kind.ge is not None:
            return f"{name}, {kind.ge:g} or more"
        return f"{name} above {kind.gt:g}" if kind.gt is not None else name
    if isinstance(kind, inspect.ListType):
        return f"a list, each {_in_words(_plain(kind.item_type))}"
    if isinstance(kind, inspect.DictType):
        key = _plain(kind.key_type)
        names = (
            f" of {', '.join(map(str, key.values))}" if isinstance(key, inspect.LiteralType) else ""
        )
        return f"a table{names}, each value {_in_words(_plain(kind.value_type))}"
    return "a table" if isinstance(kind, inspect.StructType) else "a text"


def _plain(kind: inspect.Type) -> inspect.Type:
    return _plain(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _struct_of(annotation: Any) -> type[Struct] | None:
    kind = _plain(inspect.type_info(annotation))
    return kind.cls if isinstance(kind, inspect.StructType) else None


def _description(annotation: Any) -> str:
    kind = inspect.type_info(annotation)
    extra = kind.extra_json_schema if isinstance(kind, inspect.Metadata) else None
    return str((extra or {}).get("description", ""))


def _near_choice(value: Any, annotation: Any) -> str:
    kind = _plain(inspect.type_info(annotation))
    if isinstance(kind, inspect.ListType):
        kind = _plain(kind.item_type)
    if not isinstance(kind, inspect.LiteralType):
        return ""
    given = value if isinstance(value, list) else [value]
    wrong = [one for one in given if one not in kind.values]
    return nearest(str(wrong[0]), map(str, kind.values)) if wrong else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
