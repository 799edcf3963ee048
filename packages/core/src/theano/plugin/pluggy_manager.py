"""pluggy, taught our marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from theano.plugin import hookspecs
from theano.plugin.markers import hookimpl, hookspec

__all__ = ["HookManager"]

_spec, _impl = pluggy.HookspecMarker("theano"), pluggy.HookimplMarker("theano")


class HookManager(pluggy.PluginManager):
    """A manager that knows all hooks, and the plugins loaded so far."""

    def __init__(self, plugins: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__("theano")
        self.add_hookspecs(hookspecs)
        for name, module in plugins:
            self.register(module, name)

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> Any:
        self._translate(getattr(module_or_class, name, None), hookspec, _spec)
        return super().parse_hookspec_opts(module_or_class, name)

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        self._translate(getattr(plugin, name, None), hookimpl, _impl)
        return super().parse_hookimpl_opts(plugin, name)

    @staticmethod
    def _translate(function: Any, ours: Any, theirs: Any) -> None:
        options = ours.options_of(function)
        if options is not None:
            theirs(function, **options)
