"""MRG31k3p: the published recurrences, jumps, the order of substreams, and the laws made of its uniform numbers."""

import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.sandbox import rng_mrg
from theano.sandbox.multinomial import ChoiceFromUniform, MultinomialFromUniform, MultinomialWOReplacementFromUniform
from theano.sandbox.rng_mrg import M1, M2, MRG_RandomStreams, guess_n_streams

P1, P2 = 2147483647, 2147462579


def recurrence(seed, n):
    """The first `n` integers, straight from the published definition."""
    a, b = list(seed[:3])[::-1], list(seed[3:])[::-1]
    for _ in range(n):
        a.append((2**22 * a[-2] + (2**7 + 1) * a[-3]) % P1)
        b.append((2**15 * b[-1] + (2**15 + 1) * b[-3]) % P2)
        d = a[-1] - b[-1]
        yield d + P1 if d <= 0 else d


def fn(*outputs, **kwargs):
    return theano.function([], list(outputs) if len(outputs) > 1 else outputs[0], **kwargs)


def test_one_substream_is_the_recurrence():
    expected = np.array(list(recurrence([12345] * 6, 40)))
    s = MRG_RandomStreams(12345)
    f = fn(s.uniform((20,), nstreams=1))
    np.testing.assert_array_equal(np.concatenate([f(), f()]), expected * 2.0**-31)
    # the first numbers of the authors' own program
    np.testing.assert_allclose(expected[:3] * 2.0**-31, [0.7353244530968368, 0.6142074400559068, 0.1100780609995126])


def test_float32_is_rounded_and_stays_below_one():
    expected = np.array(list(recurrence([7] * 6, 40)))
    drawn = fn(MRG_RandomStreams(7).uniform((40,), nstreams=1, dtype="float32"))()
    np.testing.assert_allclose(drawn, expected * 2.0**-31, rtol=2e-7)
    from theano.tensor.random.mrg import scaled

    top = scaled(np.array([1, 2**31 - 1]), "float32")
    assert top[0] > 0
    assert top[1] < 1


def test_float16_keeps_fifteen_bits():
    expected = np.array(list(recurrence([7] * 6, 30)))
    drawn = fn(MRG_RandomStreams(7).uniform((30,), nstreams=1, dtype="float16"))()
    np.testing.assert_array_equal(drawn, (((expected & 0x7FFF) + 1) * 3.0458e-05).astype("float16"))


def power(matrix, exponent, prime):
    result = np.identity(3, dtype=object)
    for bit in bin(exponent)[2:]:
        result = result.dot(result) % prime
        if bit == "1":
            result = result.dot(matrix) % prime
    return result


@pytest.mark.parametrize(("jump", "exponent"), [(rng_mrg.ff_2p72, 72), (rng_mrg.ff_2p134, 134)])
def test_jumps(jump, exponent):
    a = power(np.array([[0, 2**22, 129], [1, 0, 0], [0, 1, 0]], dtype=object), 2**exponent, P1)
    b = power(np.array([[2**15, 0, 2**15 + 1], [1, 0, 0], [0, 1, 0]], dtype=object), 2**exponent, P2)
    state = np.array([1, 2, 3, 4, 5, P2 - 1])
    expected = [*(a.dot(state[:3]) % P1), *(b.dot(state[3:]) % P2)]
    assert jump(state).tolist() == expected
    assert rng_mrg.multMatVect(state, a, M1, b, M2).tolist() == expected
    assert rng_mrg.matVecModM(a, state[:3], M1).tolist() == expected[:3]


def test_substreams_and_draws_are_jumps_apart():
    s = MRG_RandomStreams(99)
    states = s.get_substream_rstates(37, "float64", inc_rstate=False)
    assert states.dtype == "int32"
    assert states.shape == (37, 6)
    state = np.full(6, 99)
    for row in states:
        np.testing.assert_array_equal(row, state)
        state = rng_mrg.ff_2p72(state)
    np.testing.assert_array_equal(s.rstate, [99] * 6)
    s.inc_rstate()
    np.testing.assert_array_equal(s.rstate, rng_mrg.ff_2p134([99] * 6))


@pytest.mark.parametrize("linker", ["py", "cvm"])
@pytest.mark.parametrize("n", [1, 4, 5, 11, 15])
def test_elements_are_taken_from_substreams_in_turn(linker, n):
    f = fn(MRG_RandomStreams(5).uniform((n,), nstreams=5), mode=theano.Mode(linker=linker))
    rows = MRG_RandomStreams(5).get_substream_rstates(5, "float64")
    sources = [recurrence(row.tolist(), 20) for row in rows]
    for _ in range(3):
        np.testing.assert_array_equal(f(), [next(sources[i % 5]) * 2.0**-31 for i in range(n)])


