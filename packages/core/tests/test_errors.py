"""Exceptions: their bases, their texts, and that each can be pickled."""

import pickle

import pytest

from theano import errors
from theano.errors import explain

CLASSIC_BASES = {
    "AsTensorError": TypeError,
    "ComplexError": NotImplementedError,
    "DisconnectedInputError": ValueError,
    "NullTypeGradError": TypeError,
    "OpDefinitionError": TypeError,
    "ConfigError": ValueError,
    "UnknownOptionError": AttributeError,
    "MissingPackageAttributeError": AttributeError,
    "MissingPackageImportError": ImportError,
    "TheanoConfigWarning": Warning,
    "PluginWarning": RuntimeWarning,
}
CLASSES = [getattr(errors, name) for name in errors.__all__ if name not in ("add_to_message", "explain")]


def test_explain_keeps_the_first_line_stable_and_says_what_to_do():
    text = explain("join", "input 2 has 3 dimensions", "add an axis")
    assert text.splitlines() == ["join: input 2 has 3 dimensions", "  Do: add an axis"]


@pytest.mark.parametrize(("name", "base"), CLASSIC_BASES.items())
def test_classic_bases_are_kept(name, base):
    assert issubclass(getattr(errors, name), base)


@pytest.mark.parametrize("cls", [c for c in CLASSES if not issubclass(c, Warning)], ids=lambda c: c.__name__)
def test_every_error_is_a_theano_error_with_a_docstring(cls):
    assert issubclass(cls, errors.TheanoError)
    assert cls.__doc__


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_error_keeps_its_message_through_pickle(cls):
    copy = pickle.loads(pickle.dumps(cls("some message")))
    assert type(copy) is cls
    assert str(copy) == "some message"


def test_user_errors_and_op_errors_are_different_families():
    assert not issubclass(errors.UserError, errors.OpDefinitionError)
    assert not issubclass(errors.OpDefinitionError, errors.UserError)
    assert issubclass(errors.MissingInputError, errors.UserError)


def test_missing_input_error_keeps_the_variable():
    assert errors.MissingInputError("text").variable is None
    from theano.graph import generic

    variable = generic("v")
    error = errors.MissingInputError("text", variable=variable)
    assert error.variable is variable
    assert str(error).startswith("text")


def test_gradient_error_shows_place_and_tolerances():
    error = errors.GradientError(1, 3, (2, 2), 0.5, 0.75, 0.25, 0.1, 1e-4, 1e-5)
    assert "input 1" in str(error)
    assert "flat position 3" in str(error)
    assert "0.25" in str(error)
    assert "0.0001" in str(error)
    assert pickle.loads(pickle.dumps(error)).abs_err == 0.25


def test_bad_optimization_names_reason_and_values():
    error = errors.BadOptimization("old", "new", 1, 2, reason="local_wrong", old_graph="OLD", new_graph="NEW")
    text = str(error)
    assert "local_wrong" in text
    assert "was 1, it became 2" in text
    assert text.index("OLD") < text.index("NEW")
    assert isinstance(error, errors.DebugModeError)
