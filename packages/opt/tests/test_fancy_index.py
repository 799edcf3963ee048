"""Normal forms of fancy indices."""

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.subtensor import AdvancedIncSubtensor1, IncSubtensor

rng = np.random.default_rng(4)
x, v, w = T.dtensor4("x"), T.lvector("v"), T.lvector("w")
m, n = T.TensorType("bool", (False, False))("m"), T.lscalar("n")
VALUES = [rng.random((4, 5, 3, 6)), np.array([1, -2, 0]), np.array([2, 2, -1]), rng.random((5, 3)) < 0.5, 1]

READS = {
    "a slice before": lambda: x[1:, v],
    "slices before": lambda: x[1:-1, ::-1, v],
    "slices around": lambda: x[::2, v, 1:, ::3],
    "a variable's slice": lambda: x[n:, v, : n + 1],
    "whole ones behind": lambda: x[v, w, :, :],
    "apart": lambda: x[v, :, w],
    "apart, with a number": lambda: x[0, :, w],
    "apart, with a slice": lambda: x[v, 1:, w, ::2],
    "three, apart": lambda: x[v, :, w, 1],
    "a mask behind a slice": lambda: x[1:, m],
    "a mask between slices": lambda: x[:, m, 1:],
}
INDEXING = ("AdvancedSubtensor", "AdvancedBooleanSubtensor", "AdvancedIncSubtensor", "AdvancedBooleanIncSubtensor")


def is_normal(f):
    """Whether all fancy indices have only whole slices, in front of the arrays."""
    for node in f.maker.fgraph.toposort():
        if type(node.op).__name__ not in INDEXING:
            continue
        entries = node.inputs[2 if "Inc" in type(node.op).__name__ else 1 :]
        is_array = [hasattr(entry.type, "ndim") for entry in entries]
        if is_array != sorted(is_array) or not is_array[-1]:
            return False
        if any(entry.data != slice(None) for entry in entries[: is_array.index(True)]):
            return False
    return True


@pytest.mark.parametrize("name", READS)
def test_reading(rewriting, name):
    out = READS[name]()
    assert not is_normal(rewriting.compile([x, v, w, m, n], out, optimizer=None))
    assert is_normal(rewriting.compile([x, v, w, m, n], out))
    rewriting.same([x, v, w, m, n], out, *VALUES)


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("change", [T.set_subtensor, T.inc_subtensor])
def test_writing(rewriting, name, change):
    part = READS[name]()
    for out in (change(part, 7.0), change(part, -part)):
        assert is_normal(rewriting.compile([x, v, w, m, n], out))
        rewriting.same([x, v, w, m, n], out, *VALUES)


def test_empty_parts(rewriting):
    none = np.zeros(0, "int64")
    for out in (x[1:, v], x[v, :, w], T.set_subtensor(x[v, :, w], 1.0), x[3:3, v], T.inc_subtensor(x[:0, v], 2.0)):
        rewriting.same([x, v, w], out, VALUES[0], none, none)


def test_new_dims_are_left_alone(rewriting):
    rewriting.same([x, v], x[1:, None, v], *VALUES[:2])


def test_written_values_get_the_dtype_of_the_tensor(rewriting):
    u, small = T.dvector("u"), T.bvector("small")
    value, part = np.arange(5.0), np.array([3, -4, 5], "int8")
    outs = [AdvancedIncSubtensor1(False, is_set)(u, small, v) for is_set in (False, True)]
    node = u[0:3].owner
    outs += [IncSubtensor(node.op.idx_list, False, is_set)(u, small, *node.inputs[1:]) for is_set in (False, True)]
    for out in outs:
        f = rewriting.compile([u, small, v], out)
        writes = [node for node in f.maker.fgraph.toposort() if "IncSubtensor" in type(node.op).__name__]
        assert writes
        assert all(node.inputs[0].type.dtype == node.inputs[1].type.dtype for node in writes)
        rewriting.same([u, small, v], out, value, part, VALUES[1])


@pytest.mark.parametrize("dtype", ["int8", "float32", "float64"])
@pytest.mark.parametrize("change", [T.set_subtensor, T.inc_subtensor])
def test_one_value_under_a_mask_is_a_choice(rewriting, dtype, change):
    t, one = T.TensorType(dtype, (False,) * 3)("t"), T.TensorType(dtype, (True,))("one")
    value, first = (rng.random((5, 3, 2)) * 100).astype(dtype), np.ones(1, dtype)
    for part in (t[m], t[m, :], t[:, m[0, :]], t[:, :, m[:2, 0]]):
        for y in (3, one, one[0]):
            out = change(part, y)
            assert "Switch" in rewriting.ops([t, m, one], out)
            rewriting.same([t, m, one], out, value, VALUES[3], first)


def test_a_mask_of_one_does_not_stretch(rewriting):
    u, mask = T.dvector("u"), T.TensorType("bool", (False,))("mask")
    f = rewriting.compile([u, mask], T.set_subtensor(u[mask], 0.0))
    for lengths in ((4, 1), (1, 4), (4, 3)):
        with pytest.raises(ValueError, match="mismatch"):
            f(np.ones(lengths[0]), np.ones(lengths[1], bool))


def test_inf_and_nan_stay_where_the_mask_is_false(rewriting):
    u, mask = T.dvector("u"), T.TensorType("bool", (False,))("mask")
    value, where = np.array([np.nan, np.inf, -np.inf, -0.0]), np.array([True, False, True, False])
    for out in (T.set_subtensor(u[mask], 0.0), T.inc_subtensor(u[mask], np.inf)):
        rewriting.same([u, mask], out, value, where)
