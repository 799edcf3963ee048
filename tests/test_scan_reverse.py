"""What gradients of loops need not do: store zeros, store what a step can compute, copy what runs backwards."""

import os
import subprocess
import sys
from math import isqrt

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.scan_module import scan, scan_checkpoints
from theano.scan_module.scan_op import Scan
from theano.tensor.alloc import Alloc, AllocEmpty
from theano.tensor.elemwise import Elemwise
from theano.tensor.reshape import Reshape
from theano.tensor.subtensor import Subtensor

PLAIN = theano.Mode("py", None)
REWRITTEN = theano.Mode("py", "fast_run")

x, y, w, u = T.dmatrix("x"), T.dmatrix("y"), T.dmatrix("w"), T.dmatrix("u")
batch = T.dtensor3("batch")
v, h0 = T.dvector("v"), T.dvector("h0")


@pytest.fixture(autouse=True)
def _failures_are_errors():
    with theano.change_flags(on_opt_error="raise"):
        yield


@pytest.fixture
def rng():
    return np.random.RandomState(23)


def compare(inputs, outputs, values):
    """Compile with and without rewrites, compare values, dtypes and shapes; return the nodes of the rewritten one."""
    expected = theano.function(inputs, outputs, mode=PLAIN)(*values)
    function = theano.function(inputs, outputs, mode=REWRITTEN)
    for found, wanted in zip(function(*values), expected, strict=True):
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
    return function.maker.fgraph.toposort()


def only(nodes, kind):
    return [node for node in nodes if isinstance(node.op, kind)]


def recurrent(rows, first):
    return scan(lambda r, h: T.tanh(T.dot(r, w) + T.dot(h, u)), rows, first)[0]


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("length", [1, 6])
def test_the_gradient_of_the_last_row_starts_there(rng, batched, length):
    """No sequence of zeros with one row at its end is made."""
    rows, first = (batch, y) if batched else (x, h0)
    h = recurrent(rows, first)
    shape = (2,) if batched else ()
    values = rng.randn(length, *shape, 3), rng.randn(*shape, 4), rng.randn(3, 4), rng.randn(4, 4)
    compare([rows, first, w, u], T.grad((h[-1] ** 2).sum(), [first]), values)
    nodes = compare([rows, first, w, u], T.grad((h[-1] ** 2).sum(), [w, u]), values)
    _, back = only(nodes, Scan)
    assert back.op.n_seqs == 1  # the states: nothing arrives at them but what comes back through time
    assert not any(node.outputs[0].ndim > first.ndim for node in only(nodes, Alloc))


def test_a_loop_without_steps_has_no_last_row(rng):
    h = recurrent(x, h0)
    f = theano.function([x, h0, w, u], T.grad(h[-1].sum(), h0), mode=REWRITTEN)
    with pytest.raises(AssertionError, match="the last row of a loop without steps"):
        f(np.zeros((0, 3)), np.zeros(4), np.zeros((3, 4)), np.zeros((4, 4)))


def test_rows_that_are_read_twice_stay_sequences(rng):
    """The row may not become part of the start where the step uses it otherwise too."""
    g = T.set_subtensor(T.zeros_like(x)[-1], v)
    out, _ = scan(lambda r, s: T.tanh(s + r) + r, g[::-1], h0)
    nodes = compare([x, v, h0], [out], (rng.randn(5, 4), rng.randn(4), rng.randn(4)))
    assert only(nodes, Scan)[0].op.n_seqs == 1
    out, _ = scan(lambda r, s: T.tanh(s + r) * s, g[::-1], h0)
    nodes = compare([x, v, h0], [out], (rng.randn(5, 4), rng.randn(4), rng.randn(4)))
    assert only(nodes, Scan)[0].op.n_seqs == 1
    out, _ = scan(lambda r, s: T.tanh(s + r), g[::-1], h0)
    nodes = compare([x, v, h0], [out], (rng.randn(5, 4), rng.randn(4), rng.randn(4)))
    assert only(nodes, Scan)[0].op.n_seqs == 0
    whole = out.owner.inputs[0]  # with the row before the first step
    nodes = compare([x, v, h0], [whole], (rng.randn(5, 4), rng.randn(4), rng.randn(4)))
    assert only(nodes, Scan)[0].op.n_seqs == 1
    out, _ = scan(lambda r, s: T.tanh(s + r), g, h0)  # the row comes last here
    nodes = compare([x, v, h0], [out], (rng.randn(5, 4), rng.randn(4), rng.randn(4)))
    assert only(nodes, Scan)[0].op.n_seqs == 1


@pytest.mark.parametrize("batched", [False, True])
def test_cheap_work_on_sequences_is_done_in_the_step(rng, batched):
    rows, first = (batch, y) if batched else (x, h0)
    h = recurrent(rows, first)
    shape = (2,) if batched else ()
    values = rng.randn(5, *shape, 3), rng.randn(*shape, 4), rng.randn(3, 4), rng.randn(4, 4)
    nodes = compare([rows, first, w, u], T.grad((h**2).sum(), [w, u]), values)
    assert not any(node.outputs[0].ndim > first.ndim for node in only(nodes, Elemwise))


