"""Loops of a function that is being made: their steps are compiled in the mode of the function."""

from __future__ import annotations

from typing import Any

from theano.scan_module.scan_op import Scan

__all__ = ["hand_down_mode"]


def hand_down_mode(maker: Any) -> None:
    """A stage of `theano.compile.pipeline`, after rewriting: loops without a mode of their own get the maker's.

    Parameters
    ----------
    maker : FunctionMaker
    """
    for node in maker.fgraph.apply_nodes:
        if isinstance(node.op, Scan) and node.op.mode is None:
            node.op = node.op.with_mode(maker.mode)
