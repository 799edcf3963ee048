"""Local rewriters: they look at one node and offer replacements for its outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.configuration import config
from theano.errors import InconsistencyError, ReplacementDidntRemovedError, explain
from theano.graph import Apply, Feature, FunctionGraph, Variable

from .rewriter import failed

__all__ = [
    "Dispatch", "FromFunctionLocalOptimizer", "GraphRule", "LocalOptGroup", "LocalOptimizer", "apply_local",
    "dispatch_keys", "local_optimizer",
]  # fmt: skip


class LocalOptimizer:
    """Base of local rewriters: override :meth:`transform`.

    `transform` gives False or None (no change), a list with one replacement per output (None: leave this unused one),
    or a dict from old to new variables, with the optional key ``"remove"``: nodes that must have vanished afterwards.
    """

    name: str | None = None
    #: Names of the classes that a rewriter tracks whose file is not imported yet; see `theano.opt.engine.late`.
    late: tuple[str, ...] = ()

    def settled(self) -> LocalOptimizer:
        """The rewriter itself, for one that stands for another."""
        return self

    def tracks(self) -> Sequence[Any] | None:
        """Ops, op classes or scalar-op classes of interest; None for every node."""
        return None

    def transform(self, node: Apply) -> Any:
        """Offer replacements for `node`."""
        return False

    def rewrite(self, fgraph: FunctionGraph, node: Apply) -> Any:
        """`transform`, with the graph at hand."""
        return self.transform(node)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Attach the features that :meth:`transform` needs."""

    def __str__(self) -> str:
        return self.name or type(self).__name__


class FromFunctionLocalOptimizer(LocalOptimizer):
    """A local rewriter made from a function of the node."""

    def __init__(
        self,
        fn: Callable[..., Any],
        tracks: Sequence[Any] | None = None,
        requirements: Iterable[Callable[..., Any]] = (),
    ) -> None:
        self.fn = fn
        self.name = self.__name__ = getattr(fn, "__name__", None)
        self.__doc__ = fn.__doc__
        self._tracks = None if tracks is None else tuple(tracks)
        self.requirements = tuple(requirements)

    def tracks(self) -> Sequence[Any] | None:
        return self._tracks

    def transform(self, node: Apply) -> Any:
        return self.fn(node)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for requirement in self.requirements:
            requirement(fgraph)


class GraphRule(FromFunctionLocalOptimizer):
    """A local rewriter made from a function of the graph and the node (clients and shapes are asked from the graph)."""

    def transform(self, node: Apply) -> Any:
        return self.fn(None, node)

    def rewrite(self, fgraph: FunctionGraph, node: Apply) -> Any:
        return self.fn(fgraph, node)


def local_optimizer(
    tracks: Sequence[Any] | None, inplace: bool = False, requirements: Iterable[Callable[..., Any]] = ()
) -> Callable[[Callable[[Apply], Any]], FromFunctionLocalOptimizer]:
    """Decorator: a function of the node becomes a local rewriter.

    Parameters
    ----------
    tracks : list or None
        Ops, op classes, or scalar-op classes (then elementwise nodes of that scalar op) to be offered; None for all
        nodes.
    inplace : bool
        Accepted for old programs; the plan decides what happens in place.

    Raises
    ------
    ValueError
        For an empty list, which could never match.
    """
    if tracks is not None and len(tracks) == 0:
        raise ValueError(
            explain("local_optimizer(tracks)", "an empty list, which matches no node", "list ops, or None for all")
        )

    def decorate(fn: Callable[[Apply], Any]) -> FromFunctionLocalOptimizer:
        return FromFunctionLocalOptimizer(fn, tracks, requirements)

    return decorate


def dispatch_keys(op: Any) -> tuple[Any, ...]:
    """What a node of `op` answers to: the op, its classes and their names, its scalar op and the classes of that.

    Names serve for ops of packages that need not be installed.
    """
    keys: tuple[Any, ...] = (op, *type(op).__mro__, *[cls.__name__ for cls in type(op).__mro__])
    scalar_op = getattr(op, "scalar_op", None)
    if scalar_op is not None and not hasattr(op, "axis"):
        keys += (scalar_op, *type(scalar_op).__mro__)
    return keys


Offers = tuple[tuple[Callable[[FunctionGraph, Apply], Any], LocalOptimizer], ...]


