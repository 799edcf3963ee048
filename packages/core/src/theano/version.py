"""The version of Theano, and when this process loaded it."""

from time import time

version = "2.0.0.dev0"
full_version = version
short_version = version.split(".dev")[0]
release = ".dev" not in version
git_revision = "Unknown"

loaded_at = time()
"""Files that changed later are not those that this process runs."""
