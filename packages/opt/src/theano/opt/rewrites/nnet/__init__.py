"""Rewrites of neural-network expressions, named as the files of `theano.tensor.nnet`."""
