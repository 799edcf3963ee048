"""Features of function graphs: the base class and those that core itself needs."""

from theano.graph.features.base import Feature
from theano.graph.features.destroy_handler import DestroyHandler, Supervisor

__all__ = ["DestroyHandler", "Feature", "Supervisor"]
