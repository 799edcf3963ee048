"""Activations, softmax, cross-entropy, batch normalisation."""

import numpy as np
import pytest
from scipy import special

import theano.tensor as T
from theano.tensor import nnet

R = np.random.RandomState(4)
X = R.randn(4, 5) * 3
B = R.randn(5)
LABELS = np.array([0, 4, 2, 2])
WIDE = np.array([-800.0, -31.0, -6.0, -3.4, -1.0, 0.0, 1e-3, 2.0, 5.9, 40.0, 800.0])


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("sigmoid", special.expit),
        ("softplus", lambda x: np.logaddexp(0, x)),
        ("softsign", lambda x: x / (1 + abs(x))),
        ("hard_sigmoid", lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
        ("relu", lambda x: np.maximum(x, 0)),
        ("elu", lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))),
        ("selu", lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))),
    ],
)
def test_activations(check, name, formula):
    x = T.dvector("x")
    value = WIDE[1:-1] if name in ("elu", "selu") else WIDE
    check(getattr(nnet, name)(x), {x: value}, formula(value), rtol=1e-12)


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "softsign", "hard_sigmoid", "ultra_fast_sigmoid"])
@pytest.mark.parametrize(("dtype", "result"), [("int8", "float32"), ("int64", "float64"), ("float32", "float32")])
def test_activations_upgrade_to_float(name, dtype, result):
    assert getattr(nnet, name)(T.vector(dtype=dtype)).dtype == result


def test_ultra_fast_sigmoid_is_close_and_flat(run):
    x = T.dvector("x")
    value = np.linspace(-20, 20, 4001)
    out = run(nnet.ultra_fast_sigmoid(x), {x: value})
    assert np.abs(out - special.expit(value)).max() < 0.02
    assert len(np.unique(out[value >= 6])) == len(np.unique(out[value <= -6])) == 1
    assert (np.diff(out) >= 0).all()


@pytest.mark.parametrize("alpha", [0, 0.3, 1, np.array([0.0, 0.5, 2.0])], ids=str)
def test_relu_slopes(check, alpha):
    x = T.dmatrix("x")
    value = X[:, :3]
    check(nnet.relu(x, alpha), {x: value}, np.where(value > 0, value, value * alpha))


def test_softmax_forms(check):
    x, b = T.dmatrix("x"), T.dvector("b")
    check(nnet.softmax(x), {x: X}, special.softmax(X, 1))
    check(nnet.logsoftmax(x), {x: X}, special.log_softmax(X, 1))
    check(nnet.softmax_with_bias(x, b), {x: X, b: B}, special.softmax(X + B, 1))
    check(nnet.softmax_graph(x), {x: X}, special.softmax(X, 1))


def test_softmax_does_not_overflow(check):
    x = T.dmatrix("x")
    value = np.array([[1000.0, 0.0, -1000.0]])
    check(nnet.softmax(x), {x: value}, [[1.0, 0.0, 0.0]])
    check(nnet.logsoftmax(x), {x: value}, [[0.0, -1000.0, -2000.0]])


def test_softmax_of_no_columns_or_rows(check):
    x = T.dmatrix("x")
    for shape in ((0, 3), (2, 0)):
        check(nnet.softmax(x), {x: np.zeros(shape)}, np.zeros(shape))


def test_softmax_of_a_vector_is_one_row_and_warns(check):
    x = T.dvector("x")
    with pytest.warns(DeprecationWarning, match="matrix"):
        out = nnet.softmax(x)
    check(out, {x: B}, special.softmax(B)[None])
    with pytest.warns(UserWarning, match="length 1"):
        nnet.softmax(T.dcol())


@pytest.mark.parametrize("bad", [lambda: T.lmatrix(), lambda: T.dtensor3(), lambda: T.dscalar()])
def test_softmax_needs_a_float_matrix(bad):
    for function in (nnet.softmax, nnet.logsoftmax):
        with pytest.raises(ValueError, match="float matrix"):
            function(bad())


def test_softmax_grad_is_the_jacobian_product(check):
    dy, sm = T.dmatrix("dy"), T.dmatrix("sm")
    p, g = special.softmax(X, 1), R.randn(*X.shape)
    expected = np.stack([(np.diag(row) - np.outer(row, row)) @ d for row, d in zip(p, g, strict=True)])
    check(nnet.softmax_grad(dy, sm), {dy: g, sm: p}, expected, rtol=1e-10)


def test_softmax_bias_length(run):
    x, b = T.dmatrix("x"), T.dvector("b")
    with pytest.raises(ValueError, match="bias"):
        run(nnet.softmax_with_bias(x, b), {x: X, b: B[:2]})


