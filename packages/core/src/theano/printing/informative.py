"""Short texts about graphs and values that do not depend on memory addresses."""

from __future__ import annotations

import hashlib
from typing import Any

from theano.printing.tree import char_from_number

__all__ = ["hex_digest", "min_informative_str", "position_independent_str", "var_descriptor"]


def min_informative_str(obj: Any, indent_level: int = 0, _prev_obs: Any = None, _tag_generator: Any = None) -> str:
    """Return an indented tree that tells just enough: it stops at variables that have a name.

    Lines are ``A. text``, with a tab for each level; a variable that is met again is ``<A>``.

    Parameters
    ----------
    obj : Variable
        Where to start.
    indent_level : int
        Level of the first line.
    """
    letters: dict[Any, str] = {} if _prev_obs is None else _prev_obs
    lines = []
    stack = [(obj, indent_level)]
    while stack:
        item, level = stack.pop()
        indent = "\t" * level
        if item in letters:
            lines.append(f"{indent}<{letters[item]}>")
            continue
        letters[item] = char_from_number(len(letters))
        node = getattr(item, "owner", None)
        named = getattr(item, "name", None) is not None
        if named or node is None:
            text = item.name if named else str(item)
        else:
            text = str(node.op)
            stack.extend((variable, level + 1) for variable in reversed(node.inputs))
        lines.append(f"{indent}{letters[item]}. {text}")
    return "\n".join(lines)


def hex_digest(x: Any) -> str:
    """Return a hash of an array: of its data, strides, dtype and shape."""
    digest = hashlib.sha256(x.tobytes()).hexdigest()
    return f"{digest}|strides=[{','.join(map(str, x.strides))}]|dtype={x.dtype}|shape={x.shape}"


def var_descriptor(obj: Any, _prev_obs: Any = None, _tag_generator: Any = None) -> str:
    """Return a text about a value or a graph, equal for equal ones, whatever their places in memory."""
    if hasattr(obj, "__array__"):
        return hex_digest(obj)
    if isinstance(obj, (list, tuple)):
        return f"{type(obj).__name__}({', '.join(var_descriptor(item) for item in obj)})"
    if isinstance(obj, dict):
        pairs = sorted((var_descriptor(key), var_descriptor(value)) for key, value in obj.items())
        return f"{type(obj).__name__}({', '.join(f'{key}: {value}' for key, value in pairs)})"
    return position_independent_str(obj) if hasattr(obj, "owner") else str(obj)


def position_independent_str(obj: Any) -> str:
    """Return a text about a variable that does not depend on memory addresses."""
    if hasattr(obj, "owner") and hasattr(obj, "type"):
        return f"theano_var{{name={obj.name!s},type={obj.type!s}}}\n{min_informative_str(obj)}"
    raise NotImplementedError(f"position_independent_str of a {type(obj).__name__}")
