"""`scan` against plain NumPy loops."""

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.scan_module import foldl, foldr, reduce, scan, scan_checkpoints, until
from theano.scan_module.scan_op import Scan


def scan_node(variable):
    """The loop that `variable` comes from."""
    nodes = [v.owner for v in theano.graph.ancestors([variable]) if v.owner and isinstance(v.owner.op, Scan)]
    return nodes[0]


@pytest.fixture
def rng():
    return np.random.RandomState(123)


def test_running_sum_over_a_sequence():
    x = T.dvector("x")
    total, updates = scan(lambda row, s: row + s, x, T.constant(0.0, dtype="float64"))
    assert not updates
    np.testing.assert_array_equal(total.eval({x: np.arange(5.0)}), np.cumsum(np.arange(5.0)))


@pytest.mark.parametrize("length", [0, 1, 2, 7])
@pytest.mark.parametrize("backwards", [False, True])
def test_recurrent_net(rng, length, backwards):
    x, w, u, h0 = T.dmatrix("x"), T.dmatrix("w"), T.dmatrix("u"), T.dvector("h0")
    h, _ = scan(lambda row, h: T.tanh(T.dot(row, w) + T.dot(h, u)), x, h0, go_backwards=backwards)
    values = rng.randn(length, 3), rng.randn(3, 4), rng.randn(4, 4), rng.randn(4)
    expected, state = [], values[3]
    for row in values[0][::-1] if backwards else values[0]:
        state = np.tanh(row @ values[1] + state @ values[2])
        expected.append(state)
    found = theano.function([x, w, u, h0], h)(*values)
    assert found.shape == (length, 4)
    np.testing.assert_allclose(found, np.reshape(expected, (length, 4)))


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("taps", [[0], [-1, 0, 1], [1], [-2], [2, -1]])
def test_taps_of_sequences(taps, backwards):
    x = T.dvector("x")
    out, _ = scan(lambda *rows: sum((k + 1) * r for k, r in enumerate(rows)), {"input": x, "taps": taps}, [None],
                  go_backwards=backwards)  # fmt: skip
    value = np.arange(8.0) ** 2
    low, high = min(*taps, 0), max(*taps, 0)
    times = range(-low, len(value) - high)
    expected = [sum((k + 1) * value[t + tap] for k, tap in enumerate(taps)) for t in times]
    np.testing.assert_array_equal(out.eval({x: value}), expected[::-1] if backwards else expected)


def test_an_int_as_tap():
    x = T.dvector("x")
    out, _ = scan(lambda row: row, {"input": x, "taps": -1})
    np.testing.assert_array_equal(out.eval({x: [1.0, 2.0, 3.0]}), [1.0, 2.0])


@pytest.mark.parametrize("taps", [[-1], [-2], [-2, -1], [-1, -2], [-3, -1]])
@pytest.mark.parametrize("steps", [0, 1, 2, 6])
def test_taps_of_outputs(taps, steps):
    first, n = T.dvector("first"), T.lscalar("n")
    initial = first[0] if taps == [-1] else first
    out, _ = scan(lambda *past: 2 * past[0] - past[-1] + 1, outputs_info={"initial": initial, "taps": taps}, n_steps=n)
    depth = -min(taps)
    rows = list(np.arange(3.0)[:depth])
    for t in range(depth, depth + steps):
        rows.append(2 * rows[t + taps[0]] - rows[t + taps[-1]] + 1)
    np.testing.assert_array_equal(theano.function([first, n], out)(np.arange(3.0), steps), rows[depth:])


def test_several_sequences_stop_with_the_shortest(rng):
    x, y = T.dvector("x"), T.dmatrix("y")
    out, _ = scan(lambda a, b: a * b, [x, y])
    a, b = rng.randn(5), rng.randn(3, 2)
    np.testing.assert_allclose(out.eval({x: a, y: b}), a[:3, None] * b)


@pytest.mark.parametrize("n_steps", [0, 1, 3, -1])
@pytest.mark.parametrize("symbolic", [False, True])
def test_numbers_of_steps(n_steps, symbolic):
    if n_steps == -1 and symbolic:
        pytest.skip("only the constant stands for one step")
    x = T.dvector("x")
    n = T.iscalar("n")
    out, _ = scan(lambda row, s: row + s, x, T.constant(1.0, dtype="float64"), n_steps=n if symbolic else n_steps)
    f = theano.function([x, n], out, on_unused_input="ignore")
    expected = 1.0 + np.cumsum(np.arange(4.0))[: abs(n_steps)]
    np.testing.assert_array_equal(f(np.arange(4.0), n_steps), expected)


def test_one_step_needs_no_loop():
    x = T.dvector("x")
    out, _ = scan(lambda row, s: row + s, x, T.constant(1.0, dtype="float64"), n_steps=1)
    assert not any(isinstance(v.owner.op, Scan) for v in theano.graph.ancestors([out]) if v.owner)
    assert out.broadcastable == (False,)
    with pytest.warns(UserWarning, match="until is ignored"):
        scan(lambda row: (row, until(row > 0)), x, n_steps=1)


