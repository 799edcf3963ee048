"""Classic path of odds and ends: writing models to files (`pkl_utils`), and `safe_asarray`."""
