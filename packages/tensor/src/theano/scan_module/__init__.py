"""Loops: `scan` and its frequent forms."""

from theano.graph import clone_replace as clone
from theano.scan_module.checkpoints import scan_checkpoints
from theano.scan_module.returns import until
from theano.scan_module.scan import scan
from theano.scan_module.scan_views import foldl, foldr, map, reduce

__all__ = ["clone", "foldl", "foldr", "map", "reduce", "scan", "scan_checkpoints", "until"]
