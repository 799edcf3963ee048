"""`Function`: what ``theano.function`` returns."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from theano.compile.binding import Binder
from theano.compile.executor import PythonExecutor
from theano.compile.finder import Finder
from theano.compile.sharedvalue import Container, SharedVariable
from theano.configuration import config
from theano.errors import explain

if TYPE_CHECKING:
    from theano.compile.maker import FunctionMaker

__all__ = ["Function", "PythonFunction"]


class Function:
    """A compiled function, without the call itself: backends derive from it and add ``_run`` and the call.

    Parameters
    ----------
    maker : FunctionMaker
    plan : Plan
    containers : sequence of Container
        Storage of each graph input: explicit inputs, then shared variables.

    Attributes
    ----------
    trust_input : bool
        Skip all checks and conversions of arguments; wrong kinds then give wrong results or worse.
    input_storage : list of Container
    name : str
        The name given to ``theano.function``, else ``file:line`` of the caller.
    profile : ProfileStats or False or None

    Notes
    -----
    A backend's class supplies ``_run(values) -> outputs``: values of all graph outputs, results first, then new values
    of shared variables, which are stored only when all of them are known. A class whose ``_run`` stores new values
    itself says ``stores_updates = True`` and may return the results alone.
    """

    stores_updates = False
    pickle_aliased_memory_strategy = "warn"

    def __init__(self, maker: FunctionMaker, plan: Any, containers: Sequence[Container]) -> None:
        self.maker = maker
        self.plan = plan
        self.input_storage = list(containers)
        self.name = maker.name
        self.profile = maker.profile
        self.trust_input = False
        self.unpack_single = maker.unpack_single
        self.return_none = maker.return_none
        self.output_keys = maker.output_keys
        self._n_results = len(maker.results)
        self._binder = Binder(maker.specs, self.input_storage, self.name)
        self._stores = [(out, self.input_storage[i]) for out, i in sorted(maker.update_mapping.items())]

    # The parts of a call.

    def _bind(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """One value for each graph input, from arguments, defaults and shared storage."""
        return self._binder.bind(args, kwargs, self.trust_input)

    def _run(self, values: list[Any]) -> list[Any]:
        """Values of all graph outputs (see the notes of the class)."""
        raise TypeError(
            explain(
                f"run {type(self).__name__}",
                "a function class without _run",
                "derive from PythonFunction, or define _run",
            )
        )

    def _run_subset(self, values: list[Any], wanted: list[int]) -> list[Any]:
        """As `_run`; outputs that are not in `wanted` may be left None."""
        return self._run(values)

    def _store(self, outputs: Sequence[Any]) -> None:
        for out, container in self._stores:
            container.storage[0] = outputs[out]

    def _package(self, outputs: Sequence[Any]) -> Any:
        """The result as the user asked for it: a value, a list, a dict or None."""
        if self.output_keys is not None:
            return dict(zip(self.output_keys, outputs, strict=False))
        if self.return_none:
            return None
        if self.unpack_single:
            return outputs[0]
        return list(outputs[: self._n_results])

    def _slow_call(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """A whole call: bind, run, store new values, package. Any exception leaves shared variables unchanged."""
        if not self.profile:
            return self._call(args, kwargs)
        start = perf_counter()
        try:
            return self._call(args, kwargs)
        finally:
            self.profile.add_call(perf_counter() - start)

    def _call(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        subset = None
        if kwargs and "output_subset" in kwargs:
            kwargs = dict(kwargs)
            subset = kwargs.pop("output_subset")
        values = self._bind(args, kwargs)
        try:
            if subset is None:
                outputs = self._run(values)
            else:
                positions = self._positions(subset)
                outputs = self._run_subset(values, positions + [out for out, _ in self._stores])
        finally:
            self._binder.finish()
        if not self.stores_updates:
            self._store(outputs)
        if subset is None:
            return self._package(outputs)
        if self.output_keys is not None:
            return {self.output_keys[i]: outputs[i] for i in positions}
        return [outputs[i] for i in positions]

    def _positions(self, subset: Sequence[Any]) -> list[int]:
        places = range(self._n_results)
        try:
            if self.output_keys is None:
                return [places[i] for i in subset]
            return [self.output_keys.index(key) for key in subset]
        except (IndexError, ValueError) as error:
            raise type(error)(
                explain(
                    f"outputs {list(subset)} of {self.name!r}",
                    f"its outputs are {self.output_keys if self.output_keys is not None else list(places)}",
                    "list some of these",
                )
            ) from error

    # Looking at and changing inputs.

    @property
    def finder(self) -> Finder:
        """From position, name or variable of an input to its container."""
        return Finder(self.maker.specs, self.input_storage)

    @property
    def inv_finder(self) -> dict[Container, Any]:
        """From containers to the inputs that they hold."""
        return dict(zip(self.input_storage, self.maker.specs, strict=True))

    @property
    def container(self) -> Finder:
        """A view of the containers, by position, name or variable."""
        return self.finder

    @property
    def value(self) -> Any:
        """A view of the values, by position, name or variable."""
        return self.finder.values()

    def __getitem__(self, item: Any) -> Any:
        return self.finder[item].value

    def __setitem__(self, item: Any, value: Any) -> None:
        self.value[item] = value

    def __contains__(self, item: Any) -> bool:
        return item in self.finder

    @property
    def indices(self) -> list[Any]:
        """For each input: itself, its position and its container's."""
        return [(spec, [i], [spec]) for i, spec in enumerate(self.maker.specs)]

    @property
    def defaults(self) -> list[tuple[bool, bool, Any]]:
        """For each input: whether it is required, whether its value is fed again after each call, and the value."""
        binder = self._binder
        return [
            (binder.required[i], i in binder.defaults, container.storage[0])
            for i, container in enumerate(self.input_storage)
        ]

    @property
    def outputs(self) -> list[Any]:
        """The outputs, as variables of the rewritten graph."""
        return self.maker.outputs

    @property
    def output_storage(self) -> list[Container]:
        """One container for each output; results are handed over at once, so they hold nothing between calls."""
        return [Container(out.variable, [None]) for out in self.outputs]

    @property
    def fn(self) -> Any:
        """What runs the plan; itself where the backend has nothing to show."""
        return self

    def get_shared(self) -> list[SharedVariable]:
        """The shared variables that the function reads or updates."""
        return [spec.variable for spec in self.maker.specs if isinstance(spec.variable, SharedVariable)]

    def sync_shared(self) -> None:
        """Wait for work on shared storage; values in main memory are always ready."""

    def free(self) -> None:
        """Forget intermediate results kept from the last call."""

    # Copies.

    def copy(
        self,
        share_memory: bool = False,
        swap: dict[Any, Any] | None = None,
        delete_updates: bool = False,
        name: str | None = None,
        profile: Any = None,
    ) -> Function:
        """A function that computes the same from a copy of the graph, without rewriting it again.

        Parameters
        ----------
        share_memory : bool
            Accepted for compatibility: a call has working memory of its own in any case.
        swap : dict of SharedVariable to SharedVariable, optional
            Shared variables to put in place of others, of the same type.
        delete_updates : bool
            The copy changes no shared variable.
        name : str, optional
            Default: this function's name and " copy".
        profile : optional
            As for ``theano.function``.

        Raises
        ------
        ValueError
            A variable to be swapped is not used here.
        AssertionError
            The types of a pair differ.
        """
        from theano.compile.copying import copy_function  # lazy: copying needs the maker, which needs this class

        return copy_function(self, swap or {}, delete_updates, name, profile)

    def __copy__(self) -> Function:
        return self.copy()

    def __reduce_ex__(self, protocol: Any) -> Any:
        from theano.compile.copying import reduce_function  # lazy: as above

        return reduce_function(self)

    def __repr__(self) -> str:
        return f"<theano function {self.name!r}>"


class PythonFunction(Function):
    """A function that the Python executor runs."""

    def __init__(self, maker: FunctionMaker, plan: Any, containers: Sequence[Container]) -> None:
        super().__init__(maker, plan, containers)
        linker = maker.mode.linker
        self._executor = PythonExecutor(
            plan,
            [bool(spec.mutable) for spec in maker.specs],
            bool(config.allow_gc if linker.allow_gc is None else linker.allow_gc),
            linker.wrapper,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._slow_call(args, kwargs)

    def _run(self, values: list[Any]) -> list[Any]:
        return self._executor.run(values, None, self.profile or None)

    def _run_subset(self, values: list[Any], wanted: list[int]) -> list[Any]:
        return self._executor.run(values, wanted, self.profile or None)

    @property
    def fn(self) -> PythonExecutor:
        return self._executor

    def free(self) -> None:
        self._executor.free()
