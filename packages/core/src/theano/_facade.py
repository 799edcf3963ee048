"""The names of ``import theano``: where each lives, and which distribution brings it."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from theano.errors import MissingPackageAttributeError, MissingPackageImportError, explain

__all__ = ["FACADE", "SUBMODULES", "dot", "resolve"]

_COMPILE = (
    "FunctionMaker", "In", "Mode", "OpFromGraph", "Out", "Param", "ProfileStats", "SymbolicInput", "SymbolicOutput",
    "as_op", "function", "function_dump", "predefined_linkers", "predefined_modes", "predefined_optimizers", "shared",
)  # fmt: skip
_GRAPH = ("Apply", "Constant", "FunctionGraph", "Generic", "Op", "Type", "Variable", "generic")
_LINKERS = ("CLinker", "Container", "Linker", "LocalLinker", "OpWiseCLinker", "PerformLinker")
_GRADIENT = ("Lop", "Rop", "grad", "hessian", "jacobian", "subgraph_grad")
_LOOPS = ("foldl", "foldr", "loop", "map", "reduce", "scan", "scan_checkpoints", "while_loop")

# name: (module, attribute, distribution)
FACADE: dict[str, tuple[str, str, str]] = {
    **{name: ("theano.compile", name, "theano-core") for name in _COMPILE},
    **{name: ("theano.graph", name, "theano-core") for name in _GRAPH},
    **{name: ("theano.gof.link", name, "theano-core") for name in _LINKERS},
    **{name: ("theano.gradient", name, "theano-grad") for name in _GRADIENT},
    **{name: ("theano.scan_module", name, "theano-tensor") for name in _LOOPS},
    "InconsistencyError": ("theano.errors", "InconsistencyError", "theano-core"),
    "OrderedUpdates": ("theano.updates", "OrderedUpdates", "theano-core"),
    "Updates": ("theano.updates", "Updates", "theano-core"),
    "change_flags": ("theano.configuration", "change_flags", "theano-core"),
    "clone": ("theano.graph", "clone_replace", "theano-core"),
    "dot": ("theano._facade", "dot", "theano-core"),
    "get_scalar_constant_value": ("theano.tensor", "get_scalar_constant_value", "theano-tensor"),
    "object2": ("theano.gof.utils", "object2", "theano-core"),
    "pp": ("theano.printing", "pp", "theano-core"),
    "pprint": ("theano.printing", "pprint", "theano-core"),
    "sparse_grad": ("theano.tensor.subtensor", "sparse_grad", "theano-tensor"),
    "_asarray": ("theano.compat.arrays", "_asarray", "theano-core"),
    "theano_logger": ("theano.compat.log", "theano_logger", "theano-core"),
    "disable_log_handler": ("theano.compat.log", "disable_log_handler", "theano-core"),
    "logging_default_handler": ("theano.compat.log", "logging_default_handler", "theano-core"),
    "toolbox": ("theano.gof", "toolbox", "theano-core"),
    "utils": ("theano.gof", "utils", "theano-core"),
}

# submodule: the distribution that brings it
SUBMODULES: dict[str, str] = {
    **dict.fromkeys(
        ("codegen", "compat", "compile", "configdefaults", "configparser", "configuration", "errors", "gof", "graph",
         "lowering", "misc", "plugin", "printing", "raise_op", "updates", "version"),
        "theano-core",
    ),
    **dict.fromkeys(
        ("ifelse", "sandbox", "scalar", "scan_module", "tensor", "testing", "tests", "typed_list"), "theano-tensor"
    ),
    "cpu": "theano-cpu",
    "cuda": "theano-cuda",
    "gpuarray": "theano-cuda",
    "gradient": "theano-grad",
    "opt": "theano-opt",
    "sparse": "theano-sparse",
}  # fmt: skip


def _missing(name: str, distribution: str) -> Exception:
    text = explain(
        f"theano.{name}", f"it is part of {distribution}, which is not installed", f"pip install {distribution}"
    )
    # ``from theano import name`` asks through the import system, which would replace an AttributeError by one
    # without our text; everyone else, such as hasattr, needs an AttributeError.
    asked_by = sys._getframe(3).f_globals.get("__name__", "")
    if asked_by == "importlib._bootstrap":
        return MissingPackageImportError(text, name=f"theano.{name}")
    return MissingPackageAttributeError(text, name=name)


def _is_absent(error: ModuleNotFoundError, module: str) -> bool:
    """Whether the module itself is not there, rather than something that it imports."""
    return error.name is not None and (module == error.name or module.startswith(f"{error.name}."))


def _other_submodule(name: str) -> Any:
    """Return a submodule that is not in the table, such as a room that another project adds."""
    module_name = f"theano.{name}"
    if not name.startswith("_"):
        try:
            return import_module(module_name)
        except ModuleNotFoundError as error:
            if not _is_absent(error, module_name):
                raise
    raise AttributeError(f"module 'theano' has no attribute {name!r}")


def resolve(name: str) -> Any:
    """Return the object or submodule that ``theano.<name>`` stands for.

    Raises
    ------
    AttributeError
        There is no such name, or the package that has it is not installed.
    """
    home = FACADE.get(name)
    if home is not None:
        module_name, attribute, distribution = home
    elif name in SUBMODULES:
        module_name, attribute, distribution = f"theano.{name}", "", SUBMODULES[name]
    else:
        return _other_submodule(name)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if not _is_absent(error, module_name):
            raise
        raise _missing(name, distribution) from None
    if getattr(module, "__file__", None) is None:
        # A folder without code is left where a package was removed.
        raise _missing(name, distribution)
    return getattr(module, attribute) if attribute else module


def dot(l: Any, r: Any) -> Any:
    """Multiply two variables of any kinds; each kind may define ``__dot__`` and ``__rdot__``.

    Parameters
    ----------
    l, r : variables or values
        At least one of a kind that knows how to multiply, such as tensors and sparse matrices.

    Raises
    ------
    NotImplementedError
        Neither side accepts the other.
    """
    for method, own, other in (("__dot__", l, r), ("__rdot__", r, l)):
        multiply = getattr(own, method, None)
        if multiply is None:
            continue
        result = multiply(other)
        if result is not NotImplemented:
            return result
    kinds = f"{type(l).__name__} and {type(r).__name__}"
    raise NotImplementedError(
        explain(f"theano.dot({l}, {r})", f"neither of {kinds} can multiply the other", "make variables of them first")
    )
