"""What a step returns: outputs, updates and a condition, in any of the forms allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.compile.sharedvalue import SharedVariable
from theano.errors import explain
from theano.graph import Variable
from theano.tensor import as_tensor_variable

__all__ = ["call_step", "get_updates_and_outputs", "until"]

_ARGUMENTS = (
    "let it take rows of sequences, then earlier values of outputs, then non_sequences: one argument for each tap, and "
    "none for outputs whose entry in outputs_info is None"
)
_FORMS = "return outputs, updates, (outputs, updates), (outputs, until), (updates, until) or (outputs, updates, until)"


class until:
    """What a step returns last to end the loop after the step in which the condition is true.

    Parameters
    ----------
    condition : Variable, ()
        Any number that is not zero counts as true.
    """

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)
        if self.condition.ndim != 0:
            raise TypeError(
                explain(
                    "until(condition) of a scalar condition",
                    f"{self.condition} of {self.condition.type}",
                    "reduce it to one number, for instance with .all() or .any()",
                )
            )


def _is_updates(thing: Any) -> bool:
    if isinstance(thing, dict):
        return all(isinstance(key, SharedVariable) for key in thing)
    if not isinstance(thing, list | tuple):
        return False
    return all(isinstance(p, list | tuple) and len(p) == 2 and isinstance(p[0], SharedVariable) for p in thing)


def _is_outputs(thing: Any) -> bool:
    if isinstance(thing, list | tuple):
        return all(isinstance(v, Variable) for v in thing)
    return isinstance(thing, Variable)


def _updates(thing: Any) -> dict[Any, Any]:
    return dict(thing.items() if isinstance(thing, dict) else thing)


def _outputs(thing: Any) -> list[Variable]:
    return list(thing) if isinstance(thing, list | tuple) else [thing]


def get_updates_and_outputs(ls: Any) -> tuple[Any, list[Variable], dict[Any, Any]]:
    """What a step returned, taken apart.

    Returns
    -------
    condition : Variable or None
    outputs : list of Variable
    updates : dict

    Raises
    ------
    ValueError
        None of the forms.
    """
    if _is_outputs(ls):
        return None, _outputs(ls), {}
    if _is_updates(ls):
        return None, [], _updates(ls)
    if isinstance(ls, until):
        return ls.condition, [], {}
    if not isinstance(ls, list | tuple):
        raise _wrong(ls, f"{ls!r} of {type(ls).__name__}")
    return _from_parts(ls)


def _from_parts(ls: Sequence[Any]) -> tuple[Any, list[Variable], dict[Any, Any]]:
    parts = list(ls)
    condition = None
    if parts and isinstance(parts[-1], until):
        condition = parts.pop().condition
    if len(parts) == 1 and _is_outputs(parts[0]):
        return condition, _outputs(parts[0]), {}
    if len(parts) == 1 and _is_updates(parts[0]):
        return condition, [], _updates(parts[0])
    if len(parts) == 2:
        if _is_outputs(parts[0]) and _is_updates(parts[1]):
            return condition, _outputs(parts[0]), _updates(parts[1])
        if _is_updates(parts[0]) and _is_outputs(parts[1]):
            raise _wrong(ls, "updates first and outputs second")
    raise _wrong(ls, ", ".join(type(part).__name__ for part in ls))


def _wrong(ls: Any, found: str) -> ValueError:
    plain = [v for v in (ls if isinstance(ls, list | tuple) else [ls]) if not isinstance(v, Variable | until | dict)]
    hint = "; make numbers and arrays symbolic with theano.tensor.constant" if plain else ""
    return ValueError(explain("scan: read what the step returns", found, _FORMS + hint))


def call_step(step: Callable[..., Any], arguments: Sequence[Any], what: str = "scan") -> Any:
    """What the step returns; an error that tells the arguments when it does not take so many."""
    try:
        return step(*arguments)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
            raise  # from inside the step
        code = getattr(step, "__code__", None)
        place = f" (written at {code.co_filename}:{code.co_firstlineno})" if code else ""
        given = ", ".join(str(v) for v in arguments)
        raise TypeError(
            explain(
                f"{what}: call the step{place} with {len(arguments)} arguments: {given}",
                str(error),
                _ARGUMENTS if what == "scan" else "let it take the state, and in a loop also the rows",
            )
        ) from error
