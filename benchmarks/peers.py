"""The peers that are installed; None where one is not. How each is given a function and arrays."""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable
from typing import Any

from benchmarks.measure import effort

os.environ.setdefault("JAX_PLATFORMS", "cpu")


def optional(name: str) -> Any:
    """Import `name`, or return None."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


jax: Any = optional("jax")
if jax is not None:
    jax.config.update("jax_enable_x64", True)
numba: Any = optional("numba")
if numba is not None:  # what several threads cannot share runs on one
    warnings.simplefilter("ignore", numba.NumbaPerformanceWarning)
numexpr: Any = optional("numexpr")
pytensor: Any = None if effort.quick else optional("pytensor")  # compiles for seconds
torch: Any = optional("torch")
if torch is not None:
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))

Call = Callable[[], object]


def bind(function: Callable[..., object], *arguments: object) -> Call:
    """Return ``function`` with its arguments fixed."""
    return lambda: function(*arguments)


def jax_call(function: Callable[..., object], *arrays: Any) -> Call:
    """``jax.jit`` of `function` on device arrays, waiting for all results."""
    compiled = jax.jit(function)
    held = jax.device_put(arrays)
    ready = jax.block_until_ready
    return lambda: ready(compiled(*held))


def numba_call(function: Callable[..., object], *arrays: Any, reorder: bool = False) -> Call:
    """``numba.njit`` of `function`; `reorder` lets it sum in vectors. On several threads where there are some."""
    fast = {"reassoc", "nsz", "contract", "arcp"} if reorder else False
    parallel = numba.get_num_threads() > 1 and any(a.size >= 10_000 for a in arrays if hasattr(a, "size"))
    return bind(numba.njit(function, error_model="numpy", fastmath=fast, parallel=parallel), *arrays)


def pytensor_call(function: Callable[..., Any], *arrays: Any) -> Call:
    """PyTensor's default mode, from a function of symbolic variables."""
    tensor = importlib.import_module("pytensor.tensor")
    inputs = [tensor.TensorType(str(a.dtype), shape=(None,) * a.ndim)() for a in arrays]
    return bind(pytensor.function(inputs, function(*inputs)), *arrays)


def theano_call(function: Callable[..., Any], *arrays: Any) -> Call:
    """Ours, from a function of symbolic variables; NumPy arrays in and out."""
    theano = importlib.import_module("theano")
    tensor = importlib.import_module("theano.tensor")
    inputs = [tensor.TensorType(str(a.dtype), (False,) * a.ndim)() for a in arrays]
    return bind(theano.function(inputs, function(*inputs)), *arrays)


def torch_call(function: Callable[..., object], *arrays: Any, compiled: bool = True) -> Call:
    """``torch.compile`` of `function` (or eager), on tensors that share the arrays' memory."""
    tensors = [torch.from_numpy(a) for a in arrays]
    return bind(torch.compile(function) if compiled else function, *tensors)
