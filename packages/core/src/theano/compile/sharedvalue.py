"""Values that live between calls and are shared by functions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from collections.abc import MutableSequence as _MutableSequence
from typing import Any, NoReturn

from theano.errors import explain
from theano.graph import Type, Variable, generic
from theano.plugin import hook, registry

__all__ = ["Container", "SharedVariable", "generic_constructor", "shared", "shared_constructor"]


class Container:
    """A one-slot store whose values pass through a type's ``filter``.

    Parameters
    ----------
    r : Variable or Type
        What the value must be.
    storage : list of one element
        The slot itself; compiled functions read and write it directly.
    readonly : bool
        Refuse assignment through `value`.
    strict, allow_downcast
        Passed to ``type.filter``.
    name : str, optional
        The input's name; the variable's name by default.
    """

    def __init__(
        self,
        r: Variable | Type,
        storage: list[Any],
        readonly: bool = False,
        strict: bool = False,
        allow_downcast: bool | None = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(storage, list) or len(storage) != 1:
            raise TypeError(
                explain("the storage of a container is a list of one element", repr(storage), "pass [None] or [value]")
            )
        self.type = r if isinstance(r, Type) else r.type
        self.name = name if name is not None or isinstance(r, Type) else r.name
        self.storage = storage
        self.readonly = readonly
        self.strict = strict
        self.allow_downcast = allow_downcast
        # Whether an input was given by f[name] = value and not used by a call yet.
        self.provided = 0

    @property
    def value(self) -> Any:
        """The stored value; assignment filters it, None is stored as it is."""
        return self.storage[0]

    @value.setter
    def value(self, value: Any) -> None:
        if self.readonly:
            raise Exception(f"Cannot set readonly storage: {self.name}")
        self.storage[0] = None if value is None else self.filter(value)

    data = value

    def filter(self, value: Any) -> Any:
        """`value` as the type wants it; raises what ``type.filter`` raises."""
        if self.strict:
            return self.type.filter(value, strict=True)
        return self.type.filter(value, allow_downcast=self.allow_downcast)

    def __repr__(self) -> str:
        return f"<{self.storage[0]!r}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Container:
        # Types are values: copying them would only cost time.
        new = Container.__new__(type(self))
        memo[id(self)] = new
        new.__dict__.update(self.__dict__)
        new.storage = copy.deepcopy(self.storage, memo)
        return new


class SharedVariable(Variable):
    """A variable with a value of its own, shared by all functions that use it.

    Parameters
    ----------
    name : str or None
    type : Type
    value : object
        First value; passes through ``type.filter``. Ignored when `container` is given.
    strict, allow_downcast
        How values are filtered, now and in `set_value`.
    container : Container, optional
        Existing storage to share.
    """

    default_update: Any

    def __init__(
        self,
        name: str | None,
        type: Type,
        value: Any,
        strict: bool | None,
        allow_downcast: bool | None = None,
        container: Container | None = None,
    ) -> None:
        super().__init__(type=type, owner=None, index=None, name=name)
        if container is not None:
            self.container = container
            return
        self.container = Container(
            self, storage=[None], readonly=False, strict=bool(strict), allow_downcast=allow_downcast
        )
        self.container.value = value

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """The current value; a deep copy unless `borrow`.

        With ``borrow=True`` the result may be the storage itself, so that writing to it changes the variable.
        """
        value = self.container.storage[0]
        return value if borrow else copy.deepcopy(value)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Replace the value for all functions; `new_value` is deep copied unless `borrow`.

        Raises
        ------
        TypeError
            The value does not fit the type (the shape may change, dtype and rank may not).
        """
        value = new_value if borrow else copy.deepcopy(new_value)
        try:
            self.container.value = value
        except TypeError as error:
            asked = f"set_value of the shared variable {self.name or 'without a name'}, which is {self.type}"
            raise TypeError(misfit_text(asked, value, error)) from error

    def zero(self, borrow: bool = False) -> None:
        """Set the value to zeros of its shape; in place with ``borrow=True``."""
        if borrow:
            self.container.storage[0][...] = 0
        else:
            self.container.value = 0 * self.container.storage[0]

    def clone(self, name: str | None = None) -> SharedVariable:
        """A new variable with the same container and a copy of the tag."""
        new = self.__class__(
            name=self.name if name is None else name,
            type=self.type,
            value=None,
            strict=None,
            container=self.container,
        )
        new.tag = copy.copy(self.tag)
        return new

    @property
    def value(self) -> NoReturn:
        """Removed accessor: use `get_value` and `set_value`."""
        raise Exception("sharedvar.value does not exist anymore: use get_value() and set_value(), or borrow=True there")

    @value.setter
    def value(self, new_value: Any) -> NoReturn:
        raise Exception("sharedvar.value does not exist anymore: use set_value()")

    def __getitem__(self, *args: Any) -> Any:
        # Tensor shared variables define indexing before this class in their method resolution order.
        value = self.container.storage[0]
        hint = ""
        if hasattr(value, "__len__") and not isinstance(value, str | bytes | dict):
            hint = "; make the value an array first: shared(numpy.asarray(value))"
        raise TypeError(
            explain(
                f"index {self.name or 'a shared variable'}[...]",
                f"a generic shared variable that holds a {type(value).__name__}, which cannot be indexed symbolically",
                "use get_value() and index the result" + hint,
            )
        )


