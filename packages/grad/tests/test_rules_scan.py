"""Derivatives of loops and of lazy choices, against numerical differences."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.gradient import verify_grad
from theano.ifelse import ifelse
from theano.scan_module import loop, scan, scan_checkpoints, until, while_loop

ZERO = T.constant(0.0, dtype="float64")


@pytest.fixture
def rng():
    return np.random.RandomState(3)


def recurrent(x, w, u, h0):
    return scan(lambda row, h, w, u: T.tanh(T.dot(row, w) + T.dot(h, u)), x, h0, [w, u])[0]


def sequence_taps(x, c):
    return scan(lambda a, b, c: T.sin(a) * b * c, {"input": x, "taps": [-1, 2]}, non_sequences=c)[0]


def output_taps(x, first, c):
    return scan(lambda row, p3, p1, c: row * p3 + p1**2 * c, x, {"initial": first, "taps": [-3, -1]}, c)[0]


def single_far_tap(x, first):
    return scan(lambda row, p: T.tanh(row + p), x, {"initial": first, "taps": [-2]})[0]


def several_outputs(x, h0):
    (a, b, c), _ = scan(lambda row, s, t: (s * row, s + T.sin(t), s * t), x, [h0, h0, None])
    return a + 2 * b + c**2


def backwards(x, h0):
    return scan(lambda row, h: T.tanh(row + h), x, h0, go_backwards=True)[0]


def longer_sequence(x, h0):
    return scan(lambda row, h: row * h, x, h0, n_steps=3)[0]


def mapped(x, w):
    return scan(lambda row, w: T.exp(-((row - w) ** 2)), x, non_sequences=w)[0]


def closure(x, w):
    hidden = T.exp(w)
    return scan(lambda row, h: T.tanh(row * hidden + h), x, T.zeros_like(w))[0]


def last_only(x, h0):
    return scan(lambda row, h: T.tanh(row * h), x, h0)[0][-1]


def nested(x, w):
    def outer(row, acc, w):
        return scan(lambda e, s, w: T.tanh(e * w + s), row, acc, w)[0][-1]

    return scan(outer, x, T.zeros_like(w), w)[0]


def while_growing(h0):
    return scan(lambda p: (p**1.5, until(p**1.5 > 50)), outputs_info=h0, n_steps=100)[0]


def while_over_a_sequence(x, h0):
    return scan(lambda row, p: (p + row**2, until(p > 2)), x, h0)[0]


def one_step(x, h0):
    return scan(lambda row, h: row * h, x, h0, n_steps=1)[0]


def checkpoints(x, h0):
    return scan_checkpoints(lambda row, h: T.tanh(row + 2 * h), x, h0, save_every_N=3)[0]


def unused_input(x, h0):
    return scan(lambda row, h: h * 2 + 0 * row, x, h0)[0]


CASES = {
    recurrent: [(5, 3), (3, 4), (4, 4), (4,)],
    sequence_taps: [(7,), ()],
    output_taps: [(4,), (3,), ()],
    single_far_tap: [(5,), (2,)],
    several_outputs: [(4,), ()],
    backwards: [(4, 2), (2,)],
    longer_sequence: [(5, 2), (2,)],
    mapped: [(3, 2), (2,)],
    closure: [(4, 2), (2,)],
    last_only: [(4, 2), (2,)],
    nested: [(3, 2), ()],
    while_over_a_sequence: [(9,), ()],
    one_step: [(3, 2), (2,)],
    checkpoints: [(7, 2), (2,)],
    unused_input: [(3,), ()],
}


def draw(rng, shapes):
    return [np.asarray(rng.randn(*shape)) for shape in shapes]


def numeric_gradients(f, values):
    """Central differences of a scalar function, element by element."""
    h = 1e-6
    gradients = []
    for k, value in enumerate(values):
        g = np.empty(value.shape)
        for index in np.ndindex(value.shape):
            ends = []
            for sign in (1, -1):
                moved = [v.copy() for v in values]
                moved[k][index] += sign * h
                ends.append(f(*moved))
            g[index] = (ends[0] - ends[1]) / (2 * h)
        gradients.append(g)
    return gradients


@pytest.mark.parametrize(("build", "shapes"), CASES.items(), ids=lambda v: getattr(v, "__name__", ""))
def test_reverse_mode(build, shapes, rng):
    values = draw(rng, shapes)
    variables = [T.TensorType("float64", [False] * v.ndim)() for v in values]
    out = build(*variables)
    cost = (out * rng.randn(*theano.function(variables, out, on_unused_input="ignore")(*values).shape)).sum()
    f = theano.function(variables, [cost, *T.grad(cost, variables)], on_unused_input="ignore")
    _, *found = f(*values)
    for got, expected in zip(found, numeric_gradients(lambda *v: f(*v)[0], values), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)


def test_reverse_mode_of_a_while_loop(rng):
    verify_grad(while_growing, [np.float64(2.0)], rng=rng)


@pytest.mark.parametrize("build", [recurrent, output_taps, several_outputs, nested, while_over_a_sequence, mapped])
def test_second_order(build, rng):
    arguments = draw(rng, CASES[build])
    for k in range(len(arguments)):
        verify_grad(lambda *v, k=k: T.grad((build(*v) ** 2).sum(), v[k]), arguments, rng=rng)


@pytest.mark.parametrize(("build", "shapes"), CASES.items(), ids=lambda v: getattr(v, "__name__", ""))
def test_forward_mode(build, shapes, rng):
    values = draw(rng, shapes)
    variables = [T.TensorType("float64", [False] * v.ndim)() for v in values]
    points = [v.type() for v in variables]
    out = build(*variables)
    tangent = theano.function([*variables, *points], T.Rop(out, variables, points), on_unused_input="ignore")
    f = theano.function(variables, out, on_unused_input="ignore")
    directions = draw(rng, shapes)
    h = 1e-6
    up, down = ([v + s * h * d for v, d in zip(values, directions, strict=True)] for s in (1, -1))
    numeric = (f(*up) - f(*down)) / (2 * h)
    np.testing.assert_allclose(tangent(*values, *directions), numeric, rtol=1e-6, atol=1e-6)


def test_forward_mode_with_some_inputs_held_fast(rng):
    x, w, u, h0, point = T.dmatrix(), T.dmatrix(), T.dmatrix(), T.dvector(), T.dmatrix()
    out = recurrent(x, w, u, h0)
    both = theano.function([x, w, u, h0, point], [T.Rop(out, u, point), T.Lop(out, u, T.ones_like(out))])
    values = draw(rng, CASES[recurrent])
    direction = rng.randn(4, 4)
    forward, backward = both(*values, direction)
    np.testing.assert_allclose(forward.sum(), (backward * direction).sum())


@pytest.mark.parametrize(
    ("k", "expected"), [(-1, [120, 60, 40, 30, 24]), (2, [0, 0, 0, 30, 24]), (9, [120, 60, 40, 30, 24])]
)
def test_truncated_gradient(k, expected):
    x, h0 = T.dvector(), T.dscalar()
    out, _ = scan(lambda row, h: row * h, x, h0, truncate_gradient=k)
    f = theano.function([x, h0], T.grad(out[-1], [x, h0]))
    found = f(np.arange(1.0, 6.0), 1.0)
    np.testing.assert_allclose(found[0], expected)
    np.testing.assert_allclose(found[1], 0 if k == 2 else 120)


def test_truncated_gradient_that_ends_among_the_first_rows():
    x, first = T.dvector(), T.dvector()
    out, _ = scan(lambda row, p: row * p, x, {"initial": first, "taps": [-2]}, truncate_gradient=2)
    f = theano.function([x, first], T.grad(out.sum(), first))
    # out = x0 f0, x1 f1, x2 x0 f0: the last two steps reach f1 only
    np.testing.assert_allclose(f([2.0, 3.0, 5.0], [1.0, 1.0]), [0.0, 3.0])


def test_random_draws_are_those_of_the_forward_pass(rng):
    x = T.dvector()
    streams = T.shared_randomstreams.RandomStreams(5)
    out, updates = scan(lambda row: row * streams.uniform(()), x)
    f = theano.function([x], [out, T.grad(out.sum(), x)], updates=updates)
    value = np.arange(1.0, 6.0)
    for _ in range(2):
        y, g = f(value)
        np.testing.assert_allclose(y, g * value)


def test_integer_states_have_no_gradient():
    x = T.dvector()
    (counts, sums), _ = scan(lambda row, k, s: (k + 1, s + row * k), x, [T.constant(0, dtype="int64"), ZERO])
    g = theano.function([x], T.grad(sums[-1] + counts.sum(), x))
    np.testing.assert_array_equal(g(np.ones(4)), np.arange(4.0))


def test_updated_shared_variables_pass_gradients_through_steps():
    s, w = theano.shared(np.float64(2.0)), T.dscalar()
    out, updates = scan(lambda: (s * w, {s: s * w}), n_steps=3)
    g = theano.function([w], T.grad(out[-1], w))
    np.testing.assert_allclose(g(1.5), 2 * 3 * 1.5**2)
    np.testing.assert_allclose(
        theano.function([], T.grad(updates[s], s), givens={w: T.constant(1.5, dtype="float64")})(), 1.5**3
    )


def test_disconnected_inputs_are_told():
    x, y = T.dvector("x"), T.dvector("y")
    (a, _b), _ = scan(lambda p, q: (p * 2, q * 3), [x, y])
    with pytest.raises(theano.gradient.DisconnectedInputError, match="y"):
        T.grad(a.sum(), y)
    n = T.lscalar("n")
    out, _ = scan(lambda p: p * 2.0, outputs_info=x[0], n_steps=n)
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(out[-1], n)


def test_no_steps_give_zero_gradients():
    x, h0, n = T.dvector(), T.dscalar(), T.lscalar()
    out, _ = scan(lambda row, h: row * h, x, h0, n_steps=n)
    f = theano.function([x, h0, n], T.grad(out.sum() + h0, [x, h0]))
    found = f(np.ones(3), 2.0, 0)
    np.testing.assert_array_equal(found[0], np.zeros(3))
    assert found[1] == 1.0


def test_stored_results_are_not_computed_again():
    x, w = T.dmatrix(), T.dmatrix()
    out, _ = scan(lambda row, h: T.tanh(T.dot(h, w) + row), x, x[0])
    g = T.grad(out.sum(), w)
    loops = [n.op for n in theano.graph.toposort([g]) if str(n.op) == "for{cpu,grad_of_scan_fn}"]
    assert len(loops) == 1
    assert not any("tanh" in str(n.op) for n in theano.graph.toposort(loops[0].outputs))


def test_ifelse(rng):
    x = T.dvector("x")
    out = ifelse(x.sum() > 0, (x**2).sum(), (x**3).sum())
    f = theano.function([x], T.grad(out, x))
    value = np.array([1.0, 2.0])
    np.testing.assert_allclose(f(value), 2 * value)
    np.testing.assert_allclose(f(-value), 3 * value**2)


def test_ifelse_of_several_values_and_its_condition():
    c, x, y = T.dscalar(), T.dvector(), T.dvector()
    a, b = ifelse(c, [x * 2, y * 3], [y * 5, x * 7])
    f = theano.function([c, x, y], T.grad((a + 10 * b).sum(), [c, x, y]))
    for condition, expected in ((1.0, (0, 2, 30)), (0.0, (0, 70, 5))):
        for found, value in zip(f(condition, [1.0], [1.0]), expected, strict=True):
            assert found == value


def test_ifelse_forward_mode():
    x, v = T.dvector(), T.dvector()
    f = theano.function([x, v], T.Rop(ifelse(x.sum() > 0, x**2, x * 3), x, v))
    assert f([2.0], [1.0]).tolist() == [4.0]
    assert f([-2.0], [1.0]).tolist() == [3.0]


def test_ifelse_in_a_loop(rng):
    def build(x):
        return scan(lambda row, h: ifelse(row > 0, h * row, h - row**2), x, T.constant(1.0, dtype="float64"))[0]

    verify_grad(build, [rng.randn(6)], rng=rng)


def test_loop_and_while_loop():
    x, s0 = T.dvector(), T.dscalar()
    final, ys = loop(lambda s, row: ((s[0] * row, s[1] + row), s[0]), (s0, s0), x)
    f = theano.function([x, s0], T.grad(final[0] + final[1] + ys.sum(), [x, s0]))
    by_x, by_s = f([2.0, 3.0], 5.0)
    # 6 s + s + 5 + (s + 2 s)
    np.testing.assert_allclose(by_x, [5 * 3 + 1 + 5, 5 * 2 + 1])
    np.testing.assert_allclose(by_s, 6 + 1 + 3)
    end = while_loop(lambda s: s < 50, lambda s: s**1.5, s0, max_steps=20)
    h = 1e-6
    f = theano.function([s0], [end, T.grad(end, s0)])
    np.testing.assert_allclose(f(2.0)[1], (f(2.0 + h)[0] - f(2.0 - h)[0]) / (2 * h), rtol=1e-6)
    assert f(60.0)[1] == 1.0


def test_a_while_loop_without_a_limit_has_no_gradient():
    s0 = T.dscalar()
    end = while_loop(lambda s: s < 50, lambda s: s * 2, s0)
    with pytest.raises(theano.gradient.NullTypeGradError, match="max_steps"):
        T.grad(end, s0)
    with pytest.raises(NotImplementedError, match="max_steps"):
        T.Rop(end, s0, T.dscalar())
