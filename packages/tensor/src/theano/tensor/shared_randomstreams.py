"""RandomStreams: random variables whose states live in shared variables."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.compile.sharedvalue import SharedVariable
from theano.errors import explain
from theano.graph import Variable
from theano.tensor.random import RandomStateType, RandomStreamsBase, random_state_type

__all__ = ["RandomStateSharedVariable", "RandomStreams", "randomstate_constructor"]

# seeds of the draws stay below this number
_SEED_LIMIT = 2**30


class RandomStateSharedVariable(SharedVariable):
    """Shared variable that holds a RandomState."""

    def __str__(self) -> str:
        return self.name if self.name is not None else f"<{self.type}>"


RandomStateType.SharedVariable = RandomStateSharedVariable


def randomstate_constructor(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, borrow: bool = False
) -> RandomStateSharedVariable:
    """``theano.shared`` for RandomState values, deep-copied unless `borrow`; others are a TypeError."""
    if not isinstance(value, np.random.RandomState):
        raise TypeError(explain("a shared random state", f"got {type(value).__name__}", "give a RandomState"))
    return RandomStateSharedVariable(
        type=random_state_type,
        value=value if borrow else copy.deepcopy(value),
        name=name,
        strict=strict,
        allow_downcast=allow_downcast,
    )


class RandomStreams(RandomStreamsBase):
    """Source of random variables; each draw has its own shared state, advanced by ``theano.function``.

    Parameters
    ----------
    seed : int or None
        Seeds the generator of the draws' seeds; None takes entropy from the system.

    Examples
    --------
    >>> import theano
    >>> draw = theano.function([], RandomStreams(42).uniform((2,)))
    >>> bool((draw() != draw()).all())
    True
    """

    def __init__(self, seed: int | None = None) -> None:
        self.state_updates: list[tuple[RandomStateSharedVariable, Variable]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = np.random.RandomState(seed)

    def updates(self) -> list[tuple[RandomStateSharedVariable, Variable]]:
        """(state, next state) pairs of all draws so far."""
        return list(self.state_updates)

    def seed(self, seed: int | None = None) -> None:
        """Re-seed every draw made so far, in order of creation, from one seed (default: the constructor's)."""
        seeds = np.random.RandomState(self.default_instance_seed if seed is None else seed)
        for state, _ in self.state_updates:
            state.set_value(np.random.RandomState(int(seeds.randint(_SEED_LIMIT))), borrow=True)

    def _known(self, item: Any) -> RandomStateSharedVariable:
        for state, _ in self.state_updates:
            if item is state:
                return state
        raise KeyError(item)

    def __getitem__(self, item: Any) -> np.random.RandomState:
        return self._known(item).container.storage[0]

    def __setitem__(self, item: Any, val: np.random.RandomState) -> None:
        if not isinstance(val, np.random.RandomState):
            raise TypeError(explain("set the state of a draw", f"got {type(val).__name__}", "give a RandomState"))
        self._known(item).set_value(val, borrow=True)

    def gen(self, op: Callable[..., Any], *args: Any, **kwargs: Any) -> Variable:
        """A draw from the law `op` with a fresh state; the result has attributes `rng` and `update`."""
        start = np.random.RandomState(int(self.gen_seedgen.randint(_SEED_LIMIT)))
        state = randomstate_constructor(start, borrow=True)
        following, sample = op(state, *args, **kwargs)
        sample.rng = state
        sample.update = (state, following)
        state.default_update = following
        self.state_updates.append(sample.update)
        return sample