def test_no_steps_give_empty_results_of_the_right_shape(rng):
    n, w = T.lscalar("n"), T.dmatrix("w")
    (a, b), _ = scan(lambda s: (T.dot(s, w), T.outer(s, s)), outputs_info=[w[0], None], n_steps=n)
    found = theano.function([n, w], [a, b])(0, rng.randn(3, 3))
    assert [v.shape for v in found] == [(0, 3), (0, 3, 3)]


@pytest.mark.parametrize("limit", [0.5, 10.0, 1e9])
def test_until(limit):
    top = T.dscalar("top")
    (p, q), _ = scan(
        lambda p: ([2 * p, p + 1], until(2 * p > top)), outputs_info=[T.constant(1.0, dtype="float64"), None], n_steps=8
    )
    expected, state = [], 1.0
    for _ in range(8):
        expected.append((2 * state, state + 1))
        state *= 2
        if state > limit:
            break
    np.testing.assert_array_equal(np.transpose(theano.function([top], [p, q])(limit)), expected)
    assert str(scan_node(p).op) == "do_while{cpu,scan_fn}"


@pytest.mark.parametrize("form", ["dict", "pairs", "both", "list of outputs", "until"])
def test_updates_from_the_step(form):
    counter = theano.shared(np.float64(0), "counter")
    new = {"dict": lambda: {counter: counter + 2}, "pairs": lambda: [(counter, counter + 2)]}.get(form)
    step = {
        "both": lambda: (counter * 10, {counter: counter + 2}),
        "list of outputs": lambda: ([counter * 10], [(counter, counter + 2)]),
        "until": lambda: (counter * 10, {counter: counter + 2}, until(counter > 100)),
    }.get(form, new)
    out, updates = scan(step, n_steps=4)
    f = theano.function([], [] if out is None else [out], updates=updates)
    for k in range(2):
        found = f()
        assert counter.get_value() == 8 * (k + 1)
        if out is not None:
            np.testing.assert_array_equal(found[0], 10 * (np.arange(4) * 2 + 8 * k))


def test_shared_variables_are_found_and_random_streams_advance():
    scale = theano.shared(np.float64(3.0), "scale")
    streams = T.shared_randomstreams.RandomStreams(7)
    out, updates = scan(lambda: scale * streams.uniform((2,)), n_steps=3)
    f = theano.function([], out, updates=updates)
    first, second = f(), f()
    assert first.shape == (3, 2)
    assert len(np.unique(np.concatenate([first, second]))) == 12


def test_what_does_not_change_is_computed_outside():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    out, _ = scan(lambda row: T.dot(row, T.exp(w)), x)
    op = scan_node(out).op
    assert not any(str(node.op).startswith("Elemwise{exp") for node in theano.graph.toposort(op.outputs))


def test_listed_non_sequences_reach_the_step(rng):
    x, w, b = T.dmatrix("x"), T.dmatrix("w"), T.dvector("b")
    out, _ = scan(lambda row, w, b, k: T.dot(row, w) + b * k, x, non_sequences=[w, b, 2.0])
    values = rng.randn(4, 3), rng.randn(3, 2), rng.randn(2)
    np.testing.assert_allclose(theano.function([x, w, b], out)(*values), values[0] @ values[1] + 2 * values[2])


def test_nested_loops(rng):
    x = T.dmatrix("x")

    def outer(row, acc):
        inner, _ = scan(lambda e, s: s * 0.5 + e, row, acc)
        return inner[-1]

    out, _ = scan(outer, x, T.constant(0.0, dtype="float64"))
    value = rng.randn(3, 4)
    expected, acc = [], 0.0
    for row in value:
        for e in row:
            acc = acc * 0.5 + e
        expected.append(acc)
    np.testing.assert_allclose(out.eval({x: value}), expected)


@pytest.mark.parametrize(("outputs", "expected"), [(0, type(None)), (1, T.TensorVariable), (2, list)])
def test_what_scan_returns(outputs, expected):
    x = T.dvector("x")
    out, _ = scan(lambda row: [row] * outputs, x)
    assert isinstance(out, expected)
    assert len(scan(lambda row: [row] * outputs, x, return_list=True)[0]) == outputs


def test_map_reduce_and_folds():
    x = T.dvector("x")
    zero = T.constant(0.0, dtype="float64")
    value = np.arange(1.0, 5.0)
    np.testing.assert_array_equal(theano.map(lambda row: row**2, x)[0].eval({x: value}), value**2)
    assert reduce(lambda row, s: s - row, x, zero)[0].eval({x: value}) == -10
    assert foldl(lambda row, s: row - s, x, zero)[0].eval({x: value}) == 4 - (3 - (2 - 1))
    assert foldr(lambda row, s: row - s, x, zero)[0].eval({x: value}) == 1 - (2 - (3 - 4))


