"""One pass over the user's graph: clone it, apply ``givens``, collect shared variables and their updates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from theano.compile.sharedvalue import SharedVariable, shared
from theano.errors import explain
from theano.graph import Constant, Variable, variable_text
from theano.graph.trace import user_line

__all__ = ["Rebuild", "iter_over_pairs", "rebuild_collect_shared"]

Pairs = Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None


def iter_over_pairs(pairs: Pairs) -> Iterable[tuple[Any, Any]]:
    """The items of a dict, or the pairs themselves.

    Raises
    ------
    ValueError
        A bare variable stands where a pair should be.
    """
    if pairs is None:
        return ()
    if isinstance(pairs, Mapping):
        return pairs.items()
    checked = []
    for pair in pairs if not isinstance(pairs, Variable) else (pairs,):
        if isinstance(pair, Variable) or not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ValueError(
                explain(
                    "updates and givens are dicts or lists of (variable, expression) pairs",
                    f"{pair} in place of a pair",
                    "write [(variable, expression), ...]",
                )
            )
        checked.append((pair[0], pair[1]))
    return checked


class Rebuild:
    """Clones expressions into a graph of their own and remembers the shared variables it meets.

    Attributes
    ----------
    clone_of : dict of Variable to Variable
        What each variable met so far has become.
    shared : list of SharedVariable
        In order of first meeting.
    root_of : dict of SharedVariable to Variable
        The graph input that stands for each of them.
    updates : dict of SharedVariable to Variable
        New values, explicit and default ones, before cloning.
    given : dict of Variable to Variable
        The replacements, before cloning.
    """

    def __init__(
        self,
        strict: bool = True,
        copy_inputs: bool = True,
        no_default_updates: bool | Sequence[SharedVariable] = False,
    ) -> None:
        if not isinstance(no_default_updates, bool | list):
            raise TypeError(
                explain(
                    "no_default_updates is a bool or a list of shared variables",
                    f"{no_default_updates!r}",
                    "pass True, False or [shared_variable, ...]",
                )
            )
        self.strict = strict
        self.copy_inputs = copy_inputs
        self.all_defaults_off = no_default_updates is True
        self.defaults_off = set(no_default_updates) if isinstance(no_default_updates, list) else set()
        self.clone_of: dict[Variable, Variable] = {}
        self.shared: list[SharedVariable] = []
        self.root_of: dict[SharedVariable, Variable] = {}
        self.updates: dict[SharedVariable, Variable] = {}
        self.given: dict[Variable, Variable] = {}

    def clone(self, variable: Variable) -> Variable:
        """The clone of `variable`, made now if need be; iterative, each node once."""
        done = self.clone_of
        stack = [variable]
        while stack:
            current = stack[-1]
            if current in done:
                stack.pop()
                continue
            node = current.owner
            if node is None:
                done[current] = self._clone_leaf(current)
                continue
            missing = [i for i in node.inputs if i not in done]
            if missing:
                stack.extend(reversed(missing))
                continue
            try:
                new = node.clone_with_new_inputs([done[i] for i in node.inputs], strict=self.strict)
            except TypeError:
                for i in node.inputs:
                    if i in self.given:
                        _check_given(i, self.given[i])
                raise
            for old_output, new_output in zip(node.outputs, new.outputs, strict=True):
                done.setdefault(old_output, new_output)
        return done[variable]

    def _clone_leaf(self, variable: Variable) -> Variable:
        if isinstance(variable, SharedVariable):
            return self._meet(variable)
        if not self.copy_inputs and not isinstance(variable, Constant):
            return variable
        return variable.clone() if self.copy_inputs else variable

    def _meet(self, variable: SharedVariable) -> Variable:
        root = variable.clone() if self.copy_inputs else variable
        self.shared.append(variable)
        self.root_of[variable] = root
        default = getattr(variable, "default_update", None)
        if default is None or variable in self.updates or self.all_defaults_off or variable in self.defaults_off:
            return root
        self.updates[variable] = check_update(variable, default)
        return root

    def replace(self, pairs: Pairs) -> None:
        """Let the clone of each key be the clone of its value.

        Raises
        ------
        TypeError
            A key is no variable.
        AssertionError
            A value depends on a key.
        """
        for old, new in iter_over_pairs(pairs):
            if not isinstance(old, Variable):
                raise TypeError(explain("the keys of givens are variables", f"{old!r}", "pass {variable: replacement}"))
            if old in self.clone_of:
                raise AssertionError(
                    explain(
                        f"replace {old} through givens",
                        "the replacement of another variable depends on it (givens are applied in one pass)",
                        "apply the replacements one after the other with theano.clone",
                    )
                )
            replacement = new if isinstance(new, Variable) else _shared_like(old, new)
            self.given[old] = replacement
            self.clone_of[old] = self.clone(replacement)

    def add_updates(self, pairs: Pairs) -> None:
        """Take explicit updates; they win over default updates.

        Raises
        ------
        TypeError
            A target is not shared, or its new value has another type.
        ValueError
            A target is listed twice.
        """
        for target, value in iter_over_pairs(pairs):
            if not isinstance(target, SharedVariable):
                raise TypeError(
                    explain(
                        "the target of an update is a shared variable",
                        f"{target!r} of {type(target).__name__}",
                        "make it with theano.shared(value), or use In(variable, update=...)",
                    )
                )
            if target in self.updates:
                raise ValueError(
                    explain(
                        f"update {target} once",
                        f"two new values, {_told(self.updates[target])} and {_told(value)}",
                        "keep one of them, or combine both in one expression",
                    )
                )
            self.updates[target] = check_update(target, value)

    def finish(self) -> dict[SharedVariable, Variable]:
        """Clone all new values; default updates may bring shared variables with further default updates."""
        cloned: dict[SharedVariable, Variable] = {}
        while len(cloned) < len(self.updates):
            for target, value in list(self.updates.items()):
                if target not in cloned:
                    # A target may be replaced by givens wherever it is read; it is stored into all the same.
                    if target not in self.root_of and self.clone(target) is not self.root_of.get(target):
                        self._meet(target)
                    cloned[target] = self.clone(value)
        return cloned


def _check_given(old: Variable, new: Variable) -> None:
    """Name a replacement that does not fit: the node that reads it knows only that its input does not."""
    try:
        old.type.filter_variable(new)
    except TypeError as error:
        raise TypeError(
            explain(
                f"replace {old} of {old.type} through givens",
                f"{_told(new)} is of {new.type}{_written_at(new)}",
                "cast it, or change its pattern with theano.tensor.patternbroadcast or unbroadcast; or pass "
                "rebuild_strict=False, with which types of results may change",
            )
        ) from error


def _told(value: Any) -> str:
    return variable_text(value) if isinstance(value, Variable) else repr(value)


def _written_at(value: Variable) -> str:
    line = user_line(value)
    return f" (written at {line})" if line else ""


def _shared_like(variable: Variable, value: Any) -> SharedVariable:
    """A shared variable that holds `value`, of the type of `variable` where the value fits it."""
    made = shared(value)
    if made.type == variable.type:
        return made
    try:
        fitting = variable.type.filter(value)
    except (TypeError, ValueError):
        return made  # the reader that does not want this type complains
    kind = variable.type.SharedVariable or SharedVariable
    return kind(name=None, type=variable.type, value=fitting, strict=False)


def check_update(target: SharedVariable, value: Any) -> Variable:
    """`value` as a variable of the target's type; TypeError if it is of another type."""
    try:
        new = target.type.filter_variable(value, allow_convert=False)
    except TypeError as error:
        kind = f"of {value.type}{_written_at(value)}" if isinstance(value, Variable) else f"({error})"
        raise TypeError(
            explain(
                f"the update of {target} must have its type, {target.type}",
                f"{_told(value)} {kind}",
                "cast the new value; if only the broadcast pattern differs, use theano.tensor.unbroadcast or "
                "patternbroadcast on it",
            )
        ) from error
    return new


