"""Classic home of what was once tried out; only forwards."""
