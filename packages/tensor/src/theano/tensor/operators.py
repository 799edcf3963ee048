"""Python operators of tensor variables."""

from __future__ import annotations

from typing import Any

import theano.tensor as T  # names are looked up at call time: the functions are made of variables
from theano.errors import AsTensorError, ComplexError, explain
from theano.graph import NotANumber, Variable, variable_text
from theano.tensor.numpy_calls import function_call, ufunc_call

__all__ = ["TensorOperators", "method_form"]

# What an operator turns into NotImplemented, so that Python asks the other operand (sparse and foreign variables).
_NOT_OURS = (NotImplementedError, AsTensorError)


def _operator(name: str, reflected: bool = False) -> Any:
    """A binary operator method that applies the tensor function `name`, looked up when called."""

    def forward(self: Any, other: Any) -> Any:
        try:
            return getattr(T, name)(self, other)
        except ComplexError:
            raise
        except _NOT_OURS:
            return NotImplemented

    def backward(self: Any, other: Any) -> Any:
        try:
            return getattr(T, name)(other, self)
        except ComplexError:
            raise
        except _NOT_OURS:
            return NotImplemented

    method = backward if reflected else forward
    method.__doc__ = f"Operator form of `theano.tensor.{name}`."
    return method


def _order_operator(name: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        result = getattr(T, name)(self, other)
        # a comparison has no truth value, so that `a < b < c` fails loudly
        result._is_nonzero = False
        return result

    method.__doc__ = f"Operator form of `theano.tensor.{name}`; the result has no truth value."
    return method


def method_form(name: str) -> Any:
    def method(self: Any) -> Any:
        return getattr(T, name)(self)

    method.__name__ = name
    method.__doc__ = f"Method form of `theano.tensor.{name}`."
    return method


class TensorOperators(NotANumber):
    """Operators, each applying the tensor function that it stands for."""

    # NumPy arrays on the left of an operator leave it to us
    __array_priority__ = 1000

    # np.exp(x) and array + x are symbolic; without this NumPy would treat x as an object element by element
    __array_ufunc__ = ufunc_call
    # and so are np.sum(x), np.dot(array, x), ...
    __array_function__ = function_call

    _is_nonzero = True

    # == and != stay identity, so that variables can be dict keys
    __hash__ = Variable.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __lt__ = _order_operator("lt")
    __le__ = _order_operator("le")
    __gt__ = _order_operator("gt")
    __ge__ = _order_operator("ge")

    def __bool__(self) -> bool:
        if self._is_nonzero:
            return True
        raise TypeError(
            explain(
                f"truth value of the comparison {variable_text(self)}",
                "its value is not known while the graph is built",
                "use switch or ifelse, join conditions with & and |, and take theano.tensor's maximum, minimum and "
                "sort for those of Python",
            )
        )

    __abs__ = method_form("abs_")
    __neg__ = method_form("neg")
    __invert__ = method_form("invert")
    __ceil__ = method_form("ceil")
    __floor__ = method_form("floor")
    __trunc__ = method_form("trunc")

    __and__ = _operator("and_")
    __or__ = _operator("or_")
    __xor__ = _operator("xor")
    __rand__ = _operator("and_", reflected=True)
    __ror__ = _operator("or_", reflected=True)
    __rxor__ = _operator("xor", reflected=True)
    __add__ = _operator("add")
    __radd__ = _operator("add", reflected=True)
    __sub__ = _operator("sub")
    __rsub__ = _operator("sub", reflected=True)
    __mul__ = _operator("mul")
    __rmul__ = _operator("mul", reflected=True)
    __truediv__ = _operator("true_div")
    __rtruediv__ = _operator("true_div", reflected=True)
    __floordiv__ = _operator("floor_div")
    __rfloordiv__ = _operator("floor_div", reflected=True)
    __mod__ = _operator("mod_check")
    __rmod__ = _operator("mod_check", reflected=True)
    __divmod__ = _operator("divmod")
    __rdivmod__ = _operator("divmod", reflected=True)
    __pow__ = _operator("pow")
    __rpow__ = _operator("pow", reflected=True)

    def __dot__(self, right: Any) -> Any:
        return T.dot(self, right)

    def __rdot__(self, left: Any) -> Any:
        return T.dot(left, self)

    __matmul__ = _operator("matmul")
    __rmatmul__ = _operator("matmul", reflected=True)
