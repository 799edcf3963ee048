"""Dataclasses that cost little to define, frozen ones above all.

`dataclasses.dataclass` writes and compiles half a dozen methods for every class when its module is imported; with two
hundred classes of ops, steps and rules that is a large part of the time until the first result. The decorator of this
module compiles ``__init__`` when a class has had a few instances, and shares all other methods between classes. All
else is as in `dataclasses`, whose functions (``fields``, ``replace``, ``is_dataclass``) work on these classes.
"""

from __future__ import annotations

import sys
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass", "field", "own_field_names", "replace"]


class _Fresh:
    """A default that is made anew for each instance."""

    def __init__(self, factory: Any) -> None:
        self.factory = factory


def own_field_names(cls: type) -> tuple[str, ...] | None:
    """Names of the fields of a class that was made by this module's decorator; None for other classes."""
    found = cls.__dict__.get("__frozen__")
    return None if found is None else found[0]


def _fields_of(cls: type) -> dict[str, tuple[Any, bool, Any]] | None:
    """From the names of fields to (annotation, whether there is a default, default); None for unusual classes."""
    fields: dict[str, tuple[Any, bool, Any]] = {}
    for base in cls.__mro__[-1:0:-1]:
        if "__frozen__" in base.__dict__:
            fields.update(base.__dict__["__frozen__"][1])
        elif "__dataclass_fields__" in base.__dict__:
            return None
    for name, annotation in cls.__dict__.get("__annotations__", {}).items():  # noqa: RUF063  before 3.14
        text = str(annotation)
        if "ClassVar" in text:
            continue
        default = cls.__dict__.get(name, fields)
        unusual = type(default).__hash__ is None and default is not fields
        if "InitVar" in text or "KW_ONLY" in text or unusual or hasattr(default, "default_factory"):
            return None
        fields[name] = (annotation, default is not fields, None if default is fields else default)
    defaults = [has_default for _, has_default, _ in fields.values()]
    return fields if defaults == sorted(defaults) and "self" not in fields else None


_FEW = 48
"""Instances of a class that are filled by `_fill`; compiling ``__init__`` takes as long as filling fifty."""


