"""The tester of shape rules; it needs the rewriting that asks them."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tests import unittest_tools as utt


class NoShape(theano.Op):
    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0][:1]


class WrongShape(NoShape):
    def infer_shape(self, node, shapes):
        return shapes


class RightShape(NoShape):
    def infer_shape(self, node, shapes):
        return [(1, shapes[0][1])]


def check(op, value, **options):
    x = T.dmatrix("x")
    tester = utt.InferShapeTester("_compile_and_check")
    tester.setUp()
    tester._compile_and_check([x], [op(x)], [value], type(op), **options)


def test_infer_shape_tester():
    value = np.ones((3, 4))
    check(RightShape(), value)
    with pytest.raises(AssertionError, match="shapes as those of the values"):
        check(WrongShape(), value)
    with pytest.raises(AssertionError, match="shapes without the op"):
        check(NoShape(), value)
    check(NoShape(), value, check_topo=False)
    with pytest.warns(UserWarning, match="hide which"):
        check(RightShape(), np.ones((3, 3)))
