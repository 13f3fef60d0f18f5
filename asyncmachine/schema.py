"""Schemas: states with flags and four relations, as a dict or as a class.

::

    Machine({"Green": State(auto=True), "Red": State(remove=["Green"])})

    class Light(Schema):
        Green = State(auto=True)
        Red = State(remove=[Green])      # names or the states themselves

    Machine(Light).add(Light.Red)        # Light.Red is the text "Red": a typed constant

A schema given to a machine is checked (unknown names, contradictions) and cleaned: what is left is
what the resolver compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, overload

from asyncmachine.errors import SchemaError, suggest

RELATIONS = ("require", "add", "remove", "after")
_FIELDS = ("auto", "multi", *RELATIONS, "tags")


class State:
    """One state of a schema. Immutable; relations are tuples of state names.

    auto: the machine activates the state by itself whenever nothing is against it.
    multi: adding it while it is active counts as a new activation (2 ticks).
    require: states without which it can't be. add: states it brings along.
    remove: states it drives out and keeps out. after: states whose handlers run before its own.
    tags: free text, ``key`` or ``key:value``.
    """

    __slots__ = ("_relations", "auto", "multi", "name", "tags")

    def __init__(
        self,
        auto: bool = False,
        multi: bool = False,
        require: Iterable[str | State] | str | State = (),
        add: Iterable[str | State] | str | State = (),
        remove: Iterable[str | State] | str | State = (),
        after: Iterable[str | State] | str | State = (),
        tags: Iterable[str] | str = (),
    ) -> None:
        self.name = ""
        self.auto = bool(auto)
        self.multi = bool(multi)
        self.tags: tuple[str, ...] = (tags,) if isinstance(tags, str) else tuple(tags)
        self._relations = tuple(map(_references, (require, add, remove, after)))

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type[Schema]) -> str: ...
    @overload
    def __get__(self, instance: object, owner: Any = None) -> Self: ...
    def __get__(self, instance: object, owner: Any = None) -> str | Self:
        """In a Schema class a state reads as its own name."""
        if instance is None and isinstance(owner, type) and issubclass(owner, Schema):
            return self.name
        return self

    def _names(self, relation: int) -> tuple[str, ...]:
        return tuple(r if isinstance(r, str) else r.name for r in self._relations[relation])

    @property
    def require(self) -> tuple[str, ...]:
        """States without which this one can't be active."""
        return self._names(0)

    @property
    def add(self) -> tuple[str, ...]:
        """States that this one brings along."""
        return self._names(1)

    @property
    def remove(self) -> tuple[str, ...]:
        """States that this one drives out and keeps out."""
        return self._names(2)

    @property
    def after(self) -> tuple[str, ...]:
        """States whose handlers run before this one's."""
        return self._names(3)

    def replace(self, **fields: Any) -> State:
        """A copy with the given fields replaced."""
        values = {field: getattr(self, field) for field in _FIELDS}
        return State(**{**values, **fields})

    def extend(self, overlay: State) -> State:
        """A copy with flags of ``overlay`` switched on and its relations appended; tags stay."""
        joined = {r: _unique((*getattr(self, r), *getattr(overlay, r))) for r in RELATIONS}
        return self.replace(
            auto=self.auto or overlay.auto, multi=self.multi or overlay.multi, **joined
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, empty fields left out."""
        fields = {field: getattr(self, field) for field in _FIELDS}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items() if v}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in _FIELDS)

    def __repr__(self) -> str:
        fields = ((field, getattr(self, field)) for field in _FIELDS)
        return f"State({', '.join(f'{k}={v!r}' for k, v in fields if v)})"


class Schema:
    """Base of schemas written as classes; inherits states, which then form groups.

    ``Groups``, a nested class, may list further groups: ``class Groups: Network = ("Up", "Down")``.
    """

    _own: ClassVar[dict[str, State]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._own = {name: v for name, v in vars(cls).items() if isinstance(v, State)}

    @classmethod
    def states(cls) -> dict[str, State]:
        """All states, those of the bases first, each where it is met first; the latest wins."""
        found: dict[str, State] = {}
        for base in reversed(cls.__mro__):
            if issubclass(base, Schema):
                found.update(base._own)
        return found

    @classmethod
    def groups(cls) -> dict[str, tuple[str, ...]]:
        """Names by group: listed ones, own states as ``self``, each base by its class name."""
        groups: dict[str, tuple[str, ...]] = {}
        taken: set[str] = set()
        listed = cls.__dict__.get("Groups")
        if listed is not None:
            for name, members in vars(listed).items():
                if not name.startswith("_"):
                    groups[name] = _names_of(members)
        for base in cls.__mro__:
            if base is Schema or not issubclass(base, Schema):
                continue
            own = tuple(name for name in base._own if name not in taken and name != "Exception")
            taken.update(own)
            if own:
                groups["self" if base is cls else base.__name__] = own
        return groups


SchemaLike = Mapping[str, "State | Mapping[str, Any]"] | type[Schema]
"""What a machine can be made from: a mapping of definitions, or a Schema class."""


def _references(value: Iterable[str | State] | str | State) -> tuple[str | State, ...]:
    return (value,) if isinstance(value, str | State) else tuple(value)


def _names_of(members: Any) -> tuple[str, ...]:
    return tuple(m if isinstance(m, str) else m.name for m in _references(members))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def read_schema(source: SchemaLike) -> dict[str, State]:
    """Definitions by name, as declared. Raises SchemaError for what is no definition."""
    if isinstance(source, type) and issubclass(source, Schema):
        return source.states()
    if not isinstance(source, Mapping):
        raise SchemaError(f"a schema is a mapping or a Schema class, not {source!r}")
    return {name: _read_state(name, definition) for name, definition in source.items()}


def _read_state(name: str, definition: State | Mapping[str, Any]) -> State:
    if not isinstance(name, str) or not name:
        raise SchemaError(f"states have names, not {name!r}")
    if isinstance(definition, State):
        return definition
    if not isinstance(definition, Mapping):
        raise SchemaError(f"state {name}: expected State(...), not {definition!r}")
    for field, value in definition.items():
        if field not in _FIELDS:
            raise SchemaError(f"state {name}: unknown field {field!r}{suggest(field, _FIELDS)}")
        if field in ("auto", "multi") and not isinstance(value, bool):
            raise SchemaError(f"state {name}: {field} is true or false, not {value!r}")
    return State(**definition)


@dataclass(frozen=True)
class CleanSchema:
    """A schema fit for the resolver, and what was wrong with it."""

    states: dict[str, State]
    conflicts: tuple[tuple[str, str], ...]

    def conflict_text(self) -> str:
        """One line per state that requires what it removes."""
        return "\n".join(
            f"schema error: require-remove conflict for {state} to {other}"
            for state, other in self.conflicts
        )


def check_schema(schema: Mapping[str, State]) -> None:
    """Refuse names that no state has, and states that require what they remove.

    Raises SchemaError naming the state, the relation and the nearest spelling.
    """
    for name, state in schema.items():
        for relation in RELATIONS:
            for other in getattr(state, relation):
                if other in schema or (other == "Exception" and relation == "require"):
                    continue
                if other == "Exception":
                    raise SchemaError(
                        f"state {name}: {relation} names Exception, which the schema must list "
                        "for that: Exception=State(multi=True)"
                    )
                raise SchemaError(
                    f"state {name}: {relation} names {other!r}, which is no state"
                    f"{suggest(other, schema)}"
                )
    conflicts = clean_schema(schema).conflicts
    if conflicts:
        name, other = conflicts[0]
        raise SchemaError(f"state {name}: both require and remove name {other}")


def clean_schema(schema: Mapping[str, State]) -> CleanSchema:
    """Take out what can't mean anything: own names, unknown names, an Add's own Remove.

    Unknown names stay in ``require``: such a state can never be active.
    """
    states: dict[str, State] = {}
    conflicts: list[tuple[str, str]] = []
    for name, state in schema.items():
        remove = list(state.remove)
        _drop_first(remove, name)
        add = list(state.add)
        for other in state.add:
            if other in remove:
                remove.remove(other)
            elif other not in schema:
                add.remove(other)
        # An Exception that the machine will make passes the above when Remove names it, too.
        add = [other for other in add if other in schema or other == "Exception"]
        after = list(state.after)
        _drop_first(after, name)
        conflicts += [(name, other) for other in state.require if other in remove]
        states[name] = state.replace(
            add=add,
            remove=[other for other in remove if other in schema],
            after=[other for other in after if other in schema],
        )
    return CleanSchema(states, tuple(conflicts))


def _drop_first(names: list[str], name: str) -> None:
    if name in names:
        names.remove(name)


def merge(*schemas: SchemaLike) -> dict[str, State]:
    """One schema of several; a later definition of a state replaces an earlier one whole."""
    merged: dict[str, State] = {}
    for schema in schemas:
        merged.update(read_schema(schema))
    return merged


def extend(base: SchemaLike, overlay: SchemaLike) -> dict[str, State]:
    """``base`` with the definitions of ``overlay`` added to its own (see State.extend)."""
    extended = dict(read_schema(base))
    for name, state in read_schema(overlay).items():
        extended[name] = extended[name].extend(state) if name in extended else state
    return extended


def prefix(
    schema: SchemaLike,
    text: str,
    *,
    remove_dups: bool = False,
    allow: Iterable[str] = (),
    skip: Iterable[str] = (),
) -> dict[str, State]:
    """``schema`` with ``text`` before every name, relations included.

    allow, skip: unprefixed names, only these or all but these are prefixed. remove_dups: a name
    that begins with ``text`` already is left alone.
    """
    allowed, skipped = set(allow), set(skip)

    def rename(name: str) -> str:
        if (allowed and name not in allowed) or name in skipped:
            return name
        if remove_dups and name.startswith(text):
            return name
        return text + name

    return {
        rename(name): state.replace(**_renamed(state, rename))
        for name, state in read_schema(schema).items()
    }


def _renamed(state: State, rename: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
    return {r: tuple(rename(other) for other in getattr(state, r)) for r in RELATIONS}


def states_by_tag(schema: SchemaLike, tag: str) -> tuple[str, ...]:
    """Names of the states tagged ``tag`` or ``tag:value``."""
    start = tag + ":"
    return tuple(
        name
        for name, state in read_schema(schema).items()
        if any(t == tag or t.startswith(start) for t in state.tags)
    )
