"""The parts of core that register through the same hooks as everyone else."""

from __future__ import annotations

# Modules below ``theano``, in the order in which they register.
BUNDLED: tuple[str, ...] = ()
