"""Variables and constants: the values that an expression names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from theano.errors import explain
from theano.graph.pickling import reduce_graph_member
from theano.graph.tag import Scratchpad

if TYPE_CHECKING:
    from theano.graph.apply import Apply
    from theano.graph.type import Type


class Variable:
    """A symbolic value. Hashed by identity.

    Parameters
    ----------
    type : Type
    owner : Apply, optional
        The node that computes it; None for inputs.
    index : int, optional
        Which output of `owner` it is.
    name : str, optional
    """

    __slots__ = ("__dict__", "__weakref__", "_number", "index", "name", "owner", "tag", "type")
    _serial = 0

    def __init__(
        self, type: Type, owner: Apply | None = None, index: int | None = None, name: str | None = None
    ) -> None:
        if owner is not None and index is None:
            raise TypeError(explain("make the output of a node", "no index", "say which output it is"))
        if name is not None and not isinstance(name, str):
            raise TypeError(explain("name a variable", f"name {name!r} of {name.__class__.__name__}", "give a str"))
        self.tag = Scratchpad()
        self.type = type
        self.owner = owner
        self.index = index
        self.name = name
        Variable._serial = self._number = Variable._serial + 1

    @property
    def auto_name(self) -> str:
        """A name that no other variable of this process has: ``auto_<number>``."""
        return f"auto_{self._number}"

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.owner is None:
            return f"<{self.type}>"
        op = self.owner.op
        if self.index == getattr(op, "default_output", None) or (
            len(self.owner.outputs) == 1 and getattr(op, "default_output", None) is None
        ):
            return f"{op}.out"
        return f"{op}.{self.index}"

    def __repr__(self) -> str:
        return str(self)

    def clone(self, name: str | None = None) -> Variable:
        """Return a new variable of the same type and name that no node owns."""
        twin = self.type.make_variable(name if name is not None else self.name)
        if not isinstance(twin, self.__class__) and self.__class__.__init__ is Variable.__init__:
            twin = self.__class__(self.type, name=twin.name)
        notes = self.tag
        if type(notes) is Scratchpad and not twin.tag.__dict__:
            twin.tag.__dict__.update(notes.__dict__)  # as below, without another object for each variable of a graph
        else:
            twin.tag = notes.__copy__()
        return twin

    def get_parents(self) -> list[Apply]:
        """The node that computes this variable, in a list; empty for inputs."""
        return [] if self.owner is None else [self.owner]

    def eval(self, inputs_to_values: dict[Variable, Any] | None = None) -> Any:
        """Compute the value of this expression.

        Parameters
        ----------
        inputs_to_values : dict
            A value for each input that is not a constant or shared variable.

        Notes
        -----
        The compiled function is kept on the variable, one for each set of inputs.
        """
        values = {} if inputs_to_values is None else inputs_to_values
        for key in values:
            if not isinstance(key, Variable):
                raise TypeError(explain("evaluate with values for inputs", f"key {key!r}", "use variables as keys"))
        inputs = sorted(values, key=id)
        cache = self.__dict__.setdefault("_eval_functions", {})
        signature = tuple(inputs)
        if signature not in cache:
            compiler = import_module("theano.compile")  # by name: compilation stands above graphs
            cache[signature] = compiler.function(list(inputs), self)
        return cache[signature](*[values[i] for i in inputs])

    def _no_order(self, other: object) -> Any:
        raise NotImplementedError(
            explain("compare two variables", f"variables of {self.type}", "only tensors can be ordered")
        )

    __lt__ = __le__ = __gt__ = __ge__ = _no_order

    def __reduce_ex__(self, protocol: Any) -> Any:
        return reduce_graph_member(self, self.owner, protocol)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.pop("_eval_functions", None)
        for name in ("index", "name", "owner", "tag", "type"):
            state[name] = getattr(self, name)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        Variable._serial = self._number = Variable._serial + 1


class AtomicVariable(Variable):
    """A variable that no node may ever own."""

    def __init__(self, type: Type, name: str | None = None) -> None:
        super().__init__(type, None, None, name)


class Constant(AtomicVariable):
    """A variable with a fixed value, which must not be changed.

    Parameters
    ----------
    type : Type
    data : object
        Passed through ``type.filter``.
    name : str, optional
    """

    __slots__ = ("data",)

    def __init__(self, type: Type, data: Any, name: str | None = None) -> None:
        super().__init__(type, name)
        self.data = type.filter(data)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "owner" and value is not None:
            raise ValueError(explain("set the owner of a constant", f"{value}", "constants are never computed"))
        object.__setattr__(self, name, value)

    def signature(self) -> Any:
        """A hashable value; constants with equal signatures may be merged."""
        return (self.type, self.data)

    merge_signature = signature

    def equals(self, other: Any) -> bool:
        """Whether `other` is a constant of the same type and value."""
        return isinstance(other, Constant) and self.signature() == other.signature()

    def clone(self, name: str | None = None) -> Constant:
        """Return a constant with the same value."""
        twin = self.__class__(self.type, self.data, name if name is not None else self.name)
        twin.tag = self.tag.__copy__()
        return twin

    @property
    def value(self) -> Any:
        """The value (an old name of `data`)."""
        return self.data

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        text = str(self.data).replace("\n", "")
        if len(text) > 20:
            text = f"{text[:10]}...{text[-10:]}"
        return f"{self.__class__.__name__}{{{text}}}"

    __repr__ = __str__

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state["data"] = self.data
        return state
