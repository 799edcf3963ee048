"""Exceptions of the whole library, and the text form that they share.

Every message says three things: what was asked, what was found, and what to do.  `explain` puts them together so
that the first line stays stable (tests and users may match it) and the rest may grow.

Two families are kept apart: `UserError` blames the program that uses Theano, `OpDefinitionError` blames the author
of an op.  Classes known from classic Theano keep their names and built-in bases; each also is a `TheanoError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = [
    "AliasedMemoryError",
    "AlreadyThere",
    "AsTensorError",
    "BadOptimization",
    "CachedConstantError",
    "ComplexError",
    "ConfigError",
    "DebugModeError",
    "DisconnectedInputError",
    "DuplicateRegistrationError",
    "GradientError",
    "InconsistencyError",
    "IntegerDivisionError",
    "MethodNotDefined",
    "MissingInputError",
    "MissingPackageAttributeError",
    "MissingPackageError",
    "MissingPackageImportError",
    "NotScalarConstantError",
    "NullTypeGradError",
    "OpDefinitionError",
    "PluginWarning",
    "ReplacementDidntRemovedError",
    "ShapeError",
    "TheanoConfigWarning",
    "TheanoError",
    "UnknownOptionError",
    "UnusedInputError",
    "UserError",
    "add_to_message",
    "explain",
]


def explain(asked: str, found: str, do: str) -> str:
    """Build the text of an error: what was asked, what was found, what to do.

    >>> print(explain("floatX=float8", "float8 is not a dtype of Theano", "use float32 or float64"))
    floatX=float8: float8 is not a dtype of Theano
      Do: use float32 or float64
    """
    return f"{asked}: {found}\n  Do: {do}"


class KeyText(str):
    """The argument of a KeyError, which shows the repr of what it is given."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def add_to_message(error: BaseException, text: str) -> None:
    """Let ``str(error)`` end with the lines `text`; where the class does not allow it, the error gets a note.

    >>> error = KeyError("a")
    >>> add_to_message(error, "(in step 3)")
    >>> print(error)
    'a'
    (in step 3)
    """
    before, message = error.args, f"{error}\n{text}"
    if len(before) == 1:
        error.args = (KeyText(message) if isinstance(error, KeyError) else message,)
        if str(error) == message:
            return
        error.args = before
    error.add_note(text)


class TheanoError(Exception):
    """Base of all exceptions that Theano defines."""


class UserError(TheanoError):
    """The program that uses Theano asked for something impossible."""


class OpDefinitionError(TheanoError, TypeError):
    """An op breaks the contract between ops and the graph; its author has to change it."""


class ConfigError(UserError, ValueError):
    """An option of ``theano.config`` is unknown, has a value it cannot take, or may no longer change."""


class UnknownOptionError(UserError, AttributeError, AssertionError):
    """There is no option of this name; the classic bases of reading and of ``change_flags`` are both kept."""


class MissingPackageError(UserError):
    """A name belongs to a Theano distribution that is not installed; see the two classes below."""


class MissingPackageAttributeError(MissingPackageError, AttributeError):
    """``theano.name`` was read: an `AttributeError`, so that ``hasattr(theano, name)`` is False."""


class MissingPackageImportError(MissingPackageError, ImportError):
    """``from theano import name`` was run."""


class DuplicateRegistrationError(TheanoError, ValueError):
    """Two registrations claim the same place; the message names both origins."""


class MissingInputError(UserError):
    """A graph depends on a variable that is neither an input, nor constant, nor shared.

    Parameters
    ----------
    *args : object
        As for any exception; the first is the message.
    variable : Variable, optional
        The variable that has no value; its creation trace is added to the message.
    """

    def __init__(self, *args: Any, variable: Any = None) -> None:
        self.variable = variable
        if variable is not None and args:
            trace = import_module("theano.graph.trace").format_trace(variable)  # by name: graphs stand above errors
            if trace:
                args = (f"{args[0]}\n\nBacktrace when that variable is created:\n\n{trace}", *args[1:])
        super().__init__(*args)


class UnusedInputError(UserError):
    """An input of a function is not used by any output or update."""


class AliasedMemoryError(TheanoError):
    """Values that must have separate memory share it."""


class InconsistencyError(TheanoError):
    """A graph has a cycle, or destroys a value that is still needed."""


class CachedConstantError(TheanoError):
    """A constant of the constant cache was put in a graph that needs its own constants."""


