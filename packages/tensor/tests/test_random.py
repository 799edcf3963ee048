"""Random streams draw exactly what NumPy's RandomState draws."""

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor import raw_random
from theano.tensor.raw_random import RandomFunction, random_state_type
from theano.tensor.shared_randomstreams import RandomStreams, randomstate_constructor


def reference(seed, position=0):
    """The RandomState of the draw made at a position of RandomStreams(seed)."""
    seeds = np.random.RandomState(seed)
    for _ in range(position):
        seeds.randint(2**30)
    return np.random.RandomState(int(seeds.randint(2**30)))


LAWS = [
    (lambda s: s.uniform((2, 3), -1.0, 4.0), lambda r: r.uniform(-1.0, 4.0, (2, 3))),
    (lambda s: s.normal((4,), 2.0, 3.0), lambda r: r.normal(2.0, 3.0, (4,))),
    (lambda s: s.binomial((5,), n=7, p=0.3), lambda r: r.binomial(7, 0.3, (5,))),
    (lambda s: s.poisson((5,), 3.5), lambda r: r.poisson(3.5, (5,))),
    (lambda s: s.poisson((2,)), lambda r: r.poisson(1.0, (2,))),
    (lambda s: s.choice((6,), a=9), lambda r: r.choice(9, (6,))),
    (
        lambda s: s.choice((3,), a=[4, 5, 6, 7], replace=False, p=[0.1, 0.2, 0.3, 0.4]),
        lambda r: r.choice([4, 5, 6, 7], (3,), False, [0.1, 0.2, 0.3, 0.4]),
    ),
    (lambda s: s.random_integers((2, 5), 3, 9), lambda r: [[r.randint(3, 10) for _ in range(5)] for _ in range(2)]),
    (lambda s: s.permutation((3,), n=4), lambda r: [r.permutation(4) for _ in range(3)]),
    (lambda s: s.permutation(n=5), lambda r: r.permutation(5)),
    (
        lambda s: s.multinomial((3,), n=6, pvals=[0.2, 0.3, 0.5]),
        lambda r: [r.multinomial(6, [0.2, 0.3, 0.5]) for _ in range(3)],
    ),
    (lambda s: s.uniform(()), lambda r: r.uniform(size=())),
    (lambda s: s.uniform(low=[0.0, 10.0], high=11.0), lambda r: r.uniform([0.0, 10.0], 11.0, (2,))),
    (lambda s: s.uniform((3, -1), low=[0.0, 10.0], high=11.0), lambda r: r.uniform([0.0, 10.0], 11.0, (3, 2))),
    (lambda s: s.uniform(4), lambda r: r.uniform(size=(4,))),
]


@pytest.mark.parametrize(("draw", "formula"), LAWS)
def test_draws_equal_numpy(draw, formula):
    out = draw(RandomStreams(23))
    f = theano.function([], out)
    state = reference(23)
    for _ in range(2):
        np.testing.assert_allclose(f(), formula(state))


def test_random_integers_between_arrays_draw_element_by_element():
    f = theano.function([], RandomStreams(5).random_integers((2, 2), low=[[0], [10]], high=[11, 20]))
    state = reference(5)
    expected = [[state.randint(a, b + 1) for b in (11, 20)] for a in (0, 10)]
    np.testing.assert_array_equal(f(), expected)


def test_multinomial_with_a_row_of_probabilities_per_draw():
    p = np.array([[0.5, 0.5], [1.0, 0.0]])
    f = theano.function([], RandomStreams(5).multinomial(n=[4, 9], pvals=p))
    state = reference(5)
    np.testing.assert_array_equal(f(), [state.multinomial(4, p[0]), state.multinomial(9, p[1])])


def test_multinomial_tolerates_rounding():
    p = np.array([0.3333334, 0.3333334, 0.3333334], dtype="float32")
    assert theano.function([], RandomStreams(1).multinomial((2,), n=3, pvals=p))().sum() == 6


def test_each_draw_has_its_own_state():
    stream = RandomStreams(9)
    f = theano.function([], [stream.uniform((2,)), stream.uniform((2,))])
    a, b = f()
    np.testing.assert_array_equal(a, reference(9, 0).uniform(size=2))
    np.testing.assert_array_equal(b, reference(9, 1).uniform(size=2))


