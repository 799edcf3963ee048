"""Loops through all packages: every rewrite fires where it should, and changes no result."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.ifelse import ifelse
from theano.scan_module import reduce, scan, until
from theano.scan_module.scan_op import Scan


@pytest.fixture(autouse=True)
def _failures_are_errors():
    with theano.change_flags(on_opt_error="raise"):
        yield


@pytest.fixture
def rng():
    return np.random.RandomState(11)


PLAIN = theano.Mode("py", None)
REWRITTEN = theano.Mode("py", "fast_run")


def loops(function):
    return [node for node in function.maker.fgraph.toposort() if isinstance(node.op, Scan)]


def inner_ops(node):
    return [str(n.op) for n in theano.graph.toposort(node.op.outputs, node.op.inputs)]


def compare(inputs, outputs, values, updates=None):
    """Compile with and without rewrites, compare values, dtypes and shapes; return the rewritten function."""
    expected = theano.function(inputs, outputs, mode=PLAIN, updates=updates, on_unused_input="ignore")(*values)
    function = theano.function(inputs, outputs, mode=REWRITTEN, on_unused_input="ignore")
    for found, wanted in zip(function(*values), expected, strict=True):
        assert found.dtype == wanted.dtype
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
    return function


x, y, w, u = T.dmatrix("x"), T.dmatrix("y"), T.dmatrix("w"), T.dmatrix("u")
batch = T.dtensor3("batch")
v, h0 = T.dvector("v"), T.dvector("h0")
ZERO = T.constant(0.0, dtype="float64")


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("length", [0, 1, 6])
def test_recurrent_net_with_gradients(rng, batched, length):
    rows, first = (batch, y) if batched else (x, h0)
    h, _ = scan(lambda r, h: T.tanh(T.dot(r, w) + T.dot(h, u)), rows, first)
    shape = (2,) if batched else ()
    values = rng.randn(length, *shape, 3), rng.randn(*shape, 4), rng.randn(3, 4), rng.randn(4, 4)
    outputs = [h, *T.grad((h**2).sum(), [w, u, rows, first])]
    f = compare([rows, first, w, u], outputs, values)
    forward, backward = loops(f)
    # what is left inside: one product and elementwise work
    assert inner_ops(forward).count("dot") == 1
    assert inner_ops(backward).count("dot") == 1
    assert forward.op.n_sit_sot == 1
    assert backward.op.n_sit_sot == 1


def test_pushes_out_what_does_not_change(rng):
    node = scan(lambda r, s: T.dot(s, T.exp(w)) + r, x, w[0])[0].owner.inputs[0].owner
    # the front door does so already; here a loop is made that does not
    from theano.scan_module.scan_op import Scan as Op

    inner = [q.type() for q in node.op.inputs]
    row, state, fixed = inner
    op = Op(inner, [T.dot(state, T.exp(fixed)) + row], node.op.info)
    outer = [*node.inputs[:-1], w]
    f = compare([x, w], [op(*outer)], [rng.randn(4, 3), rng.randn(3, 3)])
    (loop,) = loops(f)
    assert not any("exp" in name for name in inner_ops(loop))


def test_a_map_of_elementwise_work_needs_no_loop(rng):
    out, _ = scan(lambda a, b: T.exp(a) * b + 2 * v, [x, y])
    f = compare([x, y, v], [out], [rng.randn(5, 3), rng.randn(4, 3), rng.randn(3)])
    assert not loops(f)


def test_a_given_number_of_steps_is_still_checked(rng):
    out, _ = scan(lambda a: a * 2, x, n_steps=5)
    f = theano.function([x], out, mode=REWRITTEN)
    assert f(rng.randn(6, 2)).shape == (5, 2)
    with pytest.raises(ValueError, match="shorter"):
        f(rng.randn(4, 2))


@pytest.mark.parametrize("order", ["vector matrix", "matrix vector", "vector vector", "rows matrix", "rows vector"])
def test_products_of_sequences_become_one(rng, order):
    rows = batch if order.startswith("rows") else x
    value = rng.randn(4, 2, 3) if order.startswith("rows") else rng.randn(4, 3)
    step = {
        "vector matrix": lambda r, s: s * 2 + T.dot(r, w).sum(),
        "matrix vector": lambda r, s: s * 2 + T.dot(w, r).sum(),
        "vector vector": lambda r, s: s * 2 + T.dot(r, v),
        "rows matrix": lambda r, s: s * 2 + T.dot(r, w).sum(),
        "rows vector": lambda r, s: s * 2 + T.dot(r, v).sum(),
    }[order]
    out, _ = scan(step, rows, ZERO)
    f = compare([rows, w, v], [out], [value, rng.randn(3, 3), rng.randn(3)])
    assert all("dot" not in inner_ops(node) for node in loops(f))


def test_results_computed_from_states_move_behind_the_loop(rng):
    (h, o), _ = scan(lambda r, h: (T.tanh(r + h), T.dot(T.tanh(r + h), w)), x, [h0, None])
    f = compare([x, h0, w], [h, o], [rng.randn(4, 3), rng.randn(3), rng.randn(3, 2)])
    (loop,) = loops(f)
    assert loop.op.n_nit_sot == 0


@pytest.mark.parametrize("kind", ["outer", "dot", "vector", "scalar"])
def test_sums_over_steps_become_one_product(rng, kind):
    rows = batch if kind == "dot" else x
    value = rng.randn(4, 2, 3) if kind == "dot" else rng.randn(4, 3)

    def step(r, s, acc):
        s = T.tanh(s + r)
        term = {
            "outer": lambda: r.dimshuffle(0, "x") * s.dimshuffle("x", 0),
            "dot": lambda: T.dot(r.T, s),
            "vector": lambda: s**2,
            "scalar": lambda: s.sum(),
        }[kind]()
        return s, acc + term

    acc0 = {"outer": w, "dot": w, "vector": v, "scalar": v[0]}[kind]
    (s, acc), _ = scan(step, rows, [rows[0], acc0])
    f = compare([rows, w, v], [s, acc[-1]], [value, rng.randn(3, 3), rng.randn(3)])
    (loop,) = loops(f)
    assert loop.op.n_sit_sot == 1


def test_unused_results_and_inputs_disappear(rng):
    (a, _b, _c), _ = scan(lambda r, q, s, t: (s + r, t * 2 + q, s * T.exp(t)), [v, h0], [ZERO, ZERO, None])
    f = compare([v, h0], [a], [rng.randn(4), rng.randn(4)])
    (loop,) = loops(f)
    assert (loop.op.n_seqs, loop.op.n_sit_sot, loop.op.n_nit_sot) == (1, 1, 0)


def test_a_state_that_only_the_condition_reads_stays(rng):
    (a, _b), _ = scan(lambda r, s, k: ([s + r, k + 1], until(k > 1)), v, [ZERO, ZERO])
    f = compare([v], [a], [rng.randn(6)])
    (loop,) = loops(f)
    assert loop.op.n_sit_sot == 2


@pytest.mark.parametrize(("read", "rows"), [("last", 2), ("last two", 2), ("slice", 3), ("all", None)])
@pytest.mark.parametrize("length", [1, 2, 7])
def test_only_the_rows_that_are_read_are_stored(rng, read, rows, length):
    if read != "last" and length < 2 and read != "all":
        pytest.skip("fewer rows than are read")
    out, _ = scan(lambda r, s: T.tanh(r + s), v, ZERO)
    picked = {"last": lambda: [out[-1]], "last two": lambda: [out[-1], out[-2]], "slice": lambda: [out[-3:]],
              "all": lambda: [out]}[read]()  # fmt: skip
    f = compare([v], picked, [rng.randn(length)])
    (loop,) = loops(f)
    length_of = theano.function(f.maker.fgraph.inputs, loop.inputs[2], mode=PLAIN)
    found = len(length_of(np.zeros(50)))
    assert found == 51 if rows is None else found <= rows + 1


@pytest.mark.parametrize("length", [1, 2, 3, 9])
def test_rings_of_several_taps(rng, length):
    first = T.dvector("first")
    out, _ = scan(lambda r, a, b: r + a * 0.5 - b, v, {"initial": first, "taps": [-3, -1]})
    (nits, ends), _ = scan(lambda r, s: (r * s, s + 1), v, [None, ZERO])
    compare([v, first], [out[-1], nits[-1], ends[-1]], [rng.randn(length), rng.randn(3)])


@pytest.mark.parametrize("limit", [-1.0, 2.0, 1e9])
def test_only_the_end_of_a_while_loop_is_stored(rng, limit):
    top = T.dscalar("top")
    (a, b), _ = scan(lambda r, s: ([s + r, s * r], until(s + r > top)), v, [ZERO, None])
    f = compare([v, top], [a[-1], b[-1]], [np.arange(6.0), limit])
    assert len(loops(f)) == 1


def test_reduce_stores_two_rows(rng):
    out, _ = reduce(lambda r, s: T.tanh(s * r), v, v[0])
    f = compare([v], [out], [rng.randn(8)])
    assert len(loops(f)) == 1


@pytest.mark.parametrize("n", [0, 1, 2])
def test_reduce_of_few_rows(rng, n):
    out, _ = reduce(lambda r, s: T.tanh(s * r), v, ZERO + 0.5)
    f = compare([v], [out, theano.grad(out, v)], [rng.randn(n)])
    if n == 0:
        assert f(np.zeros(0))[0] == 0.5


def test_loops_over_the_same_steps_are_merged(rng):
    a, _ = scan(lambda r, s: T.tanh(r + s), v, ZERO)
    b, _ = scan(lambda r, s: T.sin(r * s), v, ZERO + 1)
    f = compare([v], [a, b], [rng.randn(5)])
    assert len(loops(f)) == 1


def test_loops_that_depend_on_each_other_are_not_merged(rng):
    a, _ = scan(lambda r, s: T.tanh(r + s), v, ZERO)
    b, _ = scan(lambda r, s: T.sin(r * s), a, ZERO + 1)
    f = compare([v], [a, b], [rng.randn(5)])
    assert len(loops(f)) == 2


def test_equal_loops_are_one(rng):
    a, b = (scan(lambda r, s: T.tanh(r + s), v, ZERO)[0] for _ in range(2))
    f = compare([v], [a, b * 2], [rng.randn(5)])
    assert len(loops(f)) == 1
    assert loops(f)[0].op.n_sit_sot == 1


def test_nested_loops_with_gradients(rng):
    def outer(row, acc):
        return scan(lambda e, s: T.tanh(e * v.sum() + s), row, acc)[0][-1]

    out, _ = scan(outer, x, ZERO)
    compare([x, v], [out, *T.grad(out[-1], [x, v])], [rng.randn(3, 4), rng.randn(2)])


def test_second_order(rng):
    h, _ = scan(lambda r, h: T.tanh(T.dot(r, w) + T.dot(h, u)), x, h0)
    first = T.grad((h**2).sum(), u)
    compare(
        [x, h0, w, u], [T.grad((first**2).sum(), w)], [rng.randn(4, 3), rng.randn(4), rng.randn(3, 4), rng.randn(4, 4)]
    )


def test_random_draws_stay_the_same(rng):
    streams = T.shared_randomstreams.RandomStreams(9)
    out, updates = scan(lambda r: r * streams.uniform((3,)), x)
    state = next(iter(updates))
    g = T.grad(out.sum(), x)
    start = state.get_value()
    found = []
    for mode in (PLAIN, REWRITTEN):
        state.set_value(start)
        found.append(theano.function([x], [out, g], mode=mode, updates=updates)(np.ones((4, 3))))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[1][0], found[1][1])


def test_updates_of_shared_variables(rng):
    counter = theano.shared(np.float64(1.0))
    out, updates = scan(lambda r: (counter * r, {counter: counter + r}), v)
    f = theano.function([v], out, updates=updates, mode=REWRITTEN)
    assert f([1.0, 2.0, 3.0]).tolist() == [1.0, 4.0, 12.0]
    assert counter.get_value() == 7.0


def test_a_choice_in_the_step_with_gradient(rng):
    out, _ = scan(lambda r, s: ifelse(r > 0, s * r, s - r**2), v, ZERO + 1)
    compare([v], [out, T.grad(out[-1], v)], [rng.randn(6)])


def test_every_backend_gives_the_same(rng):
    h, _ = scan(lambda r, h: T.tanh(T.dot(r, w) + T.dot(h, u)), x, h0)
    outputs = [h, *T.grad((h**2).sum(), [w, u])]
    values = rng.randn(7, 3), rng.randn(4), rng.randn(3, 4), rng.randn(4, 4)
    results = [theano.function([x, h0, w, u], outputs, mode=mode)(*values) for mode in (PLAIN, REWRITTEN, None)]
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9)


def test_a_long_loop_and_a_deep_step():
    out, _ = scan(lambda s: s + 1, outputs_info=ZERO, n_steps=20_000)
    assert theano.function([], out[-1], mode=REWRITTEN)() == 20_000

    def deep(s):
        for _ in range(3000):
            s = s + 1.0
        return s

    out, _ = scan(deep, outputs_info=ZERO, n_steps=2)
    assert theano.function([], out[-1], mode=PLAIN)() == 6000


def test_steps_are_compiled_in_the_mode_of_the_function():
    from theano.compile.pipeline import hand_down_mode

    out, _ = scan(lambda r, s: T.tanh(r + s), v, ZERO)
    f = theano.function([v], out, mode=PLAIN)
    hand_down_mode(f.maker)
    (loop,) = loops(f)
    assert loop.op.fn.maker.mode is f.maker.mode
    assert f([1.0, 2.0]).shape == (2,)
    own, _ = scan(lambda r, s: T.tanh(r + s), v, ZERO, mode="FAST_COMPILE")
    f = theano.function([v], own, mode=PLAIN)
    hand_down_mode(f.maker)
    assert loops(f)[0].op.mode == "FAST_COMPILE"


def test_rows_of_a_jacobian(rng):
    out = T.tanh(T.dot(w, v)) ** 2
    rows, _ = scan(lambda i, out, v: T.grad(out[i], v), T.arange(out.shape[0]), non_sequences=[out, v])
    values = rng.randn(3), rng.randn(4, 3)
    f = compare([v, w], [rows, theano.gradient.jacobian(out, v)], values)
    found = f(*values)
    np.testing.assert_allclose(found[0], found[1])


def test_indexing_a_tensor_by_the_number_of_the_step(rng):
    out, _ = scan(lambda i, s: T.tanh(s * v[i]), T.arange(v.shape[0]), ZERO + 1)
    again, _ = scan(lambda r, s: T.tanh(s * r), v, ZERO + 1)
    f = compare([v], [T.grad(out[-1], v), T.grad(again[-1], v)], [rng.randn(5)])
    a, b = f(rng.randn(5))
    np.testing.assert_allclose(a, b)


@pytest.mark.parametrize(
    "step",
    [
        lambda r: T.nnet.softmax(T.dot(r, w)),
        lambda r: (r**2).sum(axis=1),
        lambda r: r.prod(axis=0) + r.sum(),
        lambda r: r,
        lambda r: r[:, 1:] * r[0, 0],
        lambda r: T.set_subtensor(r[:, 0], r[:, 1]),
        lambda r: T.inc_subtensor(r[1], v),
        lambda r: r.T.dimshuffle(0, "x", 1),
    ],
)
def test_maps_of_many_ops_need_no_loop(rng, step):
    out, _ = scan(step, batch)
    f = compare([batch, w, v], [out], [rng.randn(4, 2, 3), rng.randn(3, 3), rng.randn(3)])
    assert not loops(f)


def test_long_short_term_memory(rng):
    size = 4
    u2, bias, out_w = T.dmatrix(), T.dvector(), T.dmatrix()

    def step(row, h, c):
        z = T.dot(row, w) + T.dot(h, u2) + bias
        gates = T.nnet.sigmoid(z[:, : 3 * size])
        i, f, o = (gates[:, k * size : (k + 1) * size] for k in range(3))
        c = f * c + i * T.tanh(z[:, 3 * size :])
        h = o * T.tanh(c)
        return h, c, T.nnet.softmax(T.dot(h, out_w))

    start = T.zeros((2, size), dtype="float64")
    (_h, _c, p), _ = scan(step, batch, [start, start, None])
    params = [w, u2, bias, out_w]
    cost = -T.log(p[:-1, :, 0]).mean()
    values = [rng.randn(5, 2, 3), rng.randn(3, 16), rng.randn(4, 16), rng.randn(16), rng.randn(4, 3)]
    f = compare([batch, *params], [cost, *T.grad(cost, params)], values)
    forward, backward = loops(f)
    for loop in (forward, backward):
        assert inner_ops(loop).count("dot") == 1
        assert "Softmax" not in inner_ops(loop)
        assert loop.op.n_sit_sot == 2
    numeric_rng = np.random.RandomState(1)
    direction = [numeric_rng.randn(*value.shape) for value in values[1:]]
    ends = [f(values[0], *[p + s * 1e-6 * d for p, d in zip(values[1:], direction, strict=True)])[0] for s in (1, -1)]
    found = sum((g * d).sum() for g, d in zip(f(*values)[1:], direction, strict=True))
    np.testing.assert_allclose(found, (ends[0] - ends[1]) / 2e-6, rtol=1e-6)


@pytest.mark.parametrize("steps", [2, 3, 4])
def test_few_steps_are_written_out(rng, steps):
    def step(a, b, c):
        return T.tanh(a + b * c), T.dot(c, w) * 0.3 + a, a * 2

    outs, _ = scan(step, outputs_info=[{"initial": x, "taps": [-2, -1]}, h0, None], n_steps=steps)
    values = rng.randn(2, 3), rng.randn(3), rng.randn(3, 3)
    f = compare([x, h0, w], [*outs, outs[0][-1], outs[1][0], outs[2][1:]], values)
    assert not loops(f)
    last = compare([x, h0, w], [outs[0][-1]], values)
    assert not any(type(node.op).__name__ == "Join" for node in last.maker.fgraph.toposort())
    total = sum((out**2).sum() for out in outs)
    compare([x, h0, w], T.grad(total, [x, h0, w]), values)


def test_more_steps_and_open_ends_stay_loops(rng):
    n = T.lscalar("n")
    for options in ({"n_steps": 9}, {"n_steps": n}, {"sequences": v, "n_steps": 3}):
        out, _ = scan(lambda *rows: T.tanh(rows[-1] + rows[0]), outputs_info=ZERO, **options)
        assert loops(compare([v, n], [out], (rng.randn(9), 3)))
    out, _ = scan(lambda s: (s + 1, until(s > 0.5)), outputs_info=ZERO, n_steps=3)
    assert loops(compare([], [out], ()))