class _Init:
    """Stands for ``__init__`` until it is looked up on the class, or for more than a few instances."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.left = _FEW

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is not None and self.left:
            self.left -= 1
            return lambda *args, **kwargs: _fill(self.cls, instance, args, kwargs)
        function = _compile_init(self.cls)
        self.cls.__init__ = function  # type: ignore[misc]
        return function if instance is None else function.__get__(instance, owner)


def _fill(cls: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """What ``cls.__init__`` does, which says what is wrong with the arguments if something is."""
    names, fields, _ = cls.__frozen__
    values = dict(zip(names, args, strict=False))
    fits = len(args) <= len(names) and values.keys().isdisjoint(kwargs) and kwargs.keys() <= fields.keys()
    values.update(kwargs)
    for name, (_, has_default, default) in fields.items() if fits and len(values) < len(names) else ():
        if name not in values:
            fits = fits and has_default
            values[name] = default.factory() if isinstance(default, _Fresh) else default
    if not fits:
        cls.__init__(instance, *args, **kwargs)
        return
    store = object.__setattr__ if "__setattr__" in cls.__dict__ else setattr
    for name in names:
        store(instance, name, values[name])
    if hasattr(cls, "__post_init__"):
        instance.__post_init__()


def _compile_init(cls: Any) -> Any:
    fields = cls.__frozen__[1]
    known = {f"_{name}": default for name, (_, has_default, default) in fields.items() if has_default}
    known["_set"] = object.__setattr__
    parameters = [f"{name}=_{name}" if has_default else name for name, (_, has_default, _) in fields.items()]
    made = [name for name, (_, _, default) in fields.items() if isinstance(default, _Fresh)]
    body = [f"{name} = _{name}.factory() if {name} is _{name} else {name}" for name in made]
    frozen = "__setattr__" in cls.__dict__
    body += [f"_set(self, {name!r}, {name})" if frozen else f"self.{name} = {name}" for name in fields]
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    exec(f"def __init__({', '.join(['self', *parameters])}):\n " + "\n ".join(body or ["pass"]), known)
    function = known["__init__"]
    function.__qualname__ = f"{cls.__qualname__}.__init__"
    function.__module__ = cls.__module__
    function.__annotations__ = {name: annotation for name, (annotation, _, _) in fields.items()} | {"return": None}
    return function


class _Standard:
    """Stands for what `dataclasses` wants to find on a class until somebody looks for it."""

    def __init__(self, cls: Any, name: str) -> None:
        self.cls, self.name = cls, name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        import dataclasses  # lazy: most classes do without

        model = dataclasses.make_dataclass("model", ["field"], frozen="__setattr__" in self.cls.__dict__)
        kind = model.__dataclass_fields__["field"]._field_type
        found = {}
        for name, (annotation, has_default, default) in self.cls.__frozen__[1].items():
            field: Any = dataclasses.field()
            if isinstance(default, _Fresh):
                field = dataclasses.field(default_factory=default.factory)
            elif has_default:
                field = dataclasses.field(default=default)
            field.name, field.type, field.kw_only, field._field_type = name, annotation, False, kind
            found[name] = field
        self.cls.__dataclass_fields__ = found
        self.cls.__dataclass_params__ = model.__dataclass_params__
        return getattr(self.cls, self.name)


_Made = TypeVar("_Made")


def replace(value: _Made, /, **changes: Any) -> _Made:
    """`dataclasses.replace` for classes of this module: what is not changed is copied without looking at each field.

    >>> @dataclass(frozen=True)
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> replace(Point(1), y=2)
    Point(x=1, y=2)
    """
    cls: Any = type(value)
    names = own_field_names(cls)
    if names is None or hasattr(cls, "__post_init__") or not changes.keys() <= set(names):
        import dataclasses  # lazy: ordinary dataclasses and mistakes

        return dataclasses.replace(value, **changes)  # type: ignore[type-var]
    kept = value.__dict__
    made = cls.__new__(cls)
    made.__dict__.update({name: changes[name] if name in changes else kept[name] for name in names})
    return made  # type: ignore[no-any-return]


def _set(self: Any, name: str, value: Any) -> None:
    _refuse(self, name, "assign to")
    object.__setattr__(self, name, value)


def _delete(self: Any, name: str) -> None:
    _refuse(self, name, "delete")
    object.__delattr__(self, name)


def _refuse(self: Any, name: str, doing: str) -> None:
    if "__frozen__" in type(self).__dict__ or name in self.__frozen__[1]:
        from dataclasses import FrozenInstanceError  # lazy: only for mistakes

        raise FrozenInstanceError(f"cannot {doing} field {name!r}")


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = self.__frozen__[2]
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash((self.__frozen__[2](self),))


def _text(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__frozen__[0])
    return f"{type(self).__qualname__}({shown})"


def _make(cls: Any, frozen: bool, eq: bool, repr: bool) -> Any:
    fields = _fields_of(cls) if sys.version_info < (3, 14) else None  # annotations are computed late from there on
    own = cls.__dict__
    if fields is None or "__setattr__" in own or "__delattr__" in own or (not frozen and cls.__setattr__ is _set):
        import dataclasses  # lazy: unusual classes only

        for name, default in own.items():
            if isinstance(default, _Fresh):
                setattr(cls, name, dataclasses.field(default_factory=default.factory))
        return dataclasses.dataclass(frozen=frozen, eq=eq, repr=repr)(cls)
    names = tuple(fields)
    cls.__frozen__ = (names, fields, attrgetter(*names) if names else lambda value: ())
    if frozen:
        cls.__setattr__, cls.__delattr__ = _set, _delete
    for name in names:
        if isinstance(own.get(name), _Fresh):
            delattr(cls, name)
    for name in ("__dataclass_fields__", "__dataclass_params__"):
        setattr(cls, name, _Standard(cls, name))
    if "__init__" not in own:
        cls.__init__ = _Init(cls)
    if "__match_args__" not in own:
        cls.__match_args__ = names
    if repr and "__repr__" not in own:
        cls.__repr__ = _text
    if eq:
        if own.get("__hash__") is None:
            cls.__hash__ = _hash if frozen else None
        if "__eq__" not in own:
            cls.__eq__ = _equal
    return cls


if TYPE_CHECKING:
    from dataclasses import dataclass, field
else:

    def field(*, default_factory: Any) -> Any:
        """A default that is made anew for each instance, as `dataclasses.field` says it."""
        return _Fresh(default_factory)

    def dataclass(*, frozen: bool = False, eq: bool = True, repr: bool = True) -> Any:
        """`dataclasses.dataclass`, less what its caller does not need.

        >>> @dataclass(frozen=True)
        ... class Point:
        ...     x: int
        ...     y: int = 0
        >>> Point(1), Point(1) == Point(1, 0), hash(Point(2)) == hash(Point(2, 0))
        (Point(x=1, y=0), True, True)
        """
        return lambda cls: _make(cls, frozen, eq, repr)
