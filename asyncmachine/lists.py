"""Lists of state names: joined, subtracted, shared, compared, in the order they came in.

States are plain text and lists of them plain sequences, so sets and comprehensions do the rest;
here is what keeps the order, and what schemas are compared and labelled by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from asyncmachine.schema import SchemaLike, read_schema

Names = Iterable[str]


def unique(names: Names) -> tuple[str, ...]:
    """Each name once, where it is met first."""
    return tuple(dict.fromkeys(names))


def join(*lists: Names) -> tuple[str, ...]:
    """All lists, one after the other, each name once."""
    return unique(name for names in lists for name in names)


def without(names: Names, *unwanted: Names) -> tuple[str, ...]:
    """``names`` that are in none of the others."""
    out = set(join(*unwanted))
    return tuple(name for name in names if name not in out)


def shared(names: Names, *others: Names) -> tuple[str, ...]:
    """``names`` that are in all the others too."""
    sets = [set(other) for other in others]
    return tuple(name for name in names if all(name in other for other in sets))


def same(names: Names, other: Names) -> bool:
    """Whether both have the same names, in whatever order and however often."""
    return set(names) == set(other)


def starting_with(names: Names, prefix: str) -> tuple[str, ...]:
    """``names`` that begin with ``prefix``."""
    return tuple(name for name in names if name.startswith(prefix))


def all_but(name: str, names: Names) -> tuple[str, ...]:
    """``names`` without one: what a state of an exclusive group removes."""
    return without(names, [name])


def tag_value(tags: Names, key: str) -> str | None:
    """What comes after ``key:`` in a list of tags; the key itself for a bare tag; else None."""
    for tag in tags:
        if tag == key:
            return key
        if tag.startswith(f"{key}:"):
            return tag[len(key) + 1 :]
    return None


def lacking(schema: SchemaLike, required: SchemaLike) -> tuple[str, ...]:
    """States of ``required`` that ``schema`` doesn't have: none, when it implements the other."""
    return without(read_schema(required), read_schema(schema))


def schema_hash(schema: SchemaLike) -> str:
    """6 hex characters that change with states, flags and relations, not with their order."""
    text = []
    for name, state in sorted(read_schema(schema).items()):
        text.append(f"{name}:")
        text += ["a," * state.auto, "m," * state.multi]
        for relation in (state.after, state.remove, state.add, state.require):
            text += [*(f"{other}," for other in sorted(relation)), ";"]
    return hashlib.md5("".join(text).encode(), usedforsecurity=False).hexdigest()[:6]