class MethodNotDefined(TheanoError):
    """An op or a type does not define an optional method; a caller is expected to catch this."""


class DebugModeError(TheanoError):
    """Base of the errors that DebugMode reports about ops and rewrites."""


class BadOptimization(DebugModeError):
    """A rewrite replaced a variable by one with another value.

    Parameters
    ----------
    old_r, new_r : Variable
        The variable and its replacement.
    old_r_val, new_r_val : object
        Their values.
    reason : str or rewrite
        What made the replacement.
    old_graph, new_graph : str
        The graphs before and after, as text.
    """

    def __init__(
        self,
        old_r: Any,
        new_r: Any = None,
        old_r_val: Any = None,
        new_r_val: Any = None,
        reason: Any = None,
        old_graph: str = "",
        new_graph: str = "",
    ) -> None:
        super().__init__(old_r, new_r, old_r_val, new_r_val, reason, old_graph, new_graph)
        self.old_r, self.new_r = old_r, new_r
        self.old_r_val, self.new_r_val = old_r_val, new_r_val
        self.reason = reason
        self.old_graph, self.new_graph = old_graph, new_graph

    def __str__(self) -> str:
        if self.new_r is None:
            return str(self.old_r)
        text = explain(
            f"replacing {self.old_r} by {self.new_r} (reason: {self.reason})",
            f"the value was {self.old_r_val!r}, it became {self.new_r_val!r}",
            "exclude this rewrite with theano.config.optimizer_excluding, and report it",
        )
        graphs = [("old graph", self.old_graph), ("new graph", self.new_graph)]
        return "\n".join([text, *(f"  {title}:\n{graph}" for title, graph in graphs if graph)])


class ReplacementDidntRemovedError(TheanoError):
    """After a replacement, a node that should be gone is still in the graph."""


class AlreadyThere(TheanoError):
    """A feature refuses to be attached, because the graph already has an equal one."""


class DisconnectedInputError(UserError, ValueError):
    """The gradient was asked with respect to a variable that the cost does not depend on."""


class NullTypeGradError(UserError, TypeError):
    """A gradient is undefined or not implemented, and the cost depends on it."""


class GradientError(TheanoError):
    """A symbolic gradient differs from the numeric one.

    Parameters
    ----------
    arg, err_pos : int
        Which input, and the flat position in it, is worst.
    shape : tuple of int
        Shape of that input.
    val1, val2 : float
        The symbolic and the numeric gradient at that place.
    abs_err, rel_err, abs_tol, rel_tol : float
        Errors found and errors allowed.
    """

    def __init__(
        self,
        arg: Any,
        err_pos: Any = None,
        shape: Any = None,
        val1: Any = None,
        val2: Any = None,
        abs_err: Any = None,
        rel_err: Any = None,
        abs_tol: Any = None,
        rel_tol: Any = None,
    ) -> None:
        super().__init__(arg, err_pos, shape, val1, val2, abs_err, rel_err, abs_tol, rel_tol)
        self.arg, self.err_pos, self.shape = arg, err_pos, shape
        self.val1, self.val2 = val1, val2
        self.abs_err, self.rel_err = abs_err, rel_err
        self.abs_tol, self.rel_tol = abs_tol, rel_tol

    def __str__(self) -> str:
        if self.err_pos is None:
            return str(self.arg)
        return explain(
            f"gradient of input {self.arg} (shape {self.shape}) at flat position {self.err_pos}",
            f"symbolic value {self.val1!r}, numeric value {self.val2!r}: absolute error {self.abs_err!r} "
            f"(allowed {self.abs_tol!r}), relative error {self.rel_err!r} (allowed {self.rel_tol!r})",
            "correct the gradient rule, or stay away from points where the function is not differentiable",
        )


class NotScalarConstantError(TheanoError):
    """A variable is not a scalar constant that can be known while the graph is built."""


class ShapeError(TheanoError):
    """The shape of a variable cannot be computed."""


class ComplexError(TheanoError, NotImplementedError):
    """An operation is not defined for complex numbers."""


class IntegerDivisionError(TheanoError):
    """Two integers were divided while ``theano.config.int_division`` is "raise"."""


class AsTensorError(TheanoError, TypeError):
    """A value cannot become a tensor variable."""


class TheanoConfigWarning(Warning):
    """A configuration source holds something that was ignored."""


class PluginWarning(RuntimeWarning):
    """A plugin could not be loaded, or failed while it registered its parts."""