class Dispatch:
    """Local rewriters by what they track, in their given order."""

    def __init__(self, rewriters: Iterable[LocalOptimizer]) -> None:
        self.rewriters = list(rewriters)
        self._by_key: dict[Any, list[int]] = {}
        self._late: dict[str, list[int]] = {}
        self._kinds: dict[tuple[type, type], bool] = {}
        self._cache: dict[Any, tuple[LocalOptimizer, ...]] = {}
        # By the identity of ops, which hash slowly; the op stands beside the answer so that it lives as long.
        self._of_object: dict[int, tuple[Any, tuple[LocalOptimizer, ...]]] = {}
        self._offers: dict[tuple[LocalOptimizer, ...], Offers] = {}
        for position, rewriter in enumerate(self.rewriters):
            for name in rewriter.late:
                self._late.setdefault(name, []).append(position)
            if not rewriter.late:
                self._enter(position)

    def _enter(self, position: int) -> None:
        tracks = self.rewriters[position].tracks()
        for key in (None,) if tracks is None else tracks:
            self._by_key.setdefault(key, []).append(position)

    def _meet(self, kind: tuple[type, type]) -> None:
        """Have the rules that are about nodes of this kind."""
        if not self._late:
            return
        names = {cls.__name__ for part in kind for cls in part.__mro__} & self._late.keys()
        for position in {position for name in names for position in self._late.get(name, ())}:
            self.rewriters[position] = self.rewriters[position].settled()
            self._enter(position)
        for name in names:  # last, so that another thread finds the rules or does this again
            self._late.pop(name, None)

    def wants(self, kind: tuple[type, type]) -> bool:
        """Whether nodes of a kind (class of op, class of scalar op; see `FunctionGraph.kinds`) may be of interest."""
        known = self._kinds.get(kind)
        if known is None:
            self._meet(kind)
            keys = {None, *kind[0].__mro__, *kind[1].__mro__, *[cls.__name__ for cls in kind[0].__mro__]}
            tracked = list(self._by_key)  # another thread may enter rules meanwhile
            known = self._kinds[kind] = any(
                (key if key is None or isinstance(key, type | str) else type(key)) in keys for key in tracked
            )
        return known

    def select(self, fgraph: FunctionGraph) -> list[Apply]:
        """The nodes that some rewriter wants to see, in topological order."""
        kinds = fgraph.kinds()
        wanted = [kind for kind in kinds if self.wants(kind)]
        if not wanted:
            return []
        if len(wanted) == 1:
            return [node for node in kinds[wanted[0]] if self.of(node.op)]
        if None in self._by_key and len(wanted) == len(kinds):
            return fgraph.toposort()
        mine = {node for kind in wanted for node in kinds[kind] if self.of(node.op)}
        return [node for node in fgraph.toposort() if node in mine] if mine else []

    def of(self, op: Any) -> tuple[LocalOptimizer, ...]:
        """Rewriters that want to see nodes of `op`."""
        known = self._of_object.get(id(op))
        if known is not None:
            return known[1]
        found = self._cache.get(op)
        if found is None:
            self._meet((type(op), type(getattr(op, "scalar_op", None))))
            positions = set(self._by_key.get(None, ()))
            for key in dispatch_keys(op):
                positions.update(self._by_key.get(key, ()))
            found = self._cache[op] = tuple(self.rewriters[position] for position in sorted(positions))
            if len(self._cache) > 20_000:
                self._cache.clear()
        if len(self._of_object) > 20_000:
            self._of_object.clear()
        self._of_object[id(op)] = (op, found)
        return found

    def offers(self, op: Any) -> Offers:
        """`of`, each with the function of graph and node that asks it."""
        rules = self.of(op)
        found = self._offers.get(rules)
        if found is None:
            # Most rules are plain functions of graph and node: no method needs to stand between.
            found = self._offers[rules] = tuple(
                (rule.fn if type(rule) is GraphRule else rule.rewrite, rule) for rule in rules
            )
        return found


class LocalOptGroup(LocalOptimizer):
    """Several local rewriters as one: the first that matches wins, or with `apply_all_opts` each is tried."""

    def __init__(self, *optimizers: LocalOptimizer, apply_all_opts: bool = False, profile: bool = False) -> None:
        if len(optimizers) == 1 and isinstance(optimizers[0], list | tuple):
            optimizers = tuple(optimizers[0])
        self.opts = self.optimizers = optimizers
        self.apply_all_opts = apply_all_opts
        self.dispatch = Dispatch(optimizers)
        self.name = "+".join(str(rewriter) for rewriter in optimizers) or "LocalOptGroup"

    def tracks(self) -> Sequence[Any] | None:
        tracks: list[Any] = []
        for rewriter in self.opts:
            wanted = rewriter.tracks()
            if wanted is None:
                return None
            tracks.extend(wanted)
        return tracks

    def transform(self, node: Apply) -> Any:
        return self.rewrite(None, node)  # type: ignore[arg-type]

    def rewrite(self, fgraph: FunctionGraph, node: Apply) -> Any:
        return self.rewrite_and_tell(fgraph, node)[0]

    def rewrite_and_tell(self, fgraph: FunctionGraph, node: Apply) -> tuple[Any, LocalOptimizer]:
        """The result, and which of the rewriters made it (the last one, if several did)."""
        found: Any = False
        by: LocalOptimizer = self
        offered = self.dispatch.of(node.op)
        for rewriter in self.dispatch.rewriters if self.apply_all_opts else offered:
            if self.apply_all_opts and rewriter not in offered:
                continue
            result = rewriter.rewrite(fgraph, node)
            if result is False or result is None:
                continue
            found, by = result, rewriter
            if not self.apply_all_opts or isinstance(result, dict) or len(result) != 1 or result[0].owner is None:
                break
            node = result[0].owner
            offered = self.dispatch.of(node.op)
        return found, by

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for rewriter in self.opts:
            rewriter.add_requirements(fgraph)


