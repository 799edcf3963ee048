"""`scan`: symbolic loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.configuration import config
from theano.errors import explain
from theano.graph import Variable
from theano.graph.trace import warn_user
from theano.scan_module.arguments import Output, Sequence_, as_list, read_outputs, read_sequences, read_steps
from theano.scan_module.assembly import Body, build_loop
from theano.scan_module.returns import call_step, get_updates_and_outputs
from theano.scan_module.wiring import add_default_updates
from theano.tensor import TensorType, as_tensor_variable, shape_padleft, unbroadcast
from theano.updates import OrderedUpdates

__all__ = ["cut", "scan", "trace"]


def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: Any = False,
    allow_gc: bool | None = None,
    strict: bool = False,
    return_list: bool = False,
) -> tuple[Any, OrderedUpdates]:
    """Apply a step again and again, reading rows of sequences and feeding results back.

    Parameters
    ----------
    fn : callable
        The step, called once with symbolic arguments: for each sequence its slices in the order of the taps, for each
        output that is fed back its earlier values in the order of the taps, then `non_sequences`. It returns outputs,
        updates, ``(outputs, updates)``, ``(outputs, until(c))``, ``(updates, until(c))`` or ``(outputs, updates,
        until(c))``.
    sequences : Variable or dict or list of these, optional
        Tensors to loop over by their first axis; ``dict(input=x, taps=[-1, 0, 1])`` gives several rows per step.
    outputs_info : list, optional
        One entry for each output: None (not fed back); an initial value; ``dict(initial=x, taps=[-1, -2])``, where for
        other taps than ``[-1]`` the initial values stand along the first axis, oldest first.
    non_sequences : Variable or list of Variable, optional
        Further arguments of the step. Other variables that the step uses need not be listed.
    n_steps : int or Variable, (), optional
        Default: the length of the shortest sequence.
    truncate_gradient : int
        How many steps the gradient goes back; -1: all.
    go_backwards : bool
        Read sequences from their ends.
    mode : Mode or str, optional
        How the step is compiled.
    name : str, optional
        Shown in graphs and profiles.
    profile : bool or str
        Measure the step.
    allow_gc : bool, optional
        Free intermediate results inside the loop; default ``config.scan.allow_gc``.
    strict : bool
        Demand that shared variables used in the step are listed in `non_sequences`.
    return_list : bool
        Return outputs as a list also if there is one only.

    Returns
    -------
    outputs : Variable or list of Variable or None
        ``outputs[i][t]`` is output ``i`` after step ``t``; initial values are not part of it.
    updates : OrderedUpdates
        New values of shared variables; hand them to ``theano.function``.

    Raises
    ------
    ValueError
        Bad arguments, or a result that has not the dtype or rank of the value it replaces.
    TypeError
        A result whose broadcast pattern differs from that of its initial value.
    MissingInputError
        With `strict`, a shared variable that is not listed.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dvector("x")
    >>> running, _ = scan(lambda row, total: row + total, x, T.constant(0.0, dtype="float64"))
    >>> running.eval({x: [1.0, 2.0, 3.0]}).tolist()
    [1.0, 3.0, 6.0]
    """
    if not callable(fn):
        raise ValueError(explain("scan: call the step", f"{fn!r} is not callable", "give a function"))
    seqs = read_sequences(sequences, go_backwards)
    infos = read_outputs(outputs_info)
    listed = [_as_variable(v, k) for k, v in enumerate(as_list(non_sequences))]
    steps, known_steps = read_steps(n_steps, seqs)
    if known_steps in (1, -1):
        return _one_step(fn, seqs, infos, listed, return_list)
    many = len(seqs) > 1 or n_steps is not None
    seqs = [cut(s, steps) for s in seqs] if many and known_steps != 0 else seqs
    body = trace(fn, seqs, infos, listed)
    body.info = {
        "truncate_gradient": int(truncate_gradient),
        "name": name,
        "mode": mode,
        "profile": profile,
        "allow_gc": config.scan.allow_gc if allow_gc is None else bool(allow_gc),
        "strict": bool(strict),
    }
    results, updates = build_loop(body, steps, strict)
    return _packed(results, return_list), updates


def _as_variable(value: Any, k: int) -> Variable:
    if isinstance(value, Variable):
        return value
    try:
        return as_tensor_variable(value)
    except Exception as error:
        raise ValueError(
            explain(
                f"scan: hand non_sequences[{k}] to the step",
                f"{value!r} of {type(value).__name__}, which is not symbolic",
                "give a variable, a number or an array; use other Python objects directly in the step",
            )
        ) from error


def cut(sequence: Sequence_, steps: Any) -> Sequence_:
    """The first `steps` rows of a sequence."""
    return Sequence_(sequence.taps, [part[:steps] for part in sequence.parts], sequence.names)


def _packed(results: list[Any], return_list: bool) -> Any:
    if return_list or len(results) > 1:
        return results
    return results[0] if results else None


def _check_infos(infos: list[Output], outputs: list[Variable]) -> list[Output]:
    """One entry for each output; none at all means that nothing is fed back."""
    if not infos:
        return [Output("nit_sot") for _ in outputs]
    if len(infos) != len(outputs):
        raise ValueError(
            explain(
                f"scan: {len(outputs)} outputs of the step",
                f"{len(infos)} entries in outputs_info",
                "give one entry for each output, None for those that are not fed back",
            )
        )
    return infos


def trace(
    fn: Callable[..., Any], seqs: list[Sequence_], infos: list[Output], listed: list[Variable], pad: bool = False
) -> Body:
    """Call the step on fresh variables; with `pad`, outputs without an entry in `infos` are not fed back."""
    seq_slices = []
    for k, sequence in enumerate(seqs):
        for part, label in zip(sequence.parts, sequence.names, strict=True):
            seq_slices.append(_slice_of(part, label, f"sequence {k}"))
    past: list[list[Any]] = []
    for info in infos:
        if info.kind == "nit_sot":
            past.append([])
            continue
        whole = info.initial
        one = info.kind == "sit_sot"
        past.append([_fresh(whole, whole.type if one else _row_type(whole), label) for label in info.names])
    ordered = [*seq_slices, *[v for row in past for v in row]]
    condition, outputs, given = get_updates_and_outputs(call_step(fn, [*ordered, *listed]))
    outputs = [_as_output(v, k) for k, v in enumerate(outputs)]
    if pad:
        infos = infos + [Output("nit_sot") for _ in range(len(outputs) - len(infos))]
    infos = _check_infos(infos, outputs)
    past += [[] for _ in range(len(outputs) - len(past))]
    tops = [*outputs, *([condition] if condition is not None else [])]
    updates = _typed_updates(add_default_updates(tops, given, listed))
    parts = [part for sequence in seqs for part in sequence.parts]
    return Body(parts, seq_slices, infos, past, outputs, updates, condition, listed)


def _as_output(v: Variable, k: int) -> Variable:
    if isinstance(v.type, TensorType):
        return v
    try:
        return as_tensor_variable(v)
    except Exception as error:
        raise ValueError(
            explain(f"scan: store output {k} of the step", f"{v} of {v.type}", "return tensors from the step")
        ) from error


def _typed_updates(updates: dict[Any, Any]) -> dict[Any, Any]:
    """New values as variables of the types of what they update."""
    typed = {}
    for shared, new in updates.items():
        try:
            typed[shared] = shared.type.filter_variable(new)
        except TypeError as error:
            found = getattr(new, "type", type(new).__name__)
            raise TypeError(
                explain(
                    f"scan: update {shared} of {shared.type} in the step",
                    f"its new value {new} is of {found}",
                    "cast the new value to the type of the shared variable",
                )
            ) from error
    return typed


def _row_type(whole: Any) -> Any:
    return whole.type.clone(broadcastable=whole.type.broadcastable[1:])


def _slice_of(part: Any, label: str | None, what: str) -> Any:
    return _fresh(part, _row_type(part), label)


def _fresh(source: Any, type_: Any, label: str | None) -> Any:
    """A fresh variable; where test values are computed it gets one from `source`."""
    v = type_(label)
    if config.compute_test_value != "off":
        from theano.graph.op import get_test_value  # lazy: rarely wanted

        try:
            value = get_test_value(source)
        except AttributeError:
            return v
        v.tag.test_value = value if value.ndim == type_.ndim else value[0]
    return v


def _one_step(
    fn: Callable[..., Any], seqs: list[Sequence_], infos: list[Output], listed: list[Variable], return_list: bool
) -> tuple[Any, OrderedUpdates]:
    """No loop: the step is applied once, to the first rows."""
    arguments = [part[0] for sequence in seqs for part in sequence.parts]
    for info in infos:
        if info.kind == "sit_sot":
            arguments.append(info.initial)
        elif info.kind == "mit_sot":
            arguments += [info.initial[info.offset + tap] for tap in info.taps]
    condition, outputs, given = get_updates_and_outputs(fn(*arguments, *listed))
    if condition is not None:
        warn_user("scan: the condition of until is ignored, because n_steps is 1; leave it out, or ask for more steps")
    outputs = [_as_output(v, k) for k, v in enumerate(outputs)]
    _check_infos(infos, outputs)
    updates = OrderedUpdates()
    for shared, new in _typed_updates(add_default_updates(outputs, given, listed)).items():
        updates[shared] = new
    results = [unbroadcast(shape_padleft(v), 0) for v in outputs]
    return _packed(results, return_list), updates
