"""Rules of the ops of `theano.tensor.nnet`."""
