"""Values from outside the graph: arrays from ``.npy`` files, and messages between MPI processes."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Constant, Op, Variable, generic
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import TensorType

__all__ = [
    "LoadFromDisk",
    "MPIRecv",
    "MPIRecvWait",
    "MPISend",
    "MPISendWait",
    "irecv",
    "isend",
    "load",
    "mpi_cmps",
    "mpi_enabled",
    "mpi_send_wait_cmp",
    "mpi_tag_cmp",
    "recv",
    "send",
]

# whether the package can be imported; it is imported only by the ops that need it
mpi_enabled = importlib.util.find_spec("mpi4py") is not None


@frozen_op
class LoadFromDisk(Op):
    """Input path: the array in a ``.npy`` file, read when the graph runs."""

    dtype: str
    broadcastable: tuple[bool, ...]
    mmap_mode: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", str(np.dtype(self.dtype)))
        object.__setattr__(self, "broadcastable", tuple(bool(flag) for flag in self.broadcastable))
        if self.mmap_mode not in (None, "c"):
            raise ValueError(
                explain(
                    f"load with mmap_mode {self.mmap_mode!r}",
                    "a mapped file must not be written by the graph",
                    "use None or 'c' (copy on write)",
                )
            )

    def make_node(self, path: Any) -> Apply:
        if isinstance(path, str | os.PathLike):
            path = Constant(generic, os.fspath(path))
        if not isinstance(path, Variable):
            raise TypeError(explain("load: a path", f"got {path!r}", "give a str or a generic variable"))
        return Apply(self, [path], [TensorType(self.dtype, self.broadcastable)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        path = inputs[0]
        if str(path).endswith(".npz"):
            raise ValueError(explain(f"load {path}", "it holds several arrays", "save one array with numpy.save"))
        found = np.load(path, mmap_mode=self.mmap_mode)
        if str(found.dtype) != self.dtype:
            raise TypeError(explain(f"load {path} as {self.dtype}", f"it holds {found.dtype}", "state its dtype"))
        output_storage[0][0] = found

    def do_constant_folding(self, node: Apply) -> bool:
        # the file is read at each call
        return False


def load(path: Any, dtype: str, broadcastable: Any, mmap_mode: str | None = None) -> Variable:
    """The array of a ``.npy`` file, read at each call.

    Parameters
    ----------
    path : str or generic variable
    dtype : str
        What the file must hold (TypeError at run time).
    broadcastable : sequence of bool
    mmap_mode : None or 'c'
        Map the file copy-on-write instead of reading it.
    """
    return LoadFromDisk(dtype, tuple(broadcastable), mmap_mode)(path)


def _communicator() -> Any:
    if not mpi_enabled:
        raise RuntimeError(explain("exchange data by MPI", "mpi4py is not installed", "pip install mpi4py"))
    from mpi4py import MPI  # lazy: optional package

    return MPI.COMM_WORLD


@frozen_op
class MPIRecv(Op):
    """Start to receive an array; outputs (request, buffer), which `MPIRecvWait` turns into the value."""

    source: int
    tag: int
    shape: tuple[int, ...]
    dtype: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        object.__setattr__(self, "dtype", str(np.dtype(self.dtype)))

    def make_node(self) -> Apply:
        return Apply(self, [], [generic(), TensorType(self.dtype, [n == 1 for n in self.shape])()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        buffer = np.zeros(self.shape, dtype=self.dtype)
        output_storage[0][0] = _communicator().Irecv(buffer, self.source, self.tag)
        output_storage[1][0] = buffer

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [None, self.shape]

    def do_constant_folding(self, node: Apply) -> bool:
        return False


@frozen_op
class MPIRecvWait(Op):
    """Inputs (request, buffer): the buffer once the message has arrived."""

    tag: int
    view_map = {0: [1]}

    def make_node(self, request: Variable, data: Any) -> Apply:
        data = as_tensor_variable(data)
        return Apply(self, [request, data], [data.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        request, data = inputs
        request.wait()
        output_storage[0][0] = data

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[1]]


@frozen_op
class MPISend(Op):
    """Start to send an array; outputs (request, the array)."""

    dest: int
    tag: int
    view_map = {1: [0]}

    def make_node(self, data: Any) -> Apply:
        data = as_tensor_variable(data)
        return Apply(self, [data], [generic(), data.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        data = np.ascontiguousarray(inputs[0])
        output_storage[0][0] = _communicator().Isend(data, self.dest, self.tag)
        output_storage[1][0] = data

    def do_constant_folding(self, node: Apply) -> bool:
        return False


@frozen_op
class MPISendWait(Op):
    """Inputs (request, array): True once the message has left."""

    tag: int

    def make_node(self, request: Variable, data: Any) -> Apply:
        return Apply(self, [request, as_tensor_variable(data)], [generic()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        inputs[0].wait()
        output_storage[0][0] = True


def isend(var: Any, dest: int, tag: int) -> list[Variable]:
    """Start to send `var` to process `dest`: ``[request, array]``."""
    return MPISend(dest, tag)(var)


def send(var: Any, dest: int, tag: int) -> Variable:
    """Send `var` to process `dest`."""
    return MPISendWait(tag)(*isend(var, dest, tag))


def irecv(shape: Any, dtype: str, source: int, tag: int) -> list[Variable]:
    """Start to receive an array of `shape` and `dtype` from process `source`: ``[request, buffer]``."""
    return MPIRecv(source, tag, tuple(shape), dtype)()


def recv(shape: Any, dtype: str, source: int, tag: int) -> Variable:
    """Receive an array of `shape` and `dtype` from process `source`."""
    return MPIRecvWait(tag)(*irecv(shape, dtype, source, tag))


def _rank(node: Apply) -> int:
    """Sends first, other work next, waits last."""
    if isinstance(node.op, MPISend | MPIRecv):
        return 0
    return 2 if isinstance(node.op, MPISendWait | MPIRecvWait) else 1


def mpi_send_wait_cmp(a: Apply, b: Apply) -> int:
    """Order of two nodes in a schedule: messages start early, waits come late."""
    return _rank(a) - _rank(b)


def mpi_tag_cmp(a: Apply, b: Apply) -> int:
    """Order of two nodes of one MPI op class by tag; 0 for other pairs."""
    if type(a.op) is not type(b.op) or not hasattr(a.op, "tag"):
        return 0
    return (a.op.tag > b.op.tag) - (a.op.tag < b.op.tag)


mpi_cmps = (mpi_send_wait_cmp, mpi_tag_cmp)
