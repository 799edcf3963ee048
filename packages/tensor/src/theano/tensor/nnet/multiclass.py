"""Many classes: two-level softmax and confusion matrices."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph import Variable
from theano.tensor.conversion import as_tensor_variable

__all__ = ["confusion_matrix", "h_softmax"]


def h_softmax(
    x: Any,
    batch_size: int,
    n_outputs: int,
    n_classes: int,
    n_outputs_per_class: int,
    W1: Any,
    b1: Any,
    W2: Any,
    b2: Any,
    target: Any = None,
) -> Variable:
    """Softmax over `n_classes` groups, then over the outputs of a group.

    Parameters
    ----------
    x : TensorVariable, (batch_size, features)
    batch_size, n_outputs, n_classes, n_outputs_per_class : int
    W1 : (features, n_classes);  b1 : (n_classes,)
    W2 : (n_classes, features, n_outputs_per_class);  b2 : (n_classes, n_outputs_per_class)
    target : integer vector, (batch_size,), optional

    Returns
    -------
    TensorVariable
        With `target` the (batch_size,) probabilities of the targets, else the (batch_size, n_outputs) matrix. Label l
        belongs to group ``l // n_outputs_per_class``.

    Source: Goodman, Classes for fast maximum entropy training, 2001.
    """
    # lazy: these stand beside this package
    from theano.tensor import arange, batched_dot, dot, tensordot
    from theano.tensor.nnet.softmax import softmax, softmax_graph

    x, W1, b1, W2, b2 = (as_tensor_variable(v) for v in (x, W1, b1, W2, b2))
    group_probs = softmax(dot(x, W1) + b1)
    if target is None:
        logits = tensordot(x, W2, (1, 1)) + b2
        probs = group_probs.dimshuffle(0, 1, "x") * softmax_graph(logits)
        flat = probs.reshape((batch_size, n_classes * n_outputs_per_class))
        return flat[:, :n_outputs]
    target = as_tensor_variable(target).flatten()
    group, position = target // n_outputs_per_class, target % n_outputs_per_class
    logits = batched_dot(x.dimshuffle(0, "x", 1), W2.take(group, axis=0))[:, 0, :] + b2.take(group, axis=0)
    rows = arange(batch_size)
    return group_probs[rows, group] * softmax_graph(logits)[rows, position]


def confusion_matrix(actual: Any, pred: Any) -> list[Variable]:
    """Counts of each actual label met by each predicted label.

    Parameters
    ----------
    actual, pred : TensorVariable, (n,)

    Returns
    -------
    list
        ``[counts, labels]``: the sorted distinct labels of both vectors, and the int64 matrix whose entry (i, j) says
        how often actual label i met predicted label j.
    """
    # lazy: these stand beside this package
    from theano.tensor import cast, concatenate, dot, eq
    from theano.tensor.extra_ops import Unique

    actual, pred = as_tensor_variable(actual), as_tensor_variable(pred)
    for name, part in (("actual", actual), ("pred", pred)):
        if part.type.ndim != 1:
            raise ValueError(explain(f"confusion_matrix: {name} as a vector", f"got {part.type}", "flatten it"))
    labels = Unique()(concatenate([actual, pred]))
    column = labels.dimshuffle(0, "x")
    is_actual = cast(eq(column, actual.dimshuffle("x", 0)), "int64")
    is_pred = cast(eq(column, pred.dimshuffle("x", 0)), "int64")
    return [dot(is_actual, is_pred.T), labels]
