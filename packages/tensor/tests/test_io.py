"""Arrays from files, and the static side of MPI ops."""

import numpy as np
import pytest

import theano.tensor as T
from theano.graph import generic
from theano.tensor import io


@pytest.mark.parametrize("mmap_mode", [None, "c"])
def test_load_reads_the_file_at_each_call(tmp_path, run, mmap_mode):
    path = tmp_path / "x.npy"
    variable = generic("path")
    out = io.load(variable, "float32", (False, True), mmap_mode)
    assert out.type == T.TensorType("float32", (False, True))
    for value in (np.ones((3, 1), "float32"), np.zeros((2, 1), "float32")):
        np.save(path, value)
        np.testing.assert_array_equal(run(out + 0, {variable: str(path)}), value)
        np.testing.assert_array_equal(run(io.load(str(path), "float32", (False, True)), {}), value)


def test_load_errors(tmp_path, run):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(3))
    with pytest.raises(TypeError, match="int64"):
        run(io.load(str(path), "float32", (False,)), {})
    with pytest.raises(ValueError, match="several arrays"):
        run(io.load("x.npz", "float32", (False,)), {})
    with pytest.raises(ValueError, match="mmap_mode"):
        io.load("x.npy", "float32", (False,), mmap_mode="r+")
    with pytest.raises(TypeError, match="path"):
        io.load(3, "float32", (False,))


def test_mpi_graphs_have_static_types():
    request, buffer = io.irecv((2, 1), "float32", 0, 1)
    assert buffer.type == T.TensorType("float32", (False, True))
    assert io.recv((2, 1), "float32", 0, 1).type == buffer.type
    assert io.send(T.dvector(), 0, 1).type == request.type == generic


def test_mpi_schedule_starts_early_and_waits_late():
    x = T.dvector()
    start = io.isend(x, 0, 5)[0].owner
    wait = io.send(x, 0, 5).owner
    other = (x + 1).owner
    assert io.mpi_send_wait_cmp(start, other) < 0 < io.mpi_send_wait_cmp(wait, other)
    later = io.isend(x, 0, 6)[0].owner
    assert io.mpi_tag_cmp(start, later) < 0 < io.mpi_tag_cmp(later, start)
    assert io.mpi_tag_cmp(start, other) == 0
