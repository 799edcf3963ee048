"""Counter-based streams: published vectors, values that depend on state and place alone, laws and their parameters."""

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.random import RandomStream, chacha
from theano.tensor.random.chacha import GROUP, Series, blocks, new_state, stream
from theano.tensor.random.draw import Draw, words_for
from theano.tensor.random.exact import exp64, log32, log64, turn32, turn64
from theano.tensor.random.table import LAWS

rng = np.random.default_rng(3)

# RFC 8439 (20 rounds) and J. Strombergson's test vectors (8 and 12): the first block of key 0, counter 0, nonce 0.
VECTORS = {
    20: "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
    8: "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e"
    "984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42",
}


@pytest.mark.parametrize("rounds", VECTORS)
def test_published_blocks(rounds):
    drawn = blocks(np.zeros(8, "uint32"), np.uint64(0), np.uint64(0), rounds)
    assert drawn[:, 0].astype("<u4").tobytes().hex() == VECTORS[rounds]


def test_a_block_with_key_counter_and_nonce():
    """RFC 8439, section 2.3.2; there the counter has 32 bits and the nonce 96."""
    key = np.arange(32, dtype="uint8").view("<u4").astype("uint32")
    counter, nonce = np.uint64(1 | 0x09000000 << 32), np.uint64(0x4A000000)
    drawn = blocks(key, counter, nonce, 20)[:, 0]
    assert drawn[:4].tolist() == [0xE4E7F110, 0x15593BD1, 0x1FDD0F50, 0xC47120A3]
    assert drawn[-1] == 0x4E3C50A2


def test_groups_of_the_stream_are_blocks_side_by_side():
    state = new_state(5, 0)
    state[4] = 2**40 + 3
    counters = (np.uint64(2**40 + 3) * np.uint64(16)) + np.arange(32, dtype="uint64")
    key = np.ascontiguousarray(state[:4]).view("uint32")
    expected = blocks(key, counters, np.uint64(0)).reshape(16, 2, 16).transpose(1, 0, 2)
    np.testing.assert_array_equal(stream(state, 2), expected)


def test_series_are_words_of_their_position():
    state = new_state(5, 0)
    series = Series(state, np.array([3, 70]))
    key = np.ascontiguousarray(state[:4]).view("uint32")
    words = blocks(key, np.uint64(2**63) + np.arange(2, dtype="uint64"), np.uint64(70)).T.reshape(-1)
    for i in range(0, 20, 2):
        expected = int(words[i]) << 32 | int(words[i + 1])
        assert series.next64(np.array([1]))[0] == expected
    assert series.used.tolist() == [16, 4]


def test_elementary_functions_are_precise():
    x = np.concatenate([rng.random(20000), 1 - rng.random(2000) * 1e-6, 2.0 ** -rng.random(2000) * 1e-9])
    for value, exact in ((log64(x), np.log(x.astype("longdouble"))),):
        assert np.max(np.abs(value - exact) / np.spacing(np.abs(value))) < 1.5
    y = x.astype("float32")
    assert np.max(np.abs(log32(y) - np.log(y.astype("float64"))) / np.spacing(np.abs(log32(y)) + 1e-30)) < 1.5
    z = rng.uniform(-700, 700, 20000)
    assert np.max(np.abs(exp64(z) - np.exp(z.astype("longdouble"))) / np.spacing(exp64(z))) < 1.5
    assert exp64(np.array([-1000.0]))[0] == 0
    high, low = (rng.integers(0, 2**32, 20000, dtype="uint64").astype("uint32") for _ in range(2))
    signed = (high << np.uint32(2)).view("int32") / 2.0**31
    angle = np.pi / 4 * signed + np.pi / 2 * (high >> np.uint32(30))
    for got, expected in zip(turn32(high), (np.cos(angle), np.sin(angle)), strict=True):
        np.testing.assert_allclose(got, expected, atol=1.5e-7)
    for got, expected in zip(turn64(high, low), (np.cos(angle), np.sin(angle)), strict=True):
        np.testing.assert_allclose(got, expected, atol=2e-9)  # the lower word moves the angle by this much
    assert np.max(np.abs(np.hypot(*turn64(high, low)) - 1)) < 1e-15


