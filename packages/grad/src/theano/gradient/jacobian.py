"""Matrices of derivatives: `jacobian` and `hessian`."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.errors import explain
from theano.gradient.backward import format_as, grad
from theano.gradient.checks import check_wrt
from theano.gradient.rows import row_map
from theano.gradient.zeros import gradient_dtype
from theano.graph import Variable
from theano.tensor import shape_i

__all__ = ["hessian", "jacobian"]


def jacobian(expression: Variable, wrt: Any, consider_constant: Any = None, disconnected_inputs: str = "raise") -> Any:
    """Return the derivatives of every element of a vector.

    Parameters
    ----------
    expression : TensorVariable, (n,) or ()
        A 0-d expression gives `grad`.
    wrt : Variable or list or tuple of Variable
    consider_constant, disconnected_inputs
        As for `grad`.

    Returns
    -------
    Variable or list or tuple of Variable, (n, *shape of wrt)

    Raises
    ------
    AssertionError
        The expression is no variable, or has more than one dimension.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dvector()
    >>> jacobian(x ** 2, x).eval({x: [1.0, 2.0]}).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    if not isinstance(expression, Variable):
        raise AssertionError(explain("jacobian", f"{expression!r} is no variable", "give a symbolic vector"))
    ndim = getattr(expression.type, "ndim", None)
    if ndim not in (0, 1):
        raise AssertionError(
            explain("jacobian of a vector", f"{expression} of {expression.type}", "flatten it to one dimension")
        )
    if ndim == 0:
        return grad(expression, wrt, consider_constant, disconnected_inputs)
    by = check_wrt(wrt)
    dtype = gradient_dtype(expression)
    row = at.TensorType(dtype, expression.type.broadcastable)()
    gradients = grad(
        None, by, consider_constant, disconnected_inputs, known_grads={expression: row}, return_disconnected="zero"
    )
    results = row_map(row, shape_i(expression, 0), gradients)
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), results)


def hessian(cost: Variable, wrt: Any, consider_constant: Any = None, disconnected_inputs: str = "raise") -> Any:
    """Return the second derivatives of a scalar.

    Parameters
    ----------
    cost : TensorVariable, ()
    wrt : TensorVariable or list or tuple of TensorVariable, each (n,)
    consider_constant, disconnected_inputs
        As for `grad`; where only the gradient does not depend on `wrt`, the result is zero.

    Returns
    -------
    TensorVariable or list or tuple of TensorVariable, each (n, n)
        The block of each `wrt` with itself.

    Raises
    ------
    AssertionError
        The cost is no scalar, or a `wrt` is no vector.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dvector()
    >>> hessian((x ** 3).sum(), x).eval({x: [1.0, 2.0]}).tolist()
    [[6.0, 0.0], [0.0, 12.0]]
    """
    if not isinstance(cost, Variable) or getattr(cost.type, "ndim", None) != 0:
        raise AssertionError(explain("hessian of a scalar", f"{cost!r}", "give a symbolic scalar"))
    results = []
    for x in check_wrt(wrt):
        if getattr(x.type, "ndim", None) != 1:
            raise AssertionError(explain("hessian with respect to vectors", f"{x} of {x.type}", "flatten it first"))
        first = grad(cost, x, consider_constant, disconnected_inputs)
        results.append(jacobian(first, x, consider_constant, "ignore"))
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), results)