def rebuild_collect_shared(
    outputs: Any,
    inputs: Sequence[Variable] | None = None,
    replace: Pairs = None,
    updates: Pairs = None,
    rebuild_strict: bool = True,
    copy_inputs_over: bool = True,
    no_default_updates: bool | list[SharedVariable] = False,
) -> tuple[list[Variable], Any, list[Any]]:
    """Clone `outputs` with replacements and collect what they share.

    Parameters
    ----------
    outputs : Variable, Out, list of them, or None
    inputs : list of Variable
    replace, updates : dict or list of pairs
    copy_inputs_over : bool
        Keep inputs and shared variables as they are instead of cloning them.

    Returns
    -------
    inputs : list of Variable
    outputs
        As given, cloned.
    rest : list
        ``[clone_of, update_of, update_pairs, shared_inputs]``.
    """
    from theano.compile.io import Out  # lazy: io needs this module's neighbours only

    work = Rebuild(rebuild_strict, not copy_inputs_over, no_default_updates)
    work.replace(replace)
    work.add_updates(updates)
    new_inputs = [work.clone(i) for i in inputs or ()]

    def cloned(output: Any) -> Any:
        if isinstance(output, Out):
            return Out(work.clone(output.variable), borrow=output.borrow)
        return work.clone(output)

    many = isinstance(outputs, list | tuple)
    new_outputs = [cloned(o) for o in outputs] if many else ([] if outputs is None else cloned(outputs))
    new_updates = work.finish()
    return new_inputs, new_outputs, [work.clone_of, new_updates, list(new_updates.items()), work.shared]
