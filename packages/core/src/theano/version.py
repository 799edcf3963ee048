"""The version of Theano."""

version = "2.0.0.dev0"
full_version = version
short_version = version.split(".dev")[0]
release = ".dev" not in version
git_revision = "Unknown"
