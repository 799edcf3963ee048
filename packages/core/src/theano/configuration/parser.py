"""The tree of options, `theano.config`, and how options are registered and changed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from theano.configuration.params import ConfigParam
from theano.configuration.sources import Sources
from theano.errors import ConfigError, UnknownOptionError, explain

__all__ = [
    "AddConfigVar",
    "TheanoConfigParser",
    "as_of",
    "change_flags",
    "config",
    "deviations",
    "fetch_val_for_key",
    "get_config_hash",
    "options",
    "peek",
    "registered",
    "sources",
    "suggestion",
    "value_of",
]

sources = Sources()
registered: dict[str, ConfigParam] = {}
_UNSET = object()


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return "did you mean ...?" for a name that is close to a known one, else an empty text."""
    # lazy: only errors need it
    import difflib

    near = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean {near[0]}? " if near else ""


class TheanoConfigParser:
    """A group of options; `theano.config` is the outermost.

    Values are plain entries of the instance, so that reading one costs no more than any attribute.  Only options
    that are worked out when first read, and names that do not exist, come to ``__getattr__``.
    """

    def __init__(self, path: str = "") -> None:
        vars(self)["_path"] = path
        vars(self)["_params"] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        param = self._params.get(name)
        if param is None:
            return self._missing(name)
        value = _initial(param)
        if param.prepare is not None:
            value = param.prepare(value)
        vars(self)[name] = value
        return value

    def _missing(self, name: str) -> Any:
        """A plugin may register this option: load plugins, then look again."""
        # lazy: plugins stand above configuration, and are loaded when they are first needed
        from importlib import import_module

        import_module("theano.plugin").get_manager().load()
        if name in vars(self):
            return vars(self)[name]
        if name in self._params:
            return getattr(self, name)
        full = self._path + name
        do = suggestion(full, registered) + "print(theano.config) lists all options"
        raise UnknownOptionError(explain(f"theano.config.{full}", "there is no such option", do))

    def __setattr__(self, name: str, value: Any) -> None:
        param = self._params.get(name)
        if param is None:
            if name in vars(self):
                where = f"theano.config.{self._path}{name} = {value!r}"
                raise ConfigError(explain(where, "this is a group of options", "set one of them"))
            self._missing(name)
            param = self._params[name]
        if not param.allow_override and name in vars(self):
            raise ConfigError(
                explain(
                    f"theano.config.{param.fullname} = {value!r}",
                    f"this option cannot change once it was read; its value is {vars(self)[name]!r}",
                    f"set it before the program starts: THEANO_FLAGS={param.fullname}={value}",
                )
            )
        vars(self)[name] = _converted(param, value, "assignment")
        param.origin = "assignment"

    def __delattr__(self, name: str) -> None:
        where = f"del theano.config.{self._path}{name}"
        raise AttributeError(explain(where, "options cannot be deleted", "assign a value instead"))

    def __dir__(self) -> list[str]:
        groups = [name for name, value in vars(self).items() if isinstance(value, TheanoConfigParser)]
        return sorted({*self._params, *groups})

    def __str__(self, print_doc: bool = True) -> str:
        prefix = self._path
        rows = [_row(param, print_doc) for name, param in sorted(registered.items()) if name.startswith(prefix)]
        return "\n".join(rows)

    def __repr__(self) -> str:
        return f"<theano.config{'.' + self._path[:-1] if self._path else ''}: {len(self._params)} options>"


config = TheanoConfigParser()


def _row(param: ConfigParam, print_doc: bool) -> str:
    doc = f"    Doc:  {param.doc}\n" if print_doc else ""
    return f"{param.fullname} ({param.kind})\n{doc}    Value:  {peek(param)}\n"


def _converted(param: ConfigParam, value: Any, origin: str) -> Any:
    try:
        return param.convert(value)
    except ValueError as error:
        where = f"theano.config.{param.fullname} = {value!r}" if origin == "assignment" else f"{param.fullname}={value}"
        found = str(error) + ("" if origin == "assignment" else f" (from {origin})")
        raise ConfigError(explain(where, found, f"allowed: {param.kind}")) from error


def _initial(param: ConfigParam) -> Any:
    if param.raw is not None:
        return _converted(param, param.raw, param.origin)
    return param.initial()


def _locate(name: str) -> tuple[TheanoConfigParser, str]:
    """Return the group that holds an option, and the last part of the name."""
    group: Any = config
    *sections, last = name.split(".")
    for section in sections:
        group = getattr(group, section)
        if not isinstance(group, TheanoConfigParser):
            raise AttributeError(
                explain(f"theano.config.{name}", f"{section} is an option, not a group of options", "check the name")
            )
    return group, last


def peek(param: ConfigParam) -> Any:
    """Return the value of an option, without counting as the first read."""
    group, last = _locate(param.fullname)
    value = vars(group).get(last, _UNSET)
    return _initial(param) if value is _UNSET else value


def value_of(name: str) -> Any:
    """Return the value of an option by its full name, without counting as the first read."""
    return peek(registered[name])


