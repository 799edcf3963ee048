"""The code that a backend generates for a function."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.plugin import registry

__all__ = ["generated_code"]


def generated_code(function: Any, node: Any = None) -> str:
    """Return the C of the kernels of a compiled function, with a line for every step that has none.

    Parameters
    ----------
    function : Function
        What `theano.function` returned.
    node : Apply or Variable, optional
        One node of ``function.maker.fgraph`` (or a result of it); default: all.

    Returns
    -------
    str
        What is, or on a machine with a compiler would be, compiled. Drivers in the runtime call these functions on
        contiguous pieces of the operands, so they hold neither strides nor remainders.

    Raises
    ------
    ValueError
        If no installed backend generates code, or the function has no such node.

    Examples
    --------
    >>> import theano, theano.tensor as T
    >>> x = T.dvector("x")
    >>> f = theano.function([x], T.sqrt(x) * 2)
    >>> text = generated_code(f)
    >>> text.startswith("/* step 0: Elemwise{Composite{")
    True
    >>> "= sqrt(v0);" in text
    True
    """
    backends = registry().backends
    named = backends.get(function.maker.mode.linker.backend)
    for backend in (named, backends.get("cpu")):
        show = getattr(backend, "generated_code", None)
        if show is not None:
            return str(show(function, getattr(node, "owner", None) or node))
    raise ValueError(
        explain("show generated code", "no installed backend generates any", "install one: pip install theano-cpu")
    )