def test_dear_or_shared_work_on_sequences_stays_outside(rng):
    out, _ = scan(lambda r, s: s * r, T.exp(x), h0)
    nodes = compare([x, h0], [out], (rng.randn(5, 4), rng.randn(4)))
    assert only(nodes, Elemwise)[-1].outputs[0].ndim == 2
    twice = 2 * x
    out, _ = scan(lambda r, s: s * r, twice, h0)
    nodes = compare([x, h0], [out, twice], (rng.randn(5, 4), rng.randn(4)))
    assert any(node.outputs[0].ndim == 2 for node in only(nodes, Elemwise))


def test_lengths_are_still_compared(rng):
    """Taken into the step, a sum of two sequences would no longer say that their lengths differ."""
    out, _ = scan(lambda r, s: s * r, x + y, h0)
    f = theano.function([x, y, h0], out, mode=REWRITTEN)
    with pytest.raises(ValueError, match=r"mismatch|broadcast"):
        f(np.ones((3, 2)), np.ones((5, 2)), np.ones(2))


@pytest.mark.parametrize("batched", [False, True])
def test_gradients_of_weights_copy_one_stack_only(rng, batched):
    """The deltas come last step first; turning them round saves copying each sequence they are multiplied with."""
    rows, first = (batch, y) if batched else (x, h0)
    h = recurrent(rows, first)
    shape = (2,) if batched else ()
    values = rng.randn(5, *shape, 3), rng.randn(*shape, 4), rng.randn(3, 4), rng.randn(4, 4)
    nodes = compare([rows, first, w, u], T.grad((h**2).sum(), [w, u]), values)
    _, back = only(nodes, Scan)
    turned = [node for node in only(nodes, Subtensor) if node.inputs[0].owner is back]
    assert len(turned) == 1
    made = {node.inputs[0] for node in only(nodes, Reshape)}
    assert sum(v.owner is not None and _runs_backwards(v.owner) for v in made) == int(batched)


def _runs_backwards(node):
    return (
        isinstance(node.op, Subtensor)
        and isinstance(node.op.idx_list[0], slice)
        and node.op.idx_list[0].step is not None
    )


def test_sums_over_steps_make_no_room_for_every_step(rng):
    """Their first value is read where it comes from, not from a buffer as long as the loop."""
    h = recurrent(x, h0)
    values = rng.randn(5, 3), rng.randn(4), rng.randn(3, 4), rng.randn(4, 4)
    nodes = compare([x, h0, w, u], T.grad((h**2).sum(), [w, u]), values)
    assert all(node.outputs[0].ndim == 2 for node in only(nodes, AllocEmpty))
    assert len(only(nodes, AllocEmpty)) == 2


@pytest.mark.parametrize("steps", [1, 7, 30])
def test_checkpoints_change_no_gradient(rng, steps):
    n, a = T.lscalar("n"), T.dscalar("a")
    step = lambda h, a: T.tanh(a * h)  # noqa: E731
    h, _ = scan_checkpoints(step, outputs_info=h0, non_sequences=a, n_steps=n, save_every_N=isqrt(steps))
    full, _ = scan(step, outputs_info=h0, non_sequences=a, n_steps=n)
    values = steps, 0.9, rng.randn(4)
    found = theano.function([n, a, h0], T.grad(h[-1].sum(), [a, h0]))(*values)
    expected = theano.function([n, a, h0], T.grad(full[-1].sum(), [a, h0]), mode=PLAIN)(*values)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


COUNT = """
import ctypes
import os
import numpy as np
import theano
import theano.tensor as T
from theano.scan_module import scan_checkpoints

theano.config.recycled_memory = 0  # memory that is kept for later is no state
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)  # no huge pages, which would be counted whole
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # each processor keeps some pages of the count to itself

def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) * 1024

n, a, h0 = T.lscalar(), T.dscalar(), T.dvector()
h, _ = scan_checkpoints(lambda h, a: T.tanh(a * h), outputs_info=h0, non_sequences=a, n_steps=n, save_every_N=20)
f = theano.function([n, a, h0], T.grad(h[-1].sum(), [a, h0]))
value = np.ones(1 << 15)
f(2, 0.9, value)
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")  # the high-water mark starts anew
before = memory("VmRSS")
f(400, 0.9, value)
print((memory("VmHWM") - before) / value.nbytes)
"""


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="Linux tells the peak of memory")
@pytest.mark.c
def test_checkpoints_keep_few_states():
    """Counted in memory: the states of one loop, those of the other, and a few rows that loops work on."""
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True)
    assert 30 < float(done.stdout) <= 2 * 20 + 5
