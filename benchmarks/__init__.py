"""The figures that the project keeps: ours beside the peers', in one run."""