def test_uniform_numbers_are_the_words():
    state = new_state(1, 0)
    words = stream(state, 2)
    drawn = LAWS["uniform"][1](state, 300, "float32")
    np.testing.assert_array_equal(drawn, (words.reshape(-1)[:300] >> np.uint32(8)) / np.float32(2**24))
    wide = LAWS["uniform"][1](state, 200, "float64")
    high, low = (words[:, rows].astype("uint64").reshape(-1)[:200] for rows in (slice(0, 8), slice(8, 16)))
    np.testing.assert_array_equal(wide, ((high >> np.uint64(5)) * 2.0**26 + (low >> np.uint64(6))) * 2.0**-53)


PARAMETERS = {
    **dict.fromkeys(("uniform", "normal", "exponential", "bits"), ()),
    "bernoulli": (0.3,),
    "integers": (np.int64(-3), np.int64(8)),
    "poisson": (20.0,),
    "binomial": (np.int64(60), 0.5),
    "gamma": (0.7,),
    "beta": (0.7, 1.5),
}


def sample(law, state, n):
    dtype = (
        "int64" if law in ("bernoulli", "integers", "poisson", "binomial") else "uint64" if law == "bits" else "float64"
    )
    return LAWS[law][1](state, n, dtype, *(np.asarray(p) for p in PARAMETERS[law]))


@pytest.mark.parametrize("law", PARAMETERS)
def test_an_element_depends_on_state_and_place_alone(law):
    whole = sample(law, new_state(2, 0), 20_000)
    for n in (0, 1, 31, 33, 63, 65, 127, 129, 16_385):
        np.testing.assert_array_equal(sample(law, new_state(2, 0), n), whole[:n])


