"""NanGuardMode: where bad numbers come from."""

import numpy as np
import pytest
from small_ops import add, mul, number, vector

from theano.compile import function, get_mode
from theano.compile.nanguardmode import NanGuardMode, contains_inf, contains_nan, flatten
from theano.configuration import change_flags


def guard(**options):
    return NanGuardMode(
        **{"nan_is_error": False, "inf_is_error": False, "big_is_error": False, **options}, optimizer=None
    )


def test_good_numbers_pass():
    x = vector("x")
    f = function([x], add(x, 1), guard(nan_is_error=True, inf_is_error=True, big_is_error=True))
    assert list(f([1.0, 2.0])) == [2, 3]
    assert list(f([])) == []


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("nan_is_error", np.nan, "NaN detected"),
        ("inf_is_error", -np.inf, "Inf detected"),
        ("big_is_error", 2e10, "Big value detected"),
    ],
)
def test_inputs_are_checked(option, value, words):
    x = vector("x")
    f = function([x], add(x, 1), guard(**{option: True}))
    with pytest.raises(AssertionError) as caught:
        f([1.0, value])
    text = str(caught.value)
    assert text.startswith(f"{words}\nIn a graph input: x of Array(1d)")
    assert "Add [id A]" in text
    assert __file__ in text


def test_results_of_nodes_are_checked():
    x = number("x")
    f = function([x], mul(mul(x, 1e9), 1e9), guard(big_is_error=True))
    assert f(1e-9) == 1e9
    with pytest.raises(AssertionError, match=r"^Big value detected\nIn a node output: Mul\.out"):
        f(100.0)


def test_several_kinds_at_once_and_tags_that_switch_the_check_off():
    x = vector("x")
    y = add(x, 1)
    f = function([x], y, guard(nan_is_error=True, inf_is_error=True))
    with pytest.raises(AssertionError, match=r"^NaN detected\nInf detected\n"):
        f([np.nan, np.inf])
    x.tag.nan_guard_mode_check = y.tag.nan_guard_mode_check = False
    assert np.isnan(function([x], y, guard(nan_is_error=True))([np.nan])[0])


def test_a_warning_instead_of_an_error():
    x = number("x")
    f = function([x], add(x, 1), guard(nan_is_error=True))
    with change_flags([("NanGuardMode.action", "warn")]), pytest.warns(UserWarning, match="NaN detected"):
        assert np.isnan(f(np.nan))


def test_something_must_be_looked_for():
    with pytest.raises(AssertionError, match="nothing to look for"):
        guard()
    assert get_mode("NanGuardMode").inf_is_error


def test_values_without_numbers_pass():
    for value in (None, slice(1), np.random.RandomState(0), np.zeros(0), np.array([1]), "text"):
        assert not contains_nan(value)
        assert not contains_inf(value)
    assert flatten([1, [2, (3, [4])], 5]) == [1, 2, 3, 4, 5]
