"""Operations: what a node does."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from theano.configuration import config
from theano.errors import MethodNotDefined, OpDefinitionError, explain
from theano.frozen import dataclass, own_field_names
from theano.graph.apply import Apply
from theano.graph.tag import Scratchpad
from theano.graph.trace import capture


def frozen_op(cls: type) -> type:
    """Make an op class a frozen dataclass whose fields are its parameters.

    Equality, hash and text come from `Op`: same class and equal fields.

    Examples
    --------
    >>> @frozen_op
    ... class Scale(Op):
    ...     factor: float = 1.0
    >>> Scale(2.0) == Scale(2.0), str(Scale(2.0))
    (True, 'Scale{factor=2.0}')
    """
    made: type = dataclass(frozen=True, repr=False, eq=False)(cls)
    return made


class Op:
    """Base of all operations.

    A subclass defines ``make_node(*inputs) -> Apply`` and ``perform(node, inputs, output_storage)``. It may define
    ``infer_shape(node, shapes)``, ``L_op(inputs, outputs, output_grads)`` or ``grad(inputs, output_grads)``,
    ``R_op(inputs, eval_points)``, ``connection_pattern(node)``, ``lower(node, build)`` and the attributes ``view_map``,
    ``destroy_map``, ``default_output``. Instead of ``make_node``, the attributes ``itypes`` and ``otypes`` may list
    types.

    Parameters of the op are the fields of a frozen dataclass (see `frozen_op`) or the attributes named in
    ``__props__``; ops with equal parameters are equal, so equal nodes merge. An op with neither is equal to itself
    only.
    """

    default_output: int | None = None
    view_map: dict[int, list[int]] = {}
    destroy_map: dict[int, list[int]] = {}
    __props__: tuple[str, ...]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__eq__" in cls.__dict__ and "__hash__" not in cls.__dict__:
            return  # Python makes it unhashable; say so only if it is ever hashed
        cls._parameter_names = cls._get_key = None  # type: ignore[attr-defined]

    @classmethod
    def parameter_names(cls) -> tuple[str, ...] | None:
        """Names of the attributes that make two ops of this class equal; None if only identity does."""
        names = cls.__dict__.get("_parameter_names")
        if names is None:
            props = getattr(cls, "__props__", None)
            if props is not None:
                names = tuple(props)
            else:
                names = own_field_names(cls)
                if names is None and hasattr(cls, "__dataclass_fields__"):
                    import dataclasses  # lazy: ops that are ordinary dataclasses

                    names = tuple(f.name for f in dataclasses.fields(cls) if f.compare)  # type: ignore[arg-type]
                elif names is None:
                    names = ()
                    cls._identity_only = True  # type: ignore[attr-defined]
            cls._parameter_names = names  # type: ignore[attr-defined]
        return None if not names and cls.__dict__.get("_identity_only") else names

    def _key(self) -> tuple[Any, ...] | None:
        cls = type(self)
        getter = cls.__dict__.get("_get_key")
        if getter is None:
            names = self.parameter_names()
            read = attrgetter(*names) if names else None
            getter = cls._get_key = (names is None, read, len(names or ()))  # type: ignore[attr-defined]
        if getter[1] is None:
            return None if getter[0] else ()
        values: Any = getter[1](self)
        return (values,) if getter[2] == 1 else values

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        key = self._key()
        return key is not None and key == other._key()

    def __hash__(self) -> int:
        cls = type(self)
        # Values of frozen classes cannot change, so they are hashed once; `__getstate__` leaves the number out.
        kept = "__frozen__" in cls.__dict__ and cls.__getstate__ is Op.__getstate__
        if kept:
            known = self.__dict__.get("_hash")
            if known is not None:
                return int(known)
        if self.parameter_names() is None:
            return object.__hash__(self)
        number = hash((cls, self._key()))
        if kept:
            object.__setattr__(self, "_hash", number)
        return number

    def __str__(self) -> str:
        names = self.parameter_names()
        if not names:
            return getattr(self, "name", None) or type(self).__name__
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__name__}{{{values}}}"

    def __repr__(self) -> str:
        return str(self)

    def make_node(self, *inputs: Any) -> Apply:
        """Return the application of this op to `inputs`."""
        itypes, otypes = getattr(self, "itypes", None), getattr(self, "otypes", None)
        if itypes is None or otypes is None:
            raise NotImplementedError(
                explain(f"apply {self}", "no make_node, and no itypes and otypes", "define one of them on the op")
            )
        if len(inputs) != len(itypes):
            raise ValueError(
                explain(f"apply {self}", f"{len(inputs)} inputs", f"give {len(itypes)}: {', '.join(map(str, itypes))}")
            )
        variables = [t.filter_variable(v) for t, v in zip(itypes, inputs, strict=True)]
        return Apply(self, variables, [t() for t in otypes])

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        """Apply the op and return its default output, its only output, or the list of its outputs."""
        return_list = kwargs.pop("return_list", False)
        node = self.make_node(*inputs, **kwargs)
        if not hasattr(node, "outputs"):
            raise OpDefinitionError(
                explain(
                    f"apply {self}",
                    f"{type(self).__name__}.make_node returned {node!r}",
                    "return theano.graph.Apply(self, inputs, outputs)",
                )
            )
        self.add_tag_trace(node)
        if config.compute_test_value != "off":
            from theano.graph.trial_values import compute_test_value  # lazy: rarely wanted

            compute_test_value(node)
        if self.default_output is not None:
            result = node.outputs[self.default_output]
            return [result] if return_list else result
        if return_list or len(node.outputs) != 1:
            return list(node.outputs)
        return node.outputs[0]

    def add_tag_trace(self, node: Apply) -> None:
        """Record the user's stack on every output of `node` that has none yet."""
        stack = None
        for output in node.outputs:
            if "trace" not in output.tag.__dict__:
                if stack is None:
                    stack = capture()
                output.tag.trace = [stack] if stack else []

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        """Compute the outputs with NumPy and put each into its one-element list in `output_storage`."""
        raise MethodNotDefined(
            explain(f"evaluate {self}", f"{type(self).__name__} has no perform method", "define perform on the op")
        )

    def do_constant_folding(self, node: Apply) -> bool:
        """Whether the node may be replaced by its value when all inputs are constant."""
        return True

    def get_params(self, node: Apply) -> Any:
        """The parameter object for ``perform``; the op itself by default."""
        params_type = getattr(self, "params_type", None)
        if params_type is None:
            raise MethodNotDefined(explain(f"take the parameters of {self}", "no params_type", "define get_params"))
        collect = getattr(params_type, "get_params", None)
        return collect(self, node) if collect is not None else self

    @property
    def op_tag(self) -> Scratchpad:
        """Notes about the op."""
        notes = self.__dict__.get("_op_tag")
        if notes is None:
            notes = Scratchpad()
            object.__setattr__(self, "_op_tag", notes)
        return notes

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_op_tag", "_hash")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def get_test_value(variable: Any) -> Any:
    """Return the test value of `variable` (a constant's or shared variable's own value where it has none).

    Raises
    ------
    AttributeError
        If there is none.
    """
    from theano.graph.trial_values import trial_value_of  # lazy: rarely wanted

    return trial_value_of(variable)
