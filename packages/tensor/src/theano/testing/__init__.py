"""Tools for those who write ops: one call proves that an op keeps its contract."""

from __future__ import annotations

from theano.testing.contract import Report, check
from theano.testing.samples import Sample
from theano.testing.values import ContractError, assert_same

__all__ = ["ContractError", "Report", "Sample", "assert_same", "check"]