@pytest.mark.parametrize("fold", [reduce, foldl, foldr])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_folds_of_few_rows(fold, n):
    x, start = T.dmatrix("x"), T.dvector("start")
    value, first = np.arange(2.0 * n).reshape(n, 2), np.array([5.0, 7.0])
    total = fold(lambda row, s: s + row, x, start)[0]
    np.testing.assert_array_equal(total.eval({x: value, start: first}), first + value.sum(0))
    older = {"initial": T.stack([start * 0, start]), "taps": [-2, -1]}
    both, _ = fold(lambda row, s, _before, t: [s + row, t * 2], x, [start, older])
    found = [v.eval({x: value, start: first}) for v in both]
    np.testing.assert_array_equal(found[1], first * 2**n)


@pytest.mark.parametrize("length", [1, 9, 10, 23])
def test_checkpoints(rng, length):
    x = T.dmatrix("x")
    kept, _ = scan_checkpoints(lambda row, s: T.tanh(row + s), x, x[0] * 0, save_every_N=5)
    value = rng.randn(length, 2)
    states, s = [], np.zeros(2)
    for row in value:
        s = np.tanh(row + s)
        states.append(s)
    expected = [states[min(k + 5, length) - 1] for k in range(0, length, 5)]
    np.testing.assert_allclose(kept.eval({x: value}), expected)
    with pytest.raises(RuntimeError, match="taps"):
        scan_checkpoints(lambda row, s: row + s, x, {"initial": x, "taps": [-2]})


def test_equal_loops_are_equal_ops_and_survive_pickling():
    x = T.dvector("x")

    def build(factor):
        return scan_node(scan(lambda row, s: row * factor + s, x, T.constant(0.0, dtype="float64"))[0]).op

    a, b, c = build(2.0), build(2.0), build(3.0)
    assert a == b
    assert hash(a) == hash(b)
    assert a != c
    again = pickle.loads(pickle.dumps(a))
    assert again == a
    assert str(again) == str(a)


def test_shapes_are_known_without_running():
    x, w, n = T.dmatrix("x"), T.dmatrix("w"), T.lscalar("n")
    (a, b), _ = scan(lambda row, s: (T.dot(s, w) + row, T.outer(row, s)), x, [w[0], None], n_steps=n)
    shapes = theano.function([x, w, n], [a.shape, b.shape])(np.zeros((5, 3)), np.zeros((3, 3)), 4)
    assert [tuple(s) for s in shapes] == [(4, 3), (4, 3, 3)]
    node = scan_node(a)
    lengths = node.op.infer_shape(node, [tuple(v.shape[i] for i in range(v.ndim)) for v in node.inputs])
    assert [len(row) for row in lengths] == [v.ndim for v in node.outputs]


def test_names_of_inner_variables():
    x, h = T.dvector("x"), T.dscalar("h")
    seen = []
    scan(lambda *args: seen.extend(v.name for v in args) or args[-1], {"input": x, "taps": [0, 1]}, h)
    assert seen == ["x[t]", "x[t+1]", "h[t-1]"]


def test_layout_helpers():
    x, h, w = T.dmatrix("x"), T.dmatrix("h"), T.dmatrix("w")
    out, _ = scan(lambda r, p, q: T.dot(p, w) + q * r, x, {"initial": h, "taps": [-2, -1]}, name="mine")
    node = scan_node(out)
    op = node.op
    assert str(op) == "for{cpu,mine}"
    assert op.n_mit_sot == 1
    assert op.n_seqs == 1
    assert [v.name for v in op.inner_mitsot(op.inputs)] == ["h[t-2]", "h[t-1]"]
    assert op.outer_non_seqs(node.inputs) == [w]
    maps = op.get_oinp_iinp_iout_oout_mappings()
    assert maps["inner_inp_from_outer_inp"][2] == [1, 2]
    assert maps["outer_out_from_inner_inp"][1] == 0


def test_test_values_reach_the_step():
    with theano.change_flags(compute_test_value="raise"):
        x = T.dmatrix("x")
        x.tag.test_value = np.ones((3, 2))
        out, _ = scan(lambda row, s: row + s, x, T.zeros((2,), dtype="float64"))
        np.testing.assert_array_equal(out.tag.test_value, np.cumsum(np.ones((3, 2)), axis=0))


@pytest.mark.parametrize("nested", [False, True])
def test_graphs_and_functions_with_loops_survive_pickling(nested):
    x = T.dmatrix("x")

    def step(row, s):
        if nested:
            return scan(lambda e, t: T.tanh(e + t) * 2.0, row, s)[0][-1]
        return T.tanh(row.sum() + s) * 2.0

    out, _ = scan(step, x, T.constant(0.0, dtype="float64"))
    value = np.arange(6.0).reshape(3, 2)
    expected = out.eval({x: value})
    x2, out2 = pickle.loads(pickle.dumps([x, out * 1.0]))
    np.testing.assert_array_equal(out2.eval({x2: value}), expected)
    f = theano.function([x], out)
    for twin in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f), f.copy()):
        np.testing.assert_array_equal(twin(value), expected)