@pytest.mark.parametrize("label_dtype", ["int8", "int32", "int64"])
def test_fused_softmax_crossentropy(check, label_dtype):
    x, b, y = T.dmatrix("x"), T.dvector("b"), T.vector("y", label_dtype)
    feed = {x: X, b: B, y: LABELS.astype(label_dtype)}
    log_p = special.log_softmax(X + B, 1)
    nll, sm, am = nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y)
    check(nll, feed, -log_p[np.arange(4), LABELS])
    check(sm, feed, np.exp(log_p), rtol=1e-10)
    check(am, feed, log_p.argmax(1).astype(label_dtype))


def test_fused_forms_agree(check):
    x, y = T.dmatrix("x"), T.lvector("y")
    log_p = special.log_softmax(X, 1)
    nll, sm, highest, position = nnet.crossentropy_softmax_max_and_argmax_1hot(x, y)
    feed = {x: X, y: LABELS}
    for ours, theirs in (
        (nll, -log_p[np.arange(4), LABELS]),
        (sm, np.exp(log_p)),
        (highest, np.exp(log_p).max(1)),
        (position, log_p.argmax(1)),
        (nnet.crossentropy_softmax_1hot(x, y)[1], np.exp(log_p)),
    ):
        check(ours, feed, theirs, rtol=1e-10)


@pytest.mark.parametrize("dy", [2.0, np.array([1.0, 2.0, 3.0, 4.0])], ids=["scalar", "vector"])
def test_fused_gradient(check, dy):
    g, sm, y = T.TensorType("float64", (False,) * np.ndim(dy))("g"), T.dmatrix("sm"), T.lvector("y")
    p = special.softmax(X, 1)
    expected = np.broadcast_to(dy, (4,))[:, None] * (p - np.eye(5)[LABELS])
    check(nnet.crossentropy_softmax_1hot_with_bias_dx(g, sm, y), {g: dy, sm: p, y: LABELS}, expected)


def test_labels_are_checked(run):
    x, b, y, d = T.dmatrix("x"), T.dvector("b"), T.lvector("y"), T.dscalar("d")
    losses = (
        nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y)[0],
        nnet.crossentropy_categorical_1hot(x, y),
        nnet.crossentropy_softmax_1hot_with_bias_dx(d, x, y),
    )
    for labels in ([-1, 0, 0, 0], [5, 0, 0, 0], [0, 0]):
        for loss in losses:
            with pytest.raises(ValueError, match="label"):
                run(loss, {x: X, b: B, y: labels, d: 1.0})


@pytest.mark.parametrize(
    "bad",
    [
        lambda: nnet.crossentropy_softmax_argmax_1hot_with_bias(T.lmatrix(), T.dvector(), T.lvector()),
        lambda: nnet.crossentropy_softmax_argmax_1hot_with_bias(T.dmatrix(), T.dmatrix(), T.lvector()),
        lambda: nnet.crossentropy_softmax_argmax_1hot_with_bias(T.dmatrix(), T.dvector(), T.dvector()),
        lambda: nnet.crossentropy_softmax_1hot_with_bias_dx(T.dmatrix(), T.dmatrix(), T.lvector()),
    ],
)
def test_fused_operands_at_build(bad):
    with pytest.raises(ValueError):
        bad()


def test_categorical_crossentropy(check):
    p, t, y = T.dmatrix("p"), T.dmatrix("t"), T.lvector("y")
    dist, target = special.softmax(X, 1), special.softmax(X[::-1], 1)
    check(nnet.categorical_crossentropy(p, t), {p: dist, t: target}, -(target * np.log(dist)).sum(1))
    check(nnet.categorical_crossentropy(p, y), {p: dist, y: LABELS}, -np.log(dist[range(4), LABELS]))
    with pytest.raises(TypeError, match="rank"):
        nnet.categorical_crossentropy(p, T.lscalar())
    with pytest.raises(TypeError, match="int32 or int64"):
        nnet.categorical_crossentropy(p, T.bvector())


def test_categorical_gradient_op(check):
    g, p, y = T.dvector("g"), T.dmatrix("p"), T.lvector("y")
    dist, up = special.softmax(X, 1), R.rand(4)
    expected = np.zeros((4, 5))
    expected[range(4), LABELS] = -up / dist[range(4), LABELS]
    check(nnet.crossentropy_categorical_1hot_grad(g, p, y), {g: up, p: dist, y: LABELS}, expected)


def test_binary_crossentropies(check):
    o, t = T.dvector("o"), T.dvector("t")
    p, target = np.array([0.1, 0.5, 0.9]), np.array([0.0, 0.3, 1.0])
    expected = -(target * np.log(p) + (1 - target) * np.log1p(-p))
    check(nnet.binary_crossentropy(o, t), {o: p, t: target}, expected)
    check(nnet.sigmoid_binary_crossentropy(o, t), {o: special.logit(p), t: target}, expected, rtol=1e-6)
    check(
        nnet.sigmoid_binary_crossentropy(o, t),
        {o: [100.0, -100.0, 100.0], t: [1.0, 0.0, 0.0]},
        [np.exp(-100), np.exp(-100), 100.0],
    )