def test_number_of_substreams():
    for size, expected in (((3,), 3), ((6,), 6), ((7,), 1), ((10, 10), 16), ((10**6,), 15360), ((), 1)):
        assert guess_n_streams(size) == MRG_RandomStreams().n_streams(size) == expected
    assert guess_n_streams((T.lscalar(), 2)) == 15360
    with pytest.warns(UserWarning, match="pass nstreams"):
        guess_n_streams(T.lvector(), warn=True)


def test_one_step_in_integers():
    state, after = np.array([12345] * 6), np.zeros(6, "int64")
    value = rng_mrg.mrg_next_value(state, after, rng_mrg.NORM, 0, 0)
    assert value == next(recurrence([12345] * 6, 1)) * 2.0**-31
    first, second = (
        np.array([[0, 2**22, 129], [1, 0, 0], [0, 1, 0]]),
        np.array([[2**15, 0, 32769], [1, 0, 0], [0, 1, 0]]),
    )
    assert after.tolist() == rng_mrg.multMatVect(state, first, M1, second, M2).tolist()
    assert rng_mrg.mrg_next_value(state, after, 1.0, 0x7FFF, 1) == (int(value * 2**31) & 0x7FFF) + 1


def test_dot_modulo():
    a, b = np.arange(9, dtype="int32").reshape(3, 3), np.full((3, 3), 7, "int32")
    s = np.array([5, 6, 7], "int32")
    out = rng_mrg.DotModulo()(a, s, np.int32(11), b, s, np.int32(13))
    assert out.eval().tolist() == [*(a.dot(s) % 11), *(b.dot(s) % 13)]


def test_seeds():
    for bad in (0, -1, P2, [0, 0, 0, 1, 2, 3], [1, 2, 3, 0, 0, 0], [P1, 1, 1, 1, 1, 1], [1, 1, 1, P2, 1, 1]):
        with pytest.raises(ValueError, match="six ints"):
            MRG_RandomStreams(bad)
    for bad in (1.5, "abc", [1, 2]):
        with pytest.raises(TypeError, match="six ints"):
            MRG_RandomStreams(bad)
    a = fn(MRG_RandomStreams([1, 2, 3, 4, 5, 6]).uniform((2,), nstreams=1))()
    np.testing.assert_array_equal(a, np.array(list(recurrence([1, 2, 3, 4, 5, 6], 2))) * 2.0**-31)


def test_seed_rebuilds_the_states():
    s = MRG_RandomStreams(3)
    f = fn(s.uniform((7,)), s.normal((3,)))
    first = f()
    f()
    s.seed(3)
    for x, y in zip(f(), first, strict=True):
        np.testing.assert_array_equal(x, y)
    s.seed(4)
    assert (f()[0] != first[0]).all()
    s.seed()
    np.testing.assert_array_equal(f()[0], first[0])


def test_updates():
    s = MRG_RandomStreams(3)
    u = s.uniform((4,))
    assert s.updates() == [u.update]
    assert u.update[0] is u.rstate
    f = theano.function([], u, updates=s.updates())
    assert (f() != f()).all()
    g = theano.function([], u, no_default_updates=True)
    np.testing.assert_array_equal(g(), g())
    h = pickle.loads(pickle.dumps(f))
    np.testing.assert_array_equal(h(), f())


def test_sizes():
    s = MRG_RandomStreams(3)
    n, v = T.lscalar(), T.lvector()
    f = theano.function([n, v], [s.uniform((n, 2)), s.uniform(v, ndim=2), s.normal(v, ndim=2), s.uniform(())])
    assert [x.shape for x in f(3, [4, 5])] == [(3, 2), (4, 5), (4, 5), ()]
    with pytest.raises(ValueError, match="positive"):
        s.uniform((3, 0))
    for bad in ((1.5,), 3, T.dvector(), ("a",)):
        with pytest.raises(TypeError):
            s.uniform(bad)
    with pytest.raises(ValueError, match="ndim"):
        f(3, [4])
    with pytest.raises(ValueError, match="nstreams"):
        s.uniform((3,), nstreams=0)