def replacements(
    fgraph: FunctionGraph, node: Apply, result: Any, name: str
) -> tuple[list[tuple[Variable, Variable]], Any]:
    """Check the result of a local rewriter and give it as (old, new) pairs and the nodes that must vanish."""
    if isinstance(result, dict):
        remove = result.pop("remove", ())
        return [(old, new) for old, new in result.items() if old is not new], remove
    if not isinstance(result, list | tuple):
        raise TypeError(explain(f"local rewriter {name}", f"it returned {result!r}", "return False, a list or a dict"))
    if len(result) != len(node.outputs):
        found = f"{len(result)} replacements for {len(node.outputs)} outputs of {node}"
        raise ValueError(explain(f"local rewriter {name}", found, "return one replacement per output"))
    pairs = []
    for old, new in zip(node.outputs, result, strict=True):
        if new is None:
            if fgraph.has_client(old):
                found = f"no replacement (None) for {old}, which is in use"
                raise ValueError(explain(f"local rewriter {name}", found, "replace every output that has clients"))
        elif new is not old:
            pairs.append((old, new))
    return pairs, ()


class _MustVanish(Feature):
    """Refuses a graph that still has one of some nodes."""

    def __init__(self, nodes: Any, reason: str) -> None:
        self.nodes, self.reason = list(nodes), reason

    def validate(self, fgraph: FunctionGraph) -> None:
        left = next((node for node in self.nodes if node in fgraph.apply_nodes), None)
        if left is not None:
            asked, found = f"remove nodes ({self.reason})", f"{left} is still used"
            raise ReplacementDidntRemovedError(explain(asked, found, "replace all outputs of the node"))


def replace_and_remove(fgraph: FunctionGraph, pairs: list[tuple[Variable, Variable]], remove: Any, reason: str) -> None:
    """Replace, and undo it all if one of the nodes in `remove` is still there."""
    guard = _MustVanish(remove, reason)
    fgraph.attach_feature(guard)
    try:
        fgraph.replace_all_validate(pairs, reason=reason)
    finally:
        fgraph.remove_feature(guard)


def apply_local(fgraph: FunctionGraph, node: Apply, rewriter: LocalOptimizer, on_failure: Any = None) -> bool | None:
    """Offer `node` to `rewriter` and make the replacement; failures follow the policy.

    Returns
    -------
    bool or None
        Whether the graph changed; None when a feature of the graph rejected the replacement, as it would again.
    """
    try:
        if isinstance(rewriter, LocalOptGroup):  # reports name the member
            result, rewriter = rewriter.rewrite_and_tell(fgraph, node)
        else:
            result = rewriter.rewrite(fgraph, node)
    except Exception as error:
        return report(error, fgraph, node, rewriter, on_failure)
    return False if result is False or result is None else accept(result, fgraph, node, rewriter, on_failure)


def accept(
    result: Any, fgraph: FunctionGraph, node: Apply, rewriter: LocalOptimizer, on_failure: Any = None
) -> bool | None:
    """Make the replacement that `rewriter` offers for `node`; otherwise as `apply_local`."""
    pairs: list[tuple[Variable, Variable]] = []
    try:
        pairs, remove = replacements(fgraph, node, result, str(rewriter))
        if not pairs:
            return False
        if config.optimizer_verbose:
            for old, new in pairs:
                print(f"optimizer: rewrite {rewriter} replaces {old} of {old.owner} with {new} of {new.owner}")
        if remove:
            replace_and_remove(fgraph, pairs, remove, str(rewriter))
        else:
            fgraph.replace_all_validate(pairs, reason=str(rewriter))
        return True
    except Exception as error:
        return report(error, fgraph, node, rewriter, on_failure, pairs)


def report(
    error: Exception, fgraph: FunctionGraph, node: Apply, rewriter: LocalOptimizer, on_failure: Any, pairs: Any = ()
) -> bool | None:
    """Treat the failure of a rewriter by the policy; what `apply_local` returns."""
    if isinstance(error, InconsistencyError):
        return None  # a rejected attempt, for example an in-place one, is no failure
    if on_failure is None:
        failed(str(rewriter), error, node)
    else:
        on_failure(error, None, list(pairs), rewriter, node)
    return False
