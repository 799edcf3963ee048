"""What `scan` says about bad arguments and about steps that go wrong."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import MissingInputError
from theano.scan_module import scan, until

x, m, n = T.dvector("x"), T.dmatrix("m"), T.lscalar("n")
zero = T.constant(0.0, dtype="float64")


def keep(row, *past):
    return row


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"fn": keep}, ValueError, "number of steps"),
        ({"fn": 3, "sequences": x}, ValueError, "not callable"),
        ({"fn": keep, "sequences": x, "n_steps": T.dscalar("k")}, ValueError, "n_steps=k"),
        ({"fn": keep, "sequences": x, "n_steps": 2.5}, ValueError, "n_steps=2.5"),
        ({"fn": keep, "sequences": T.dscalar("s")}, ValueError, "sequence 0"),
        ({"fn": keep, "sequences": {"input": x, "tap": [0]}}, ValueError, "unknown keys"),
        ({"fn": keep, "sequences": {"input": x, "taps": [0.5]}}, ValueError, "taps"),
        ({"fn": keep, "sequences": x, "outputs_info": {"taps": [-1]}}, ValueError, "no initial value"),
        (
            {"fn": keep, "sequences": x, "outputs_info": {"initial": x, "taps": [0]}},
            ValueError,
            "negative and distinct",
        ),
        ({"fn": keep, "sequences": x, "outputs_info": {"initial": x, "taps": [-1, -1]}}, ValueError, "distinct"),
        ({"fn": keep, "sequences": x, "outputs_info": {"initial": zero, "taps": [-2]}}, ValueError, "no dimensions"),
        (
            {"fn": keep, "sequences": x, "outputs_info": {"initial": zero, "return_steps": 1}},
            ValueError,
            "return_steps",
        ),
        ({"fn": lambda r: (r, r), "sequences": x, "outputs_info": [None]}, ValueError, "None for those"),
        ({"fn": lambda r: 3.0, "sequences": x}, ValueError, "tensor.constant"),
        ({"fn": lambda r: [r, np.ones(2)], "sequences": x}, ValueError, "tensor.constant"),
        ({"fn": lambda r, s: r + s, "sequences": x, "non_sequences": object()}, ValueError, r"non_sequences\[0\]"),
    ],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        scan(**arguments)


def test_updates_come_after_outputs():
    shared = theano.shared(np.float64(0))
    with pytest.raises(ValueError, match="updates first"):
        scan(lambda row: ({shared: shared + 1}, row), x)


def test_a_result_of_another_dtype_names_both():
    with pytest.raises(ValueError, match=r"float32.*float64.*cast the initial value up") as caught:
        scan(lambda row, s: row + s, x, T.constant(0.0, dtype="float32", name="start"))
    assert "start[t-1]" in str(caught.value)
    assert "test_scan_errors.py" in str(caught.value)


def test_a_result_of_another_rank():
    with pytest.raises(ValueError, match="number of dimensions"):
        scan(lambda row, s: row + s, m, zero)


def test_a_result_of_another_broadcast_pattern():
    with pytest.raises(TypeError, match="unbroadcast"):
        scan(lambda row, s: row + s.sum(), m, T.zeros((1,), dtype="float64"))


def test_an_update_of_another_type():
    shared = theano.shared(np.float32(0), "small")
    with pytest.raises(TypeError, match="small"):
        scan(lambda row: {shared: row}, x)


def test_strict_wants_shared_variables_listed():
    w = theano.shared(np.float64(2), "w")
    with pytest.raises(MissingInputError, match="w of"):
        scan(lambda row: row * w, x, strict=True)
    out, _ = scan(lambda row, w: row * w, x, non_sequences=w, strict=True)
    assert out.eval({x: [1.0, 2.0]}).tolist() == [2.0, 4.0]


def test_the_condition_of_until_is_one_number():
    with pytest.raises(TypeError, match="scalar condition"):
        scan(lambda row: (row, until(row > 0)), m)


def test_a_sequence_that_is_too_short():
    out, _ = scan(lambda row: row, x, n_steps=n)
    f = theano.function([x, n], out)
    with pytest.raises(ValueError, match=r"5 steps.*shape \(3,\)"):
        f(np.zeros(3), 5)
    with pytest.raises(IndexError, match="negative"):
        f(np.zeros(3), -2)


def test_too_few_initial_rows():
    out, _ = scan(lambda a, b: a + b, outputs_info={"initial": x, "taps": [-2, -1]}, n_steps=3)
    f = theano.function([x], out)
    with pytest.raises(AssertionError, match="fewer than 2 rows"):
        f([1.0])
    with pytest.raises(ValueError, match="fewer than 2 rows"):
        scan(lambda a, b: a + b, outputs_info={"initial": T.constant([1.0]), "taps": [-2, -1]}, n_steps=3)


@pytest.mark.parametrize("fed_back", [True, False])
def test_a_shape_that_changes_between_steps(fed_back):
    k = T.lvector("k")
    start = [T.zeros((2,), dtype="int64")] if fed_back else None
    out, _ = scan(lambda row, *past: T.arange(row), k, start)
    f = theano.function([k], out, mode=theano.Mode("py", None))
    assert f([2, 2]).tolist() == [[0, 1], [0, 1]]
    with pytest.raises(ValueError, match=r"step 1.*\(3,\).*\(2,\)"):
        f([2, 3])


def test_an_error_in_the_step_tells_which_step():
    out, _ = scan(lambda row: T.zeros((4,), dtype="float64")[row], T.lvector("k"))
    f = theano.function([theano.graph.graph_inputs([out])[0]], out)
    with pytest.raises(IndexError) as caught:
        f([1, 2, 9])
    told = str(caught.value) + "".join(getattr(caught.value, "__notes__", ()))
    assert "step 2" in told
    assert "test_scan_errors.py" in told


def test_shared_variables_keep_their_values_when_a_step_fails():
    counter = theano.shared(np.float64(0), "counter")
    k = T.lvector("k")
    out, updates = scan(lambda row: (T.zeros((4,), dtype="float64")[row], {counter: counter + 1}), k)
    f = theano.function([k], out, updates=updates)
    with pytest.raises(IndexError):
        f([1, 9])
    assert counter.get_value() == 0
    f([1, 2])
    assert counter.get_value() == 2


def test_results_do_not_alias_initial_values():
    out, _ = scan(lambda row, s: s, m, m[0])
    value = np.ones((3, 2))
    f = theano.function([theano.In(m, borrow=True)], theano.Out(out, borrow=True))
    f(value)[...] = 5
    assert (value == 1).all()


@pytest.mark.parametrize("infos", [[zero], [None, zero]])
def test_a_step_that_takes_another_number_of_arguments(infos):
    step = lambda row: row  # noqa: E731
    with pytest.raises(TypeError) as caught:
        scan(step, m, infos, [x])
    told = str(caught.value)
    assert "scan: call the step (written at" in told
    assert "test_scan_errors.py:" in told
    assert "with 3 arguments: m[t], " in told
    assert "takes 1 positional argument but 3 were given" in told
    assert "Do: let it take rows of sequences" in told


def test_a_type_error_inside_a_step_stays_what_it_is():
    def step(row):
        return len(3)

    with pytest.raises(TypeError, match=r"^object of type 'int' has no len\(\)$"):
        scan(step, m)


def test_strict_looks_behind_what_is_made_of_shared_variables():
    w = theano.shared(np.ones(3), "w")
    with pytest.raises(MissingInputError, match="w of"):
        scan(lambda row: row * w.sum(), x, strict=True)
    doubled = w * 2
    out, _ = scan(lambda row, v: row * v.sum(), x, non_sequences=doubled, strict=True)
    assert out.eval({x: [1.0, 2.0]}).tolist() == [6.0, 12.0]


def test_a_state_of_another_rank_and_dtype_is_told_both():
    with pytest.raises(ValueError, match=r"(?s)0 and 1 dimensions.*same number of dimensions.*same dtype"):
        scan(lambda row, h: h + row, m, T.constant(0.0, dtype="float32"))


def test_a_number_of_steps_below_zero():
    with pytest.raises(ValueError, match=r"n_steps=-3: a negative number"):
        scan(lambda h: h * 2, outputs_info=T.constant(1.0), n_steps=-3)