def test_one_draw_used_twice_is_one_value():
    u = RandomStreams(9).uniform((3,))
    f = theano.function([], u - u)
    np.testing.assert_array_equal(f(), np.zeros(3))


def test_suppressed_updates_repeat_the_value():
    u = RandomStreams(9).uniform((2,))
    fixed = theano.function([], u, no_default_updates=True)
    moving = theano.function([], u)
    first = fixed()
    np.testing.assert_array_equal(fixed(), first)
    np.testing.assert_array_equal(moving(), first)
    assert (fixed() != first).all()


def test_seed_restarts_all_draws():
    stream = RandomStreams(9)
    f = theano.function([], [stream.normal((2,)), stream.uniform((2,))])
    first = f()
    stream.seed()
    np.testing.assert_array_equal(f(), first)
    stream.seed(31)
    np.testing.assert_array_equal(f()[1], reference(31, 1).uniform(size=2))


def test_updates_and_states_are_reachable():
    stream = RandomStreams(9)
    u = stream.uniform((2,))
    assert stream.updates() == [u.update]
    assert u.rng.default_update is u.update[1]
    stream[u.rng] = np.random.RandomState(77)
    assert stream[u.rng].randint(100) == np.random.RandomState(77).randint(100)
    with pytest.raises(KeyError):
        stream[T.dvector()]
    with pytest.raises(TypeError):
        stream[u.rng] = 3


def test_manual_updates():
    u = RandomStreams(9).uniform((2,))
    f = theano.function([], u, updates=[u.update])
    state = reference(9)
    for _ in range(2):
        np.testing.assert_array_equal(f(), state.uniform(size=2))


def test_symbolic_sizes_and_parameters():
    x, n, size = T.dmatrix("x"), T.lscalar("n"), T.lvector("size")
    stream = RandomStreams(9)
    f = theano.function([x, n, size], [stream.uniform(x.shape), stream.uniform((n, 2)), stream.normal(size, ndim=1)])
    a, b, c = f(np.ones((2, 3)), 4, [5])
    assert (a.shape, b.shape, c.shape) == ((2, 3), (4, 2), (5,))
    np.testing.assert_array_equal(a, reference(9).uniform(size=(2, 3)))


def test_dtypes():
    stream = RandomStreams(1)
    assert stream.uniform((2,), low=np.float32(0), high=np.float32(1), dtype="float32").dtype == "float32"
    assert stream.uniform((2,)).dtype == stream.normal((2,)).dtype == "float64"
    assert stream.binomial((2,)).dtype == stream.random_integers((2,)).dtype == "int64"
    assert stream.uniform((1, 2)).type.broadcastable == (True, False)


def test_shapes_are_inferred():
    n = T.lscalar("n")
    stream = RandomStreams(1)
    for draw, expected in (
        (stream.uniform((n, 2)), (3, 2)),
        (stream.permutation((2,), n=n), (2, 3)),
        (stream.multinomial((n,), pvals=[0.5, 0.5]), (3, 2)),
    ):
        node = draw.owner
        lengths = [T.as_tensor_variable(v) for v in node.op.infer_shape(node, [None] * len(node.inputs))[1]]
        assert tuple(int(v) for v in theano.function([n], lengths, on_unused_input="ignore")(3)) == expected


def test_errors():
    stream = RandomStreams(1)
    with pytest.raises(ValueError, match="ndim"):
        stream.uniform(T.lvector())
    with pytest.raises(ValueError, match="dimensions"):
        stream.uniform((2,), low=T.dmatrix())
    with pytest.raises(ValueError, match="agree"):
        stream.uniform((2,), ndim=2)
    with pytest.raises(TypeError, match="integers"):
        stream.uniform((2.5,))
    with pytest.raises(TypeError, match="n as integers"):
        stream.binomial((2,), n=1.5)
    with pytest.warns(DeprecationWarning, match="prob"):
        stream.binomial((2,), prob=0.5)
    with pytest.raises(TypeError, match="random state"):
        raw_random.uniform(T.dvector(), (2,))
    size = T.lvector("size")
    f = theano.function([size], stream.uniform(size, ndim=2))
    with pytest.raises(ValueError, match="2 entries"):
        f([1, 2, 3])


