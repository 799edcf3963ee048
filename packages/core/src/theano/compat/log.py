"""The classic logger of Theano; it is set up when it is first asked for."""

from __future__ import annotations

import logging

__all__ = ["disable_log_handler", "logging_default_handler", "theano_logger"]

theano_logger = logging.getLogger("theano")
logging_default_handler = logging.StreamHandler()
logging_default_handler.setFormatter(logging.Formatter("%(levelname)s (%(name)s): %(message)s"))
theano_logger.setLevel(logging.WARNING)
theano_logger.addHandler(logging_default_handler)


def disable_log_handler(
    logger: logging.Logger = theano_logger, handler: logging.Handler = logging_default_handler
) -> None:
    """Take the default handler away, if it is there."""
    if logger.hasHandlers():
        logger.removeHandler(handler)