def options() -> Iterator[tuple[str, ConfigParam, Any]]:
    """Go through all options by name: the name, the parameter and the current value."""
    for name, param in sorted(registered.items()):
        yield name, param, peek(param)


def AddConfigVar(
    name: str, doc: str, configparam: ConfigParam, root: TheanoConfigParser = config, in_c_key: bool = True
) -> None:
    """Register an option.

    Parameters
    ----------
    name : str
        Dots make groups: ``"softsign.level"`` becomes ``theano.config.softsign.level``.
    doc : str
        One or two sentences.
    configparam : ConfigParam
        Default and kind; a value from THEANO_FLAGS or an rc file is checked at once.
    root : TheanoConfigParser
        The group to which the name is relative.
    in_c_key : bool
        Whether generated code depends on the value.

    Raises
    ------
    AttributeError
        The name is taken.
    TypeError
        A part of the name before a dot is an option, not a group.
    """
    *sections, last = name.split(".")
    group = root
    for section in sections:
        inner = vars(group).get(section)
        if inner is None and section not in group._params:
            inner = vars(group)[section] = TheanoConfigParser(f"{group._path}{section}.")
        if not isinstance(inner, TheanoConfigParser):
            raise TypeError(
                explain(f"option {group._path}{name}", f"{section} is an option, not a group", "choose another name")
            )
        group = inner
    if last in group._params or last in vars(group):
        raise AttributeError(
            explain(f"option {group._path}{last}", "this name is taken", "choose a name in a group of your own")
        )
    param = configparam
    param.fullname, param.doc, param.in_c_key = group._path + last, " ".join(doc.split()), in_c_key
    given = sources.fetch(param.fullname, delete=True)
    if given is not None:
        param.raw, param.origin = given
        value = _initial(param)
    elif not param.is_lazy:
        value = param.initial()
    group._params[last] = param
    registered[param.fullname] = param
    if not param.is_lazy or (given is not None and param.allow_override and param.prepare is None):
        vars(group)[last] = value


def fetch_val_for_key(key: str, delete_key: bool = False) -> str:
    """Return the text that THEANO_FLAGS or an rc file gives for an option; KeyError if none does."""
    param = registered.get(key)
    if param is not None and param.raw is not None:
        return param.raw
    given = sources.fetch(key, delete=delete_key)
    if given is None:
        raise KeyError(key)
    return given[0]


def is_given(key: str) -> bool:
    """Whether THEANO_FLAGS or an rc file sets an option."""
    try:
        fetch_val_for_key(key)
    except KeyError:
        return False
    return True


def deviations() -> dict[str, Any]:
    """Options that somebody set, by name: values that were assigned, texts of the environment and of files."""
    found = {}
    for name, param in sorted(registered.items()):
        if param.origin != "default":
            group, last = _locate(name)
            found[name] = vars(group).get(last) if param.origin == "assignment" else param.raw
    return found


def as_of(then: Mapping[str, Any]) -> change_flags:
    """Let all options have the values that they had when `deviations` gave `then`."""
    now = deviations()
    differing = [name for name in {**now, **then} if now.get(name, _UNSET) != then.get(name, _UNSET)]
    changeable = [name for name in differing if registered[name].allow_override]
    return change_flags({name: then[name] if name in then else registered[name].initial() for name in changeable})


def get_config_hash() -> str:
    """Return a hash of all options on which generated code depends."""
    # lazy: only caches of compiled code need it
    import hashlib

    pairs = [(name, str(value)) for name, param, value in options() if param.in_c_key]
    return hashlib.sha256(repr(pairs).encode()).hexdigest()


class change_flags:
    """Change options for a while: a context manager and a decorator.

    Parameters
    ----------
    args : mapping or iterable of pairs, optional
        Names with dots and their values.
    **kwargs
        Names without dots and their values.

    Examples
    --------
    >>> with change_flags({"traceback.limit": 0}, exception_verbosity="high"):
    ...     config.traceback.limit, config.exception_verbosity
    (0, 'high')
    >>> config.exception_verbosity
    'low'
    """

    def __init__(self, args: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), **kwargs: Any) -> None:
        self.flags = {**dict(args), **kwargs}
        for name in self.flags:
            group, last = _locate(name)
            if last not in group._params:
                group._missing(last)
        self._saved: list[list[tuple[TheanoConfigParser, str, Any, str]]] = []

    def __enter__(self) -> change_flags:
        self._saved.append([])
        try:
            for name, value in self.flags.items():
                group, last = _locate(name)
                before = (group, last, vars(group).get(last, _UNSET), group._params[last].origin)
                setattr(group, last, value)
                self._saved[-1].append(before)
        except BaseException:
            self._restore()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self._restore()

    def _restore(self) -> None:
        for group, last, value, origin in reversed(self._saved.pop()):
            group._params[last].origin = origin
            if value is _UNSET:
                vars(group).pop(last, None)
            else:
                vars(group)[last] = value

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def changed(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return changed