def test_prepend_columns(check):
    m, v = T.dmatrix("m"), T.dscalar("v")
    for out, number in (
        (nnet.prepend_scalar_to_each_row(v, m), 7.0),
        (nnet.prepend_0_to_each_row(m), 0.0),
        (nnet.prepend_1_to_each_row(m), 1.0),
    ):
        check(out, {m: X, v: 7.0}, np.hstack([np.full((4, 1), number), X]))
    with pytest.raises(TypeError, match="flags"):
        nnet.prepend_0_to_each_row(T.drow())


def test_confusion_matrix(run):
    a, p = T.lvectors("ap")
    actual, guess = np.array([0, 1, 2, 1, 4]), np.array([0, 0, 2, 1, 2])
    counts, labels = run(nnet.confusion_matrix(a, p), {a: actual, p: guess})
    assert labels.tolist() == [0, 1, 2, 4]
    expected = [[((actual == i) & (guess == j)).sum() for j in labels] for i in labels]
    np.testing.assert_array_equal(counts, expected)
    with pytest.raises(ValueError, match="vector"):
        nnet.confusion_matrix(T.lmatrix(), p)


def test_h_softmax_targets_match_the_full_matrix(run):
    x, y = T.dmatrix("x"), T.lvector("y")
    weights = [R.randn(5, 3), R.randn(3), R.randn(3, 5, 2), R.randn(3, 2)]
    sizes = (4, 6, 3, 2)
    full, picked = run(
        [nnet.h_softmax(x, *sizes, *weights), nnet.h_softmax(x, *sizes, *weights, target=y)],
        {x: X, y: [0, 5, 3, 2]},
    )
    np.testing.assert_allclose(full.sum(1), 1)
    np.testing.assert_allclose(picked, full[range(4), [0, 5, 3, 2]])


@pytest.mark.parametrize(("axes", "over"), [("per-activation", (0,)), ("spatial", (0, 2)), ((0, 1), (0, 1))])
def test_batch_normalization(run, axes, over):
    x = T.dtensor3("x")
    value = R.randn(3, 4, 2)
    kept = tuple(n for i, n in enumerate(value.shape) if i not in over)
    make = T.TensorType("float64", (False,) * len(kept))
    params = [make(name) for name in ("gamma", "beta", "rm", "rv")]
    gamma, beta, rm, rv = numbers = [R.rand(*kept) + 0.5 for _ in params]
    outs = nnet.bn.batch_normalization_train(x, *params[:2], axes, running_mean=params[2], running_var=params[3])
    out, mean, invstd, new_mean, new_var = run(outs, {x: value, **dict(zip(params, numbers, strict=True))})
    back = [1 if i in over else n for i, n in enumerate(value.shape)]
    m, v = value.mean(over), value.var(over)
    count = value.size / m.size
    wide = [p.reshape(back) for p in (gamma, beta, m, v)]
    np.testing.assert_allclose(out, (value - wide[2]) / np.sqrt(wide[3] + 1e-4) * wide[0] + wide[1])
    np.testing.assert_allclose(mean, m, atol=1e-12)
    np.testing.assert_allclose(invstd, 1 / np.sqrt(v + 1e-4))
    np.testing.assert_allclose(new_mean, 0.9 * rm + 0.1 * m)
    np.testing.assert_allclose(new_var, 0.9 * rv + 0.1 * v * count / (count - 1))
    test = nnet.bn.batch_normalization_test(x, *params, axes)
    found = run(test, {x: value, **dict(zip(params, numbers, strict=True))})
    wide = [p.reshape(back) for p in numbers]
    np.testing.assert_allclose(found, (value - wide[2]) / np.sqrt(wide[3] + 1e-4) * wide[0] + wide[1])


def test_batch_normalization_arguments(check):
    x, p = T.dmatrix("x"), T.dvector("p")
    for bad in (
        lambda: nnet.batch_normalization(x, p, p, p, p, mode="fast"),
        lambda: nnet.bn.batch_normalization_train(x, p, p, axes="rows"),
        lambda: nnet.bn.batch_normalization_train(x, p, p, axes=(0, 0)),
        lambda: nnet.bn.batch_normalization_train(x, p, p, epsilon=1e-9),
        lambda: nnet.bn.batch_normalization_train(x, p, p, running_mean=p),
        lambda: nnet.bn.batch_normalization_test(x, T.dtensor3(), p, p, p),
    ):
        with pytest.raises(ValueError):
            bad()
    check(nnet.batch_normalization(x, 2.0, 1.0, 3.0, 4.0), {x: X}, (X - 3) * 2 / 4 + 1)
