"""Chains of 100 000 nodes at the default recursion limit, and growth that stays linear."""

from __future__ import annotations

import copy
import io
import pickle
import sys

import numpy as np

import theano
from theano import tensor

PYTHON = theano.Mode("py", None)


def chain(length):
    x = tensor.dscalar("x")
    y = x
    for _ in range(length // 2):
        y = tensor.sin(y) + x
    return x, y


def test_a_chain_of_100_000_nodes_goes_all_the_way():
    assert sys.getrecursionlimit() <= 1000
    x, y = chain(100_000)
    gradient = theano.grad(y, x)
    f = theano.function([x], [y, gradient], mode=PYTHON)
    value, slope = f(0.5)
    by_hand, derivative = 0.5, 1.0
    for _ in range(50_000):
        derivative = np.cos(by_hand) * derivative + 1
        by_hand = np.sin(by_hand) + 0.5
    assert np.isclose(value, by_hand)
    assert np.isclose(slope, derivative)
    text = io.StringIO()
    theano.printing.debugprint(y, file=text)
    assert text.getvalue().count("\n") >= 100_000
    x2, y2 = pickle.loads(pickle.dumps((x, y)))
    assert np.isclose(theano.function([x2], y2, mode=PYTHON)(0.5), by_hand)


def test_copies_of_long_chains():
    x, y = chain(20_000)
    x2, y2 = copy.deepcopy((x, y))
    assert x2 is not x
    assert len(theano.printing.pp(y2)) > 20_000
    f = theano.function([x], y, mode=PYTHON)
    assert np.isclose(pickle.loads(pickle.dumps(f))(0.5), f(0.5))


def work_of(action):
    """How many calls `action` makes, of Python and C functions alike: unlike time, the same in every run."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def test_work_grows_linearly():
    """Four times the nodes make four times the calls."""

    def compile_chain(length):
        x, y = chain(length)
        theano.function([x], [y, theano.grad(y, x)], mode=PYTHON)

    compile_chain(100)
    small, large = (work_of(lambda n=n: compile_chain(n)) for n in (1_000, 4_000))
    assert large < 4.5 * small


def test_rewriting_grows_linearly():
    def rewrite_chain(length):
        x, y = chain(length)
        theano.function([x], y, mode=theano.Mode("py", "fast_run"))

    rewrite_chain(50)
    small, large = (work_of(lambda n=n: rewrite_chain(n)) for n in (200, 800))
    assert large < 4.8 * small
