"""NumPy's functions called with tensor variables: ``np.exp(x)``, ``array + x``, ``np.sum(x)``.

Where `theano.tensor` has the function, the result is its symbolic form; anything else is refused. Left alone, NumPy
would take a variable for one Python object, and ``np.argmax(x)`` would be 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import theano.tensor as T  # names are looked up at call time: the functions are made of variables
from theano.errors import AsTensorError, explain
from theano.graph import Variable, variable_text

__all__ = ["function_call", "ufunc_call"]

# Packages whose values have no answer to a call that has a variable among its arguments.
_KNOWN = frozenset({"builtins", "numpy", "theano"})

# NumPy ufuncs whose tensor function has another name; the rest are looked up by their own.
_UFUNC_NAMES = {
    "absolute": "abs_",
    "bitwise_and": "and_",
    "bitwise_or": "or_",
    "bitwise_xor": "xor",
    "bitwise_not": "invert",
    "conjugate": "conj",
    "divide": "true_div",
    "divmod": "divmod",
    "fabs": "abs_",
    "floor_divide": "int_div",
    "matmul": "matmul",
    "multiply": "mul",
    "negative": "neg",
    "power": "pow",
    "reciprocal": "inv",
    "remainder": "mod_check",
    "rint": "round_half_to_even",
    "sign": "sgn",
    "square": "sqr",
    "subtract": "sub",
}
_ORDER_UFUNCS = {"less": "__gt__", "less_equal": "__ge__", "greater": "__lt__", "greater_equal": "__le__"}
_SAME_NAMES = frozenset({
    "add", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "ceil", "cos", "cosh", "deg2rad",
    "exp", "exp2", "expm1", "floor", "invert", "isinf", "isnan", "log", "log10", "log1p", "log2", "maximum", "minimum",
    "rad2deg", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
})  # fmt: skip
# NumPy ufuncs that are several tensor functions.
_COMPOSED: dict[str, Callable[..., Any]] = {
    "isfinite": lambda x: T.invert(T.or_(T.isnan(x), T.isinf(x))),
    "logical_and": lambda x, y: T.and_(T.neq(x, 0), T.neq(y, 0)),
    "logical_not": lambda x: T.eq(x, 0),
    "logical_or": lambda x, y: T.or_(T.neq(x, 0), T.neq(y, 0)),
    "logical_xor": lambda x, y: T.xor(T.neq(x, 0), T.neq(y, 0)),
    "positive": lambda x: x,
}

# NumPy functions that are no ufuncs: how many arguments come first, and the keywords that may follow; those mean the
# same to the tensor function of that name.
_FUNCTIONS: dict[str, tuple[int, str]] = {
    "all": (1, "axis keepdims"), "allclose": (2, "rtol atol equal_nan"), "any": (1, "axis keepdims"),
    "argmax": (1, "axis keepdims"), "argmin": (1, "axis keepdims"), "argsort": (1, "axis kind"), "clip": (3, ""),
    "concatenate": (1, "axis"), "cumprod": (1, "axis"), "cumsum": (1, "axis"), "diag": (1, "k"),
    "diagonal": (1, "offset axis1 axis2"), "dot": (2, ""), "imag": (1, ""), "isclose": (2, "rtol atol equal_nan"),
    "max": (1, "axis keepdims"), "mean": (1, "axis dtype keepdims"), "min": (1, "axis keepdims"),
    "ones_like": (1, "dtype"), "outer": (2, ""), "prod": (1, "axis dtype keepdims"), "ptp": (1, "axis"),
    "real": (1, ""), "repeat": (2, "axis"), "reshape": (2, ""), "roll": (2, "axis"), "shape": (1, ""),
    "sort": (1, "axis kind"), "squeeze": (1, ""), "stack": (1, "axis"), "std": (1, "axis ddof keepdims"),
    "sum": (1, "axis dtype keepdims"), "swapaxes": (3, ""), "take": (2, "axis mode"), "tensordot": (2, "axes"),
    "tile": (2, ""), "transpose": (1, "axes"), "tril": (1, "k"), "triu": (1, "k"), "var": (1, "axis ddof keepdims"),
    "where": (3, ""), "zeros_like": (1, "dtype"),
}  # fmt: skip
_RENAMED = {"amax": "max", "amin": "min"}
# NumPy functions of facts that variables know.
_FACTS: dict[str, Callable[[Any], Any]] = {
    "iscomplexobj": lambda x: str(x.dtype).startswith("complex"),
    "isrealobj": lambda x: not str(x.dtype).startswith("complex"),
    "ndim": lambda x: x.ndim,
    "ravel": lambda x: x.ravel(),
    "size": lambda x: x.size,
}


def ufunc_call(self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """``__array_ufunc__``: the symbolic form of a NumPy ufunc call."""
    if method == "__call__" and not kwargs:
        result = _apply_ufunc(ufunc.__name__, inputs)
        if result is not NotImplemented:
            return result
    if any(type(value).__module__.split(".")[0] not in _KNOWN for value in inputs):
        return NotImplemented  # the class of that operand may know an answer
    into = " into an array (out=, or an operator like +=)" if "out" in kwargs else ""
    call = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    raise _refusal(call + into, next(value for value in inputs if isinstance(value, Variable)))


def function_call(self: Any, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``__array_function__``: the symbolic form of a call of another NumPy function."""
    name = _RENAMED.get(function.__name__, function.__name__)
    if not function.__module__.startswith("numpy.linalg"):
        if name in _FACTS and args and not args[1:] and not kwargs:
            return _FACTS[name](args[0])
        call = _arguments(function, args, kwargs)
        if call is not None and name in _FUNCTIONS:
            count, keywords = _FUNCTIONS[name]
            if len(call[0]) == count and call[1].keys() <= set(keywords.split()):
                return getattr(T, name)(*call[0], **call[1])
    given = " with these arguments" if name in _FUNCTIONS else ""
    raise _refusal(function.__name__ + given, self)


def _arguments(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]] | None:
    """The arguments that come first and the keywords that follow, without those that are as NumPy's default says."""
    import inspect  # lazy: this path is rare

    count = _FUNCTIONS.get(function.__name__, (1, ""))[0]
    try:
        signature = inspect.signature(function)
    except ValueError:  # an older NumPy does not tell
        return (list(args), kwargs) if len(args) <= count else None
    given = signature.bind(*args, **kwargs).arguments
    first = list(given.values())[:count]
    defaults = {name: p.default for name, p in signature.parameters.items()}
    return first, {name: v for name, v in list(given.items())[count:] if v is not defaults[name]}


def _refusal(call: str, variable: Any) -> TypeError:
    return TypeError(
        explain(
            f"numpy.{call} of {variable_text(variable)}",
            "it is symbolic, and NumPy computes with values",
            "use functions of theano.tensor; to compute with values make a function with theano.function first",
        )
    )


def _apply_ufunc(name: str, inputs: tuple[Any, ...]) -> Any:
    try:
        if name in ("equal", "not_equal"):
            # == is identity for variables, whichever side an array stands on
            return name == "not_equal"
        if name in _ORDER_UFUNCS:
            left, right = inputs
            return getattr(T.as_tensor_variable(right), _ORDER_UFUNCS[name])(left)
        if name in _COMPOSED:
            return _COMPOSED[name](*inputs)
        function = _UFUNC_NAMES.get(name) or (name if name in _SAME_NAMES else None)
        return NotImplemented if function is None else getattr(T, function)(*inputs)
    except AsTensorError:
        return NotImplemented