def test_bounds():
    s = MRG_RandomStreams(3)
    drawn = fn(s.uniform((300, 2), low=np.array([0.0, 5.0]), high=np.array([1.0, 5.5])))()
    assert (drawn > [0, 5]).all()
    assert (drawn < [1, 5.5]).all()
    with pytest.raises(NotImplementedError, match="size of the result"):
        s.uniform((1,), low=T.dvector())
    assert s.uniform((2,), dtype="float32").dtype == "float32"


def test_normal_is_box_muller():
    u = fn(MRG_RandomStreams(8).uniform((6,), nstreams=15360))()
    radius, angle = np.sqrt(-2 * np.log(u[:3])), 2 * np.pi * u[3:]
    expected = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:5]
    drawn = fn(MRG_RandomStreams(8).normal((5,), avg=2.0, std=3.0))()
    np.testing.assert_allclose(drawn, 2 + 3 * expected, rtol=1e-13)


def test_truncated_normal():
    s = MRG_RandomStreams(8)
    a, b = fn(s.normal((40_001,), truncate=True), s.truncated_normal((40_001,), avg=1.0, std=2.0))()
    assert abs(a).max() < 2
    assert abs(a.mean()) < 0.02
    assert abs(b.mean() - 1) < 0.04
    assert abs(b.std() - 2) < 0.04


def test_binomial():
    s = MRG_RandomStreams(8)
    u = fn(MRG_RandomStreams(8).uniform((50,)))()
    np.testing.assert_array_equal(fn(s.binomial((50,), p=0.3))(), u < 0.3)
    p = T.dmatrix()
    drawn = theano.function([p], s.binomial(p=p, dtype="int8"))(np.array([[0.0, 1.0]] * 3))
    assert drawn.dtype == "int8"
    assert drawn.tolist() == [[0, 1]] * 3
    with pytest.raises(NotImplementedError):
        s.binomial((2,), n=3)


def test_multinomial():
    s = MRG_RandomStreams(8)
    pvals = np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]])
    u = fn(MRG_RandomStreams(8).uniform(T.constant([2])))()
    expected = np.zeros((2, 3))
    expected[[0, 1], [np.searchsorted(np.cumsum(pvals[0]), u[0], "right"), 1]] = 1
    np.testing.assert_array_equal(fn(s.multinomial(pvals=pvals))(), expected)
    counts = fn(s.multinomial(n=5, pvals=pvals, dtype="float32"))()
    assert counts.dtype == "float32"
    assert counts.sum(axis=1).tolist() == [5, 5]
    with pytest.raises(TypeError, match="probabilities"):
        s.multinomial()
    with pytest.raises(ValueError, match="leave it out"):
        s.multinomial(size=(2,), pvals=pvals)
    with pytest.raises(NotImplementedError, match="matrix"):
        s.multinomial(pvals=pvals[0])


def test_choice():
    s = MRG_RandomStreams(8)
    p = np.array([[0.25, 0.25, 0.0, 0.5]] * 200)
    chosen = fn(s.choice(3, p=p, replace=False))()
    assert (np.sort(chosen, axis=1) == [0, 1, 3]).all()
    assert len(np.unique(chosen, axis=0)) == 6
    with pytest.warns(DeprecationWarning, match="old name"):
        old = s.multinomial_wo_replacement(n=2, pvals=p)
    assert fn(old)().shape == (200, 2)
    with pytest.raises(NotImplementedError, match="replace=False"):
        s.choice(2, p=p)
    with pytest.raises(TypeError, match="a is given"):
        s.choice(2, a=3, p=p, replace=False)
    with pytest.raises(TypeError, match="probabilities"):
        s.choice(2, replace=False)
    with pytest.raises(ValueError, match="take fewer"):
        fn(s.choice(5, p=p, replace=False))()


def test_ops_from_uniform_numbers():
    pvals, unis = np.array([[0.5, 0.5], [0.1, 0.8]], "float32"), np.array([0.5, 0.05, 0.7, 0.95], "float32")
    counts = MultinomialFromUniform("auto")(pvals, unis, 2).eval()
    assert counts.dtype == "float32"
    assert counts.tolist() == [[0, 2], [1, 1]]  # 0.95 is above the sum: the last category
    assert ChoiceFromUniform("auto")(pvals, unis, 2).eval().tolist() == [[1, 0], [0, 1]]
    with pytest.warns(DeprecationWarning, match="ChoiceFromUniform"):
        MultinomialWOReplacementFromUniform("int64")
    with pytest.raises(ValueError, match="give as many"):
        MultinomialFromUniform("auto")(pvals, unis, 1).eval()
    with pytest.raises(NotImplementedError, match="dimensions"):
        MultinomialFromUniform("auto")(pvals[0], unis, 1)
