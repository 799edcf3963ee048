"""``theano.function``: from symbolic inputs and outputs to a callable."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from theano.compile.callable import Function
from theano.compile.maker import FunctionMaker
from theano.compile.old_style import is_old_style, to_new_style
from theano.compile.profiling import profile_for
from theano.compile.progress import progress
from theano.compile.sharedvalue import SharedVariable
from theano.compile.specification import Specification, as_specs, check_distinct, check_updates, outputs_of_dict
from theano.errors import explain
from theano.graph.trace import is_library_frame

__all__ = ["function", "function_dump"]


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: bool | list[SharedVariable] = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Function:
    """Compile a callable from symbolic inputs to outputs.

    Parameters
    ----------
    inputs : list of Variable or In
        What the callable takes, in order; variables with names can be passed by name.
    outputs : Variable, Out, list of them, dict of str to them, or None
        What it returns: a value, a list, a dict; None gives an empty list.
    mode : Mode or str, optional
        How to rewrite and execute; default ``config.mode``.
    updates : dict or list of (SharedVariable, expression) pairs, optional
        New values of shared variables, all computed from the values before the call.
    givens : dict or list of (Variable, expression) pairs, optional
        Replacements in the graph, made in one pass.
    no_default_updates : bool or list of SharedVariable
        Leave out default updates: all of them, or those of the listed variables.
    accept_inplace : bool
        Allow ops that destroy their inputs.
    name : str, optional
        Default: ``file:line`` of the caller.
    rebuild_strict : bool
        Replacements must have the type of what they replace.
    allow_input_downcast : bool, optional
        True: arguments may lose precision; False: never; None: only Python floats, to ``floatX``.
    profile : bool, str or ProfileStats, optional
        Measure calls; default ``config.profile``.
    on_unused_input : str, optional
        "raise", "warn" or "ignore"; default ``config.on_unused_input``.

    Returns
    -------
    Function

    Raises
    ------
    UnusedInputError
        An input that nothing needs, or the same variable twice.
    MissingInputError
        A variable that is needed but neither input, nor constant, nor shared.
    TypeError, ValueError, RuntimeError
        Arguments that break the rules above.
    """
    if name is None:
        name = _line_of_caller(sys._getframe(1))
    with compiling(name):
        outputs, output_keys = outputs_of_dict(outputs)
        check_updates(updates)
        if not isinstance(inputs, list | tuple):
            raise TypeError(
                explain(
                    "inputs of a function are a list",
                    f"{inputs!r} of {type(inputs).__name__}",
                    "write theano.function([x], ...) also for one input",
                )
            )
        if is_old_style(inputs):
            inputs = to_new_style(inputs, updates, givens, profile)
        specs = as_specs(inputs, allow_input_downcast)
        check_distinct(specs, givens)
        work = Specification(specs, outputs, updates, givens, rebuild_strict, no_default_updates)
        maker = FunctionMaker(
            work.specs,
            work.outputs,
            mode=mode,
            accept_inplace=accept_inplace,
            profile=profile_for(profile, name),
            on_unused_input=on_unused_input,
            output_keys=output_keys,
            name=name,
            owned=True,
            roots=work.roots,
        )
        return maker.create()


def _line_of_caller(frame: Any) -> str:
    """``file:line`` of the innermost frame from `frame` outwards that is the user's (``x.eval()`` calls from here)."""
    while is_library_frame(frame.f_globals.get("__name__", "")) and frame.f_back is not None:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


@contextmanager
def compiling(name: str) -> Iterator[None]:
    """Add the function's name to errors, and pause the cyclic garbage collector.

    Compilation allocates much and frees little, so that passes of the collector are wasted; also one pass afterwards
    over all that was made, which `_put_off_collection` spares small graphs.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        with progress(name):
            yield
    except Exception as error:
        error.add_note(f"This happened while theano.function made {name!r}.")
        raise
    finally:
        if collecting:
            _put_off_collection()
            gc.enable()


_UNCOLLECTED_LIMIT = 400_000
_uncollected = 0


def _put_off_collection() -> None:
    """Count what was made since the collector paused as old, without looking at it; look after a while for all."""
    global _uncollected
    if gc.get_freeze_count():  # the program keeps objects out of the collector's sight: leave that alone
        return
    _uncollected += gc.get_count()[0]
    if _uncollected > _UNCOLLECTED_LIMIT:
        _uncollected = 0
        gc.collect()
    else:
        gc.freeze()
        gc.unfreeze()


def function_dump(
    filename: str,
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    extra_tag_to_remove: Any = None,
) -> None:
    """Write the arguments of a call of `function` to a file, for a bug report.

    ``pickle.load`` gives a dict of keyword arguments of `function`.
    """
    import pickle  # lazy: rarely used

    arguments = {
        "inputs": inputs,
        "outputs": outputs,
        "mode": mode,
        "updates": updates,
        "givens": givens,
        "no_default_updates": no_default_updates,
        "accept_inplace": accept_inplace,
        "name": name,
        "rebuild_strict": rebuild_strict,
        "allow_input_downcast": allow_input_downcast,
        "profile": profile,
        "on_unused_input": on_unused_input,
    }
    with open(filename, "wb") as file:
        pickle.dump(arguments, file, protocol=-1)
