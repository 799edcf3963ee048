"""The type of NumPy random states."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Type

__all__ = ["RandomStateType", "random_state_type"]


class RandomStateType(Type):
    """Type of ``numpy.random.RandomState`` objects."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> np.random.RandomState:
        if isinstance(value, np.random.RandomState):
            return value
        raise TypeError(
            explain(
                "a random state",
                f"got {type(value).__name__}",
                "give a numpy.random.RandomState",
            )
        )

    def values_eq(self, a: Any, b: Any) -> bool:
        """Whether two states will draw the same numbers."""
        first, second = a.get_state(legacy=False), b.get_state(legacy=False)
        return (
            first["bit_generator"] == second["bit_generator"]
            and first["has_gauss"] == second["has_gauss"]
            and first["gauss"] == second["gauss"]
            and all(np.array_equal(part, second["state"][name]) for name, part in first["state"].items())
        )

    def get_size(self, shape_info: Any) -> int:
        """Bytes of a Mersenne twister state."""
        return 624 * 4 + 24

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """States share memory only with themselves."""
        return a is b

    def __str__(self) -> str:
        return "RandomStateType"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(RandomStateType)


random_state_type = RandomStateType()
