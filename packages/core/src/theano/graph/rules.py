"""Rule tables (see `theano.plugin.rules`), under the name that op authors look for."""

from theano.plugin.rules import RuleTable

__all__ = ["RuleTable"]