def test_shuffle_row_elements():
    x = T.dmatrix("x")
    value = np.arange(12.0).reshape(3, 4)
    shuffled = RandomStreams(9).shuffle_row_elements(x)
    out, order = theano.function([x], [shuffled, shuffled.permutation])(value)
    np.testing.assert_array_equal(out, np.take_along_axis(value, order, -1))
    assert (np.sort(out, 1) == value).all()


def test_functional_forms_take_a_state_variable():
    state = random_state_type("state")
    following, sample = raw_random.normal(state, (3,))
    f = theano.function([state], [following, sample])
    given, expected = np.random.RandomState(3), np.random.RandomState(3)
    after, out = f(given)
    np.testing.assert_array_equal(out, expected.normal(size=3))
    np.testing.assert_array_equal(after.uniform(size=2), expected.uniform(size=2))
    np.testing.assert_array_equal(given.uniform(size=2), np.random.RandomState(3).uniform(size=2))


def test_inplace_draws_advance_the_given_state():
    op = RandomFunction("uniform", T.dvector, inplace=True)
    assert op.destroy_map == {0: [0]}
    assert op != RandomFunction("uniform", T.dvector)
    state, storage = np.random.RandomState(3), [[None], [None]]
    op.perform(None, [state, np.array([2]), np.array(0.0), np.array(1.0)], storage)
    assert storage[0][0] is state
    np.testing.assert_array_equal(storage[1][0], np.random.RandomState(3).uniform(size=2))


def test_functions_of_a_state_may_be_user_functions(run):
    def rising(state, low, size):
        return low + np.arange(size[0])

    state = random_state_type("state")
    sample = RandomFunction(rising, T.dvector)(state, [3], 5.0)[1]
    np.testing.assert_array_equal(run(sample, {state: np.random.RandomState(0)}), [5, 6, 7])


def test_state_type_filters_and_compares():
    with pytest.raises(TypeError):
        random_state_type.filter(3)
    a, b = np.random.RandomState(1), np.random.RandomState(1)
    assert random_state_type.values_eq(a, b)
    b.uniform()
    assert not random_state_type.values_eq(a, b)
    other = np.random.RandomState(np.random.PCG64(1))
    assert not random_state_type.values_eq(a, other)
    assert random_state_type.values_eq(other, copy.deepcopy(other))
    assert pickle.loads(pickle.dumps(random_state_type)) == random_state_type


def test_shared_states_are_copied_unless_borrowed():
    state = np.random.RandomState(1)
    assert randomstate_constructor(state).get_value(borrow=True) is not state
    assert randomstate_constructor(state, borrow=True).get_value(borrow=True) is state
    with pytest.raises(TypeError):
        randomstate_constructor(3)


def test_streams_copy_and_pickle():
    stream = RandomStreams(9)
    u = stream.uniform((2,))
    for twin in (copy.deepcopy(stream), pickle.loads(pickle.dumps(stream))):
        ((state, _),) = twin.updates()
        assert random_state_type.values_eq(state.get_value(), u.rng.get_value())


def test_a_state_that_was_drawn_from_can_be_pickled(run):
    u = RandomStreams(9).uniform((2,))
    state = run(u.owner.outputs[0], {})
    for twin in (copy.deepcopy(state), pickle.loads(pickle.dumps(state))):
        assert random_state_type.values_eq(state, twin)


@pytest.mark.parametrize("generator", [np.random.MT19937, np.random.PCG64])
def test_draws_leave_the_given_state_alone(run, generator):
    state = random_state_type("state")
    sample = raw_random.normal(state, (3,))[1]
    given = np.random.RandomState(generator(5))
    given.normal()  # half of a pair of normal numbers is kept in the state
    expected = copy.deepcopy(given).normal(size=3)
    for _ in range(2):
        np.testing.assert_array_equal(run(sample, {state: given}), expected)