@pytest.mark.parametrize("law", PARAMETERS)
@pytest.mark.parametrize("n", [1, 33, 65, 200])
def test_draws_one_after_the_other_share_no_block(law, n, monkeypatch):
    made = []

    def recorded(key, counters, nonces, rounds=8):
        made.append(np.stack(np.broadcast_arrays(*map(np.atleast_1d, (counters, nonces)))))
        return blocks(key, counters, nonces, rounds)

    monkeypatch.setattr(chacha, "blocks", recorded)
    state, seen = new_state(2, 0), set()
    for _ in range(3):
        made.clear()
        state[4] += np.uint64(-(-n * words_for(law, sample(law, state, n).dtype.name) // GROUP))
        pairs = set(map(tuple, np.concatenate(made, axis=1).T.tolist()))
        assert not pairs & seen
        seen |= pairs


def fn(*outputs, **kwargs):
    return theano.function([], list(outputs) if len(outputs) > 1 else outputs[0], **kwargs)


def test_draws_advance_and_differ():
    s = RandomStream(7)
    a, b = s.uniform((3,)), s.uniform((3,))
    f = fn(a, b)
    seen = np.concatenate([*f(), *f(), *f()])
    assert len(set(seen)) == seen.size
    assert a.rng.get_value()[4] == 3


def test_a_draw_used_twice_is_one_draw():
    a = RandomStream(7).normal((4,))
    assert not fn(a - a)().any()


def test_advance_leaves_no_word_for_two_draws():
    for dtype, per_group in (("float32", GROUP), ("float64", GROUP // 2)):
        a = RandomStream(7).uniform((per_group,), dtype=dtype)
        f = fn(a)
        first, second = f(), f()
        assert a.rng.get_value()[4] == 2
        whole = fn(RandomStream(7).uniform((2 * per_group,), dtype=dtype))()
        np.testing.assert_array_equal(np.concatenate([first, second]), whole)


def test_seed_begins_again_and_states_can_be_set():
    s = RandomStream(7)
    a, b = s.uniform((3,)), s.normal((2,))
    f = fn(a, b)
    first = f()
    f()
    s.seed()
    again = f()
    s.seed(8)
    other = f()
    for x, y, z in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(x, y)
        assert (x != z).all()
    kept = a.rng.get_value()
    x = f()[0]
    a.rng.set_value(kept)
    np.testing.assert_array_equal(f()[0], x)
    assert [state for state, _ in s.updates()] == [a.rng, b.rng]


def test_large_seeds_and_bad_ones():
    keys = {tuple(new_state(seed, i)) for seed in (0, 1, 2**64, 2**256 - 1) for i in range(2)}
    assert len(keys) == 8
    assert (new_state(None, 0) != new_state(None, 0)).any()
    with pytest.raises(ValueError, match="out of range"):
        RandomStream(2**256)
    with pytest.raises(ValueError, match="out of range"):
        RandomStream(-1)
    with pytest.raises(TypeError, match="give an int"):
        RandomStream(1.5)


def test_functions_pickle_and_copy_with_their_states():
    a = RandomStream(7).uniform((3,))
    f = fn(a)
    f()
    g = pickle.loads(pickle.dumps(f))
    h = copy.deepcopy(f)
    expected = f()
    np.testing.assert_array_equal(g(), expected)
    np.testing.assert_array_equal(h(), expected)


def test_without_updates_a_draw_repeats():
    a = RandomStream(7).uniform((3,))
    f = fn(a, no_default_updates=True)
    np.testing.assert_array_equal(f(), f())


SHAPES = [((), ()), ((0,), (0,)), ((3, 0), (3, 0)), ((1, 3), (1, 3)), (4, (4,)), ([2, 3], (2, 3))]


@pytest.mark.parametrize(("size", "shape"), SHAPES)
def test_shapes(size, shape):
    s = RandomStream(1)
    outs = [s.uniform(size), s.normal(size, dtype="float32"), s.bernoulli(size), s.random_integers(size)]
    outs += [s.exponential(size), s.poisson(size), s.gamma(size), s.beta(size), s.binomial(size, n=5)]
    for out, value in zip(outs, fn(*outs)(), strict=True):
        assert value.shape == shape
        assert out.type.is_valid_value(value)
    (rows,) = fn(s.multinomial(size, n=3, pvals=[0.5, 0.25, 0.25]), s.permutation(size, n=4))()[:1]
    assert rows.shape == (*shape, 3)


def test_symbolic_sizes():
    s = RandomStream(1)
    x, n = T.dmatrix(), T.lvector()
    f = theano.function([x, n], [s.uniform(x.shape), s.normal(n, ndim=2), s.uniform((x.shape[1], 2))])
    assert [v.shape for v in f(np.zeros((3, 4)), [2, 5])] == [(3, 4), (2, 5), (4, 2)]
    with pytest.raises(ValueError, match="ndim"):
        f(np.zeros((3, 4)), [2, 5, 7])
    with pytest.raises(ValueError, match="negative"):
        f(np.zeros((3, 4)), [2, -5])
    with pytest.raises(ValueError, match="pass ndim"):
        s.uniform(n)


def test_parameters_broadcast():
    s = RandomStream(1)
    low = np.array([0.0, 10.0, 20.0])
    a = fn(s.uniform(low=low, high=low + 1))()
    assert ((a >= low) & (a < low + 1)).all()
    b = fn(s.normal((4, 3), avg=low, std=1e-6))()
    np.testing.assert_allclose(b, np.broadcast_to(low, (4, 3)), atol=1e-4)
    c = fn(s.binomial((2, 3), n=[[5], [7]], p=[0.0, 1.0, 0.5]))()
    assert (c[:, 0] == 0).all()
    assert c[:, 1].tolist() == [5, 7]
    d = fn(s.poisson((5, -1), lam=[0.0, 1e6]))()
    assert (d[:, 0] == 0).all()
    assert (d[:, 1] > 9e5).all()
    e = fn(s.random_integers(low=[1, 100], high=[3, 100]))()
    assert 1 <= e[0] <= 3
    assert e[1] == 100


def test_parameters_cannot_make_a_draw_larger():
    v = T.dvector()
    for law in (lambda s: s.uniform((1,), low=v, high=9.0), lambda s: s.poisson((1,), lam=v)):
        f = theano.function([v], law(RandomStream(1)))
        assert f([3.0]).shape == (1,)
        with pytest.raises(ValueError):
            f([3.0, 4.0])
    with pytest.raises(ValueError, match="parameter"):
        RandomStream(1).normal((3,), avg=np.zeros((2, 3)))


def test_uniform_never_reaches_the_upper_bound():
    s = RandomStream(3)
    f = fn(s.uniform((200_000,), low=np.float32(1), high=np.float32(1 + 2**-22), dtype="float32"))
    values = f()
    assert set(values) == {np.float32(1 + k * 2**-23) for k in range(2)} | {np.float32(1)}
    assert (fn(s.uniform((1000,), low=5.0, high=3.0))() > 3.0).all()


def test_dtypes():
    s = RandomStream(3)
    for dtype in ("float16", "float32", "float64"):
        outs = fn(s.uniform((500,), dtype=dtype), s.normal((5,), dtype=dtype), s.gamma((5,), dtype=dtype))()
        assert [v.dtype for v in outs] == [dtype] * 3
        assert outs[0].max() < 1
    for dtype in ("bool", "int8", "uint16", "int32", "uint64", "float32", "float64"):
        drawn = fn(s.bernoulli((300,), dtype=dtype))()
        assert drawn.dtype == dtype
        assert set(drawn.tolist()) == {0, 1}
    assert fn(s.random_integers((50,), -2, 5, dtype="int8"))().dtype == "int8"
    assert s.uniform((2,), low=np.float32(0)).dtype == theano.config.floatX
    with pytest.raises(TypeError, match="float"):
        s.normal((2,), dtype="int32")


def test_probabilities_of_chance_to_the_last_bit():
    """A word decides alone unless it lies on the border; there the rest of the probability counts."""
    state = new_state(4, 0)
    word = stream(state, 1).reshape(-1)[0]
    border = float(word) * 2.0**-32
    for p, expected in ((border, 0), (border + 2.0**-32, 1), (0.0, 0), (1.0, 1)):
        assert LAWS["bernoulli"][1](state, 1, "int64", np.asarray(p))[0] == expected
    rest = Series(state, np.array([0])).uniform(np.array([0]))[0]
    for shift, expected in ((-(2.0**-20), 0), (2.0**-20, 1)):
        p = np.asarray(border + (rest + shift) * 2.0**-32)
        assert LAWS["bernoulli"][1](state, 1, "int64", p)[0] == expected


def test_integers_cover_their_range_without_bias():
    s = RandomStream(3)
    counts = np.bincount(fn(s.random_integers((70_000,), 3, 9))(), minlength=10)
    assert (counts[:3] == 0).all()
    assert abs(counts[3:] - 10_000).max() < 500
    info = np.iinfo("int64")
    wide = fn(s.random_integers((2000,), info.min, info.max))()
    assert wide.min() < info.min * 0.9
    assert wide.max() > info.max * 0.9
    # two thirds of all words are used here, so a third of the draws needs more than one
    big = 2**63 // 3 * 2
    drawn = fn(s.random_integers((30_000,), 0, big - 1))().astype(float)
    assert abs(drawn.mean() / big - 0.5) < 0.01
    two_thirds = fn(s.random_integers((30_000,), info.min, info.min + (2**65 // 3 - 1)))().astype(float) - info.min
    assert abs((two_thirds < 2**64 / 3).mean() - 0.5) < 0.02


BAD = [
    (lambda s: s.bernoulli((2,), p=1.5), "probabilities from 0 to 1"),
    (lambda s: s.bernoulli((2,), p=np.array([0.5, np.nan])), "probabilities from 0 to 1"),
    (lambda s: s.binomial((2,), n=3, p=-0.1), "probabilities from 0 to 1"),
    (lambda s: s.binomial((2,), n=-3, p=0.1), "trials from 0"),
    (lambda s: s.poisson((2,), lam=-1.0), "means from 0"),
    (lambda s: s.poisson((2,), lam=np.nan), "means from 0"),
    (lambda s: s.gamma((2,), shape=0.0), "parameters above 0"),
    (lambda s: s.beta((2,), a=1.0, b=-2.0), "parameters above 0"),
    (lambda s: s.random_integers((2,), 5, 3), "low 5 above high 3"),
    (lambda s: s.multinomial((2,), n=3, pvals=[0.5, 0.6]), "add up to 1"),
    (lambda s: s.multinomial((2,), n=3, pvals=[1.5, -0.5]), "of 0 or more"),
]


@pytest.mark.parametrize(("law", "message"), BAD)
def test_bad_parameters(law, message):
    with pytest.raises(ValueError, match=message):
        fn(law(RandomStream(1)))()
    with pytest.raises(ValueError, match=message):
        theano.function([], law(RandomStream(1)), mode=theano.Mode(linker="py"))()


def test_bad_states():
    with pytest.raises(TypeError, match="vector of uint64"):
        Draw("uniform", "float64", (False,))(np.zeros(5), (2,))
    a = RandomStream(1).uniform((2,))
    a.rng.set_value(np.zeros(3, "uint64"))
    with pytest.raises(ValueError, match="5 words"):
        fn(a)()


def test_multinomial_rows():
    s = RandomStream(1)
    counts = fn(s.multinomial(n=[4, 9], pvals=[[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]))()
    assert counts.sum(axis=1).tolist() == [4, 9]
    assert counts[0, 2] == 0
    assert counts[1].tolist() == [9, 0, 0]
    many = fn(s.multinomial((5000,), n=20, pvals=[0.2, 0.3, 0.5]))()
    np.testing.assert_allclose(many.mean(axis=0), [4, 6, 10], atol=0.2)
    with pytest.raises(TypeError, match="probabilities per category"):
        s.multinomial((2,), pvals=T.dscalar())


def test_categories():
    s = RandomStream(1)
    drawn = fn(s.categorical((20_000,), [1.0, 0.0, 3.0]))()
    np.testing.assert_allclose(np.bincount(drawn) / drawn.size, [0.25, 0, 0.75], atol=0.02)
    rows = fn(s.categorical(p=[[1.0, 0.0], [0.0, 1.0]]))()
    assert rows.tolist() == [0, 1]
    with pytest.raises(AssertionError, match="weights"):
        fn(s.categorical((2,), [0.5, -0.5]))()


def test_permutations_and_choices():
    s = RandomStream(1)
    rows = fn(s.permutation((200,), n=5))()
    assert (np.sort(rows, axis=1) == np.arange(5)).all()
    assert len({tuple(row) for row in rows}) > 80
    v = T.dvector()
    shuffled = theano.function([v], s.shuffle_row_elements(v))(np.arange(6.0))
    assert sorted(shuffled) == list(range(6))
    some = fn(s.choice((3,), a=[4.0, 5.0, 6.0], replace=False, dtype="float64"))()
    assert sorted(some) == [4, 5, 6]
    weighted = fn(s.choice((20_000,), a=3, p=[0.1, 0.2, 0.7]))()
    np.testing.assert_allclose(np.bincount(weighted) / weighted.size, [0.1, 0.2, 0.7], atol=0.02)
    assert sorted(fn(s.choice((2,), a=3, replace=False, p=[0.5, 0.0, 0.5]))()) == [0, 2]
    assert set(fn(s.choice((300,), a=4))()) == {0, 1, 2, 3}
    with pytest.raises(AssertionError, match="more elements asked"):
        fn(s.choice((4,), a=3, replace=False))()
    with pytest.raises(AssertionError, match="add up to 1"):
        fn(s.choice((4,), a=2, p=[0.5, 0.6]))()
    with pytest.raises(AssertionError, match="differ in length"):
        fn(s.choice((4,), a=3, p=[0.5, 0.5]))()
    with pytest.raises(TypeError, match="replace as a bool"):
        s.choice((2,), a=3, replace=T.bscalar())


def test_gamma_and_beta_of_extreme_parameters():
    s = RandomStream(2)
    tiny = fn(s.gamma((500,), shape=1e-280), s.beta((500,), a=1e-280, b=1e-280))()
    assert not tiny[0].any()
    assert set(tiny[1]) == {0.0, 1.0}
    assert fn(s.gamma((100,), shape=1e250))().min() > 0.99e250
