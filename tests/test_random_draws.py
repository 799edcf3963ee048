"""Random draws across packages: distributions against SciPy, loops, gradients, the same values in every executor."""

import numpy as np
import pytest
from scipy import stats

import theano
import theano.tensor as T
from theano.lowering import PerformStep
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.scan_module import until
from theano.tensor.random import RandomStream

pytestmark = pytest.mark.c
N = 100_000

CONTINUOUS = [
    (lambda s, d: s.uniform((N,), dtype=d), stats.uniform()),
    (lambda s, d: s.uniform((N,), -2.0, 3.0, dtype=d), stats.uniform(-2, 5)),
    (lambda s, d: s.normal((N,), dtype=d), stats.norm()),
    (lambda s, d: s.normal((N,), 5.0, 0.25, dtype=d), stats.norm(5, 0.25)),
    (lambda s, d: s.exponential((N,), 2.0, dtype=d), stats.expon(scale=2)),
    (lambda s, d: s.gamma((N,), 0.3, 2.0, dtype=d), stats.gamma(0.3, scale=2)),
    (lambda s, d: s.gamma((N,), 7.5, dtype=d), stats.gamma(7.5)),
    (lambda s, d: s.gamma((N,), 1.0, dtype=d), stats.gamma(1.0)),
    (lambda s, d: s.beta((N,), 0.5, 2.5, dtype=d), stats.beta(0.5, 2.5)),
    (lambda s, d: s.beta((N,), 3.0, 1.5, dtype=d), stats.beta(3.0, 1.5)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("number", range(len(CONTINUOUS)))
def test_continuous_laws(number, dtype):
    make, law = CONTINUOUS[number]
    drawn = theano.function([], make(RandomStream(100 + number), dtype))()
    assert stats.kstest(drawn.astype("float64"), law.cdf).pvalue > 1e-3


DISCRETE = [
    (lambda s: s.bernoulli((N,), 0.3), stats.bernoulli(0.3)),
    (lambda s: s.random_integers((N,), -4, 6), stats.randint(-4, 7)),
    (lambda s: s.poisson((N,), 3.5), stats.poisson(3.5)),
    (lambda s: s.poisson((N,), 11.0), stats.poisson(11)),
    (lambda s: s.poisson((N,), 77.0), stats.poisson(77)),
    (lambda s: s.binomial((N,), 9, 0.2), stats.binom(9, 0.2)),
    (lambda s: s.binomial((N,), 24, 0.5), stats.binom(24, 0.5)),
    (lambda s: s.binomial((N,), 400, 0.6), stats.binom(400, 0.6)),
    (lambda s: s.binomial((N,), 10**9, 3e-9), stats.binom(10**9, 3e-9)),
]


@pytest.mark.parametrize("number", range(len(DISCRETE)))
def test_discrete_laws(number):
    make, law = DISCRETE[number]
    drawn = theano.function([], make(RandomStream(200 + number)))()
    low, high = int(law.ppf(1e-3)), int(law.ppf(1 - 1e-3))
    seen = np.bincount(np.clip(drawn, low, high) - low, minlength=high - low + 1)
    chance = law.pmf(np.arange(low, high + 1))
    chance[0], chance[-1] = law.cdf(low), law.sf(high - 1)
    assert stats.chisquare(seen, N * chance).pvalue > 1e-3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tails_of_the_normal_law(dtype):
    draw = theano.function([], RandomStream(5).normal((1_000_000,), dtype=dtype))
    drawn = np.concatenate([draw() for _ in range(4)])
    for bound in (3.0, 4.0, 4.5):
        expected = drawn.size * stats.norm.sf(bound)
        for count in ((drawn > bound).sum(), (drawn < -bound).sum()):
            assert abs(count - expected) < 5 * expected**0.5
    # neighbours, pairs of one radius, and successive calls do not know of each other
    for shift in (1, 16, 64, 128, 256, 1_000_000):
        assert abs(np.mean(drawn[shift:] * drawn[:-shift])) < 5 / drawn.size**0.5
        assert abs(np.mean(drawn[shift:] ** 2 * drawn[:-shift] ** 2) - 1) < 15 / drawn.size**0.5


@pytest.mark.parametrize("law", ["gamma", "beta"])
def test_neighbours_of_laws_that_share_a_group_are_independent(law):
    """Two normal numbers have one radius, and the two numbers of a beta number come from one group."""
    parameters = (2.0,) if law == "gamma" else (2.0, 3.0)
    draw = theano.function([], getattr(RandomStream(5), law)((10 * N,), *parameters, dtype="float64"))
    drawn = draw()
    scaled = (drawn - drawn.mean()) / drawn.std()
    for shift in (1, 16, 31, 32, 33, 64):
        a, b = scaled[shift:], scaled[:-shift]
        assert abs(np.mean(a * b)) < 5 / a.size**0.5
        assert abs(np.mean((a * a - 1) * (b * b - 1))) < 5 * np.var(a * a) / a.size**0.5


def test_variables_of_one_stream_are_independent():
    s = RandomStream(5)
    rows = np.array(theano.function([], [s.normal((N,)) for _ in range(5)])())
    others = np.array([theano.function([], RandomStream(seed).normal((N,)))() for seed in (6, 7)])
    correlations = np.corrcoef(np.concatenate([rows, others])) - np.identity(7)
    assert abs(correlations).max() < 5 / N**0.5


@pytest.mark.parametrize("law", ["uniform", "normal", "exponential", "gamma"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_executor_gives_the_same_bits(law, dtype):
    results = []
    for linker in ("cvm", "py"):
        for optimizer in (None, "fast_run"):
            out = getattr(RandomStream(3), law)((3, 1001), dtype=dtype)
            f = theano.function([], out, mode=theano.Mode(linker, optimizer))
            results.append([f().tobytes(), f().tobytes()])
    assert all(result == results[0] for result in results)


# ---- loops

STREAMS = [RandomStream, MRG_RandomStreams]
MODES = {
    "C": theano.Mode("cvm", "fast_run"),
    "plain": theano.Mode("py", None),
    "rewritten": theano.Mode("py", "fast_run"),
}


def loop_steps(function):
    return [step for step in function.plan.steps if type(step.node.op).__name__ == "Scan"]


@pytest.mark.parametrize("stream", STREAMS)
def test_draws_in_a_loop(stream):
    x, n = T.dvector("x"), T.lscalar("n")
    results = {}
    for name, mode in MODES.items():
        s = stream(3)
        walk, updates = theano.scan(
            lambda v, s=s: v + s.normal((4,)) * s.uniform((4,), low=1.0, high=2.0), outputs_info=[x], n_steps=n
        )
        f = theano.function([x, n], walk, updates=updates, mode=mode)
        if name == "C":
            assert not any(isinstance(step, PerformStep) for step in f.plan.steps)
            (loop,) = loop_steps(f)
            assert not loop.node.op.n_shared_outs
            assert not any(isinstance(step, PerformStep) for step in loop.node.op.fn.plan.steps)
        results[name] = [f(np.zeros(4), k) for k in (3, 1, 0, 2, 50)]
        results[name].append(np.concatenate([state.get_value().ravel() for state in updates]))
    for name in ("C", "rewritten"):
        for a, b in zip(results[name], results["plain"], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
    assert len({row.tobytes() for row in results["C"][4]}) == 50


def test_draws_of_changing_parameters_and_shapes_in_a_loop():
    p, n = T.dvector("p"), T.lvector("n")
    results = []
    for mode in MODES.values():
        s = RandomStream(3)
        (coins, totals), updates = theano.scan(
            lambda q, k, s=s: [s.bernoulli((9,), q), s.uniform((k,)).sum()], sequences=[p, n]
        )
        f = theano.function([p, n], [coins, totals], updates=updates, mode=mode)
        for _ in range(2):
            results.append(f(np.linspace(0, 1, 7), [1, 5, 2, 0, 300, 4, 1]))
    for a, b, c in zip(results[0:2], results[2:4], results[4:6], strict=True):
        for i in range(2):
            np.testing.assert_allclose(a[i], b[i], rtol=1e-13)
            np.testing.assert_allclose(a[i], c[i], rtol=1e-13)
    assert results[0][0][0].sum() == 0
    assert results[0][0][-1].sum() == 9


def test_a_loop_that_stops_leaves_the_state_of_its_last_step():
    limit = T.dscalar("limit")
    results = []
    for mode in MODES.values():
        s = RandomStream(3)

        def step(total, s=s):
            following = total + s.uniform(())
            return following, until(following > limit)

        totals, updates = theano.scan(step, outputs_info=[T.constant(np.float64(0))], n_steps=1000)
        f = theano.function([limit], totals, updates=updates, mode=mode)
        results.append([f(3.0), f(10.0), [state.get_value() for state in updates]])
    for result in results:
        for a, b in zip(result[:2], results[0][:2], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13)
        np.testing.assert_array_equal(result[2][0], results[0][2][0])
    assert results[0][2][0][4] == len(results[0][0]) + len(results[0][1])


def test_a_failing_loop_leaves_states_alone():
    p = T.dvector("p")
    s = RandomStream(3)
    coins, updates = theano.scan(lambda q: s.bernoulli((3,), q), sequences=[p])
    f = theano.function([p], coins, updates=updates)
    (state,) = updates
    before = state.get_value()
    with pytest.raises(ValueError, match="probabilities from 0 to 1"):
        f([0.5, 0.5, 1.5])
    np.testing.assert_array_equal(state.get_value(), before)
    f([0.5])
    assert state.get_value()[4] == before[4] + 1


def test_other_shared_tensors_that_a_loop_updates():
    counts = theano.shared(np.zeros((2, 3)), name="counts")
    row = theano.shared(np.ones((1, 3)), name="row", broadcastable=(True, False))
    results = []
    for mode in MODES.values():
        counts.set_value(np.zeros((2, 3)))
        row.set_value(np.ones((1, 3)))
        outs, updates = theano.scan(
            lambda x: (counts.sum() + x, {counts: counts + x * row, row: row * 2}), sequences=[T.arange(4.0)]
        )
        f = theano.function([], outs, updates=updates, mode=mode)
        results.append([f(), f(), counts.get_value(), row.get_value()])
    for result in results[1:]:
        for a, b in zip(result, results[0], strict=True):
            np.testing.assert_allclose(a, b)
    assert results[0][3][0, 0] == 2**8


# ---- gradients


def test_gradients_flow_through_location_and_scale():
    m, d = T.dscalars("m", "d")
    s = RandomStream(3)
    z = s.normal((50,), m, d)
    f = theano.function([m, d], [z, *theano.grad((z**2).sum(), [m, d])])
    drawn, by_m, by_d = f(1.5, 2.0)
    np.testing.assert_allclose(by_m, 2 * drawn.sum())
    np.testing.assert_allclose(by_d, (2 * drawn * (drawn - 1.5) / 2).sum())


def test_gradient_of_a_loop_with_draws():
    w = T.dscalar("w")
    results = []
    for mode in MODES.values():
        s = RandomStream(3)
        walk, updates = theano.scan(
            lambda v, w, s=s: T.tanh(v * w + s.normal((3,))),
            outputs_info=[T.zeros((3,))],
            non_sequences=[w],
            n_steps=20,
        )
        cost = walk[-1].sum()
        f = theano.function([w], [cost, theano.grad(cost, w)], updates=updates, mode=mode, on_unused_input="ignore")
        results.append([f(0.5), f(0.7)])
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=1e-10)


def test_dropout_of_a_cost_has_the_gradient_of_what_was_kept():
    x = T.dmatrix("x")
    mask = RandomStream(3).bernoulli(x.shape, p=0.5, ndim=2, dtype="float64")
    f = theano.function([x], [mask, theano.grad((x * mask * 2).sum(), x)])
    kept, gradient = f(np.ones((40, 50)))
    np.testing.assert_array_equal(gradient, 2 * kept)
    assert 0.4 < kept.mean() < 0.6
