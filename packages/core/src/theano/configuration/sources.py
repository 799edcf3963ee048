"""Where values of options come from: the variable THEANO_FLAGS and rc files."""

from __future__ import annotations

import os
import sys
import warnings

from theano.errors import ConfigError, TheanoConfigWarning, explain

__all__ = ["Sources", "config_files_from_theanorc", "parse_config_string"]


def parse_config_string(config_string: str, issue_warnings: bool = True) -> dict[str, str]:
    """Parse ``a=b,c.d=e``; values may be quoted as in a shell, later duplicates win.

    >>> parse_config_string("floatX=float32,gcc.cxxflags='-O2,-g',floatX=float64")
    {'floatX': 'float64', 'gcc.cxxflags': '-O2,-g'}
    """
    if any(mark in config_string for mark in "'\"\\"):
        # lazy: quoting is rare
        import shlex

        lexer = shlex.shlex(config_string, posix=True)
        lexer.whitespace = ","
        lexer.whitespace_split = True
        lexer.commenters = ""
        parts = list(lexer)
    else:
        parts = config_string.split(",")
    values: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.strip().partition("=")
        if equals:
            values[key.strip()] = value.strip()
        elif key and issue_warnings:
            text = explain(f"THEANO_FLAGS: {key!r}", "there is no '=', so it is ignored", f"write {key}=value")
            warnings.warn(text, TheanoConfigWarning, stacklevel=2)
    return values


def config_files_from_theanorc() -> list[str]:
    """Return the rc files, strongest last: those in THEANORC, else ``~/.theanorc``."""
    default = "~/.theanorc"
    if sys.platform == "win32":
        default = os.pathsep.join([default, "~/.theanorc.txt"])
    listed = os.environ.get("THEANORC", default).split(os.pathsep)
    return [os.path.expanduser(path) for path in listed if path]


def _interpolation_values() -> dict[str, str]:
    names = ("USER", "LSCRATCH", "TMPDIR", "TEMP", "TMP")
    values = {name: os.environ.get(name, "").replace("%", "%%") for name in names}
    values["PID"] = str(os.getpid())
    return values


def _read_rc_file(path: str) -> dict[str, str]:
    """Options of one rc file by full name; names are in lower case after the last dot, as in all INI files."""
    # lazy: most programs have no rc file
    import configparser

    parser = configparser.ConfigParser(_interpolation_values())
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigError(explain(f"configuration file {path}", str(error), "repair or remove the file")) from error
    values = {}
    for section in parser.sections():
        for option in parser.options(section):
            if option in parser.defaults():
                continue
            try:
                value = parser.get(section, option)
            except configparser.InterpolationError:
                value = parser.get(section, option, raw=True)
            values[option if section == "global" else f"{section}.{option}"] = value
    return values


def _rc_key(name: str) -> str:
    section, dot, option = name.rpartition(".")
    return f"{section}{dot}{option.lower()}"


class Sources:
    """Texts of options that were not yet taken by a registered option.

    Attributes
    ----------
    flags : dict
        From THEANO_FLAGS.
    files : dict
        From rc files, by the name that `_rc_key` gives: (text, file).
    """

    def __init__(self) -> None:
        self.text = os.environ.get("THEANO_FLAGS", "")
        self.flags = parse_config_string(self.text) if self.text else {}
        self.paths = config_files_from_theanorc()
        self.files: dict[str, tuple[str, str]] = {}
        for path in self.paths:
            if os.path.isfile(path):
                self.files.update((_rc_key(name), (text, path)) for name, text in _read_rc_file(path).items())

    def fetch(self, name: str, delete: bool = False) -> tuple[str, str] | None:
        """Return the text for an option and where it came from, or None."""
        key = _rc_key(name)
        from_file = self.files.get(key)
        from_flags = self.flags.get(name)
        if delete:
            self.files.pop(key, None)
            self.flags.pop(name, None)
        if from_flags is not None:
            return from_flags, "THEANO_FLAGS"
        return from_file

    def left(self) -> dict[str, str]:
        """Return the names that no option has taken, each with its origin."""
        return {name: path for name, (_, path) in self.files.items()} | dict.fromkeys(self.flags, "THEANO_FLAGS")

    def drop(self, name: str) -> None:
        """Forget a name."""
        self.flags.pop(name, None)
        self.files.pop(name, None)