def misfit_text(asked: str, value: Any, error: TypeError) -> str:
    """Tell that `value` does not fit what it is stored in; `error` is what its type said."""
    problem, _, advice = str(error).partition("\n  Do: ")
    kind = type(value).__name__
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        kind += f" of dtype {value.dtype} and shape {tuple(value.shape)}"
    return explain(
        asked,
        f"{kind}. {problem}",
        advice.replace("set allow_input_downcast=True in function", "pass allow_downcast=True where it is made")
        or "give a value of the type, or change the type",
    )


class _Constructors(_MutableSequence[Callable[..., SharedVariable]]):
    """The registry's list of constructors, oldest first; a view, so that plugins load only when it is needed."""

    def __getitem__(self, index: Any) -> Any:
        return registry().shared_constructors[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        registry().shared_constructors[index] = value

    def __delitem__(self, index: Any) -> None:
        del registry().shared_constructors[index]

    def __len__(self) -> int:
        return len(registry().shared_constructors)

    def __iter__(self) -> Iterator[Callable[..., SharedVariable]]:
        return iter(registry().shared_constructors)

    def insert(self, index: int, value: Callable[..., SharedVariable]) -> None:
        registry().shared_constructors.insert(index, value)


_constructors = _Constructors()


def shared_constructor(ctor: Callable[..., SharedVariable], remove: bool = False) -> Callable[..., SharedVariable]:
    """Register `ctor` as the first to be tried by `shared`; with ``remove=True`` take it away again."""
    if remove:
        _constructors.remove(ctor)
    else:
        _constructors.append(ctor)
    return ctor


def shared(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, **kwargs: Any
) -> SharedVariable:
    """Make a shared variable whose class fits `value`.

    Constructors are tried from the last registered to the first, the generic one last; each refuses by ``TypeError``.

    Parameters
    ----------
    value : object
        First value. Arrays keep their dtype; Python numbers become 0-d tensors.
    name : str, optional
    strict, allow_downcast
        How this and later values are filtered.
    **kwargs
        For the constructors (``borrow``, ``broadcastable``, ``target``); one that does not know them is passed over.

    Raises
    ------
    TypeError
        A symbolic value, or no constructor takes these arguments.
    """
    if isinstance(value, Variable):
        raise TypeError(
            explain(
                "a shared variable holds a concrete value",
                f"the symbolic variable {value} of {value.type}",
                "pass its value (a number, an array), or use the variable as it is",
            )
        )
    options = {"name": name, "strict": strict, "allow_downcast": allow_downcast, **kwargs}
    refusals = []
    candidates: list[Callable[..., SharedVariable]] = [*reversed(_constructors), _from_plugin, generic_constructor]
    for ctor in candidates:
        try:
            return ctor(value, **options)
        except TypeError as error:
            refusals.append(f"{getattr(ctor, '__name__', ctor)}: {error}")
        except MemoryError as error:
            error.args = (*error.args, "you might consider using 'theano.shared(..., borrow=True)'")
            raise
    raise TypeError(
        explain(
            f"make a shared variable of a {type(value).__name__} with options {sorted(kwargs)}",
            "no constructor that takes them (" + "; ".join(refusals) + ")",
            "change the options or the value",
        )
    )


shared.constructors = _constructors  # type: ignore[attr-defined]


def _from_plugin(value: Any, **options: Any) -> SharedVariable:
    made = hook("theano_make_shared", value=value, options=options)
    if made is None:
        raise TypeError("no plugin makes shared variables of it")
    result: SharedVariable = made
    return result


def generic_constructor(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None
) -> SharedVariable:
    """A shared variable for any object: it can be passed around, but has no operators."""
    return SharedVariable(type=generic, value=value, name=name, strict=strict, allow_downcast=allow_downcast)
