"""Train a character-level LSTM on Python source code and let it write some of its own.

The text is a module of the standard library, so there is nothing to download. The recurrence is a `theano.scan`, its
gradient is taken by `theano.grad` through time, and both run as one compiled function. The bits per character on text
that was not trained on are compared with a bigram model's, which predicts each character from the one before.

    python examples/lstm.py [--seconds 60] [--hidden 128] [--output demo-output]

Source: Hochreiter and Schmidhuber, Long short-term memory, 1997, with the forget gate of Gers, Schmidhuber and Cummins,
Learning to forget, 2000; trained by truncated backpropagation through time with Adam (Kingma and Ba, 2015).
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
import time
from pathlib import Path

import numpy as np

import theano
from theano import tensor
from theano.tensor.shared_randomstreams import RandomStreams

BATCH, STEPS = 32, 64
MODULES = ("argparse", "typing", "inspect", "tarfile", "subprocess")


class Text:
    """Characters of the standard library as numbers: ``training`` and ``test`` (1-d, int64), ``alphabet``."""

    def __init__(self):
        whole = "".join(inspect.getsource(importlib.import_module(name)) for name in MODULES)
        self.alphabet = sorted(set(whole))
        number = {character: i for i, character in enumerate(self.alphabet)}
        self.codes = np.array([number[character] for character in whole], "int64")
        split = len(self.codes) * 9 // 10
        self.training, self.test = self.codes[:split], self.codes[split:]

    def decode(self, codes):
        """The text of the numbers `codes`."""
        return "".join(self.alphabet[code] for code in codes)


def bigram_bits(text):
    """Bits per character of the test text under a bigram model with add-1/2 counts of the training text."""
    counts = np.full((len(text.alphabet),) * 2, 0.5)
    np.add.at(counts, (text.training[:-1], text.training[1:]), 1)
    probabilities = counts / counts.sum(axis=1, keepdims=True)
    return float(-np.log2(probabilities[text.test[:-1], text.test[1:]]).mean())


def adam(parameters, gradients, rate=2e-3, b1=0.9, b2=0.999, limit=1.0):
    """Updates of Adam, with gradients scaled down to a global norm of at most `limit`."""
    norm = tensor.sqrt(sum(tensor.sum(g**2) for g in gradients))
    scale = tensor.minimum(np.float32(1), np.float32(limit) / (norm + np.float32(1e-6)))
    t = theano.shared(np.float32(0), name="t")
    correction = tensor.sqrt(1 - np.float32(b2) ** (t + 1)) / (1 - np.float32(b1) ** (t + 1))
    updates = [(t, t + 1)]
    for p, g in zip(parameters, gradients, strict=True):
        m = theano.shared(np.zeros_like(p.get_value()), name=f"m_{p.name}")
        v = theano.shared(np.zeros_like(p.get_value()), name=f"v_{p.name}")
        new_m = np.float32(b1) * m + np.float32(1 - b1) * scale * g
        new_v = np.float32(b2) * v + np.float32(1 - b2) * (scale * g) ** 2
        step = np.float32(rate) * correction * new_m / (tensor.sqrt(new_v) + np.float32(1e-8))
        updates += [(m, new_m), (v, new_v), (p, p - step)]
    return updates


class LSTM:
    """Predicts the next character: a layer of `hidden` cells and a softmax, compiled for training, test and writing.

    The rows of ``w_x`` (characters, 4 hidden) are what each character adds to the four gates.
    """

    def __init__(self, characters, hidden, seed=0):
        rng = np.random.default_rng(seed)
        self.hidden = hidden
        self.w_x = self._weights(rng, "w_x", characters, 4 * hidden)
        self.w_h = self._weights(rng, "w_h", hidden, 4 * hidden)
        bias = np.zeros(4 * hidden, "float32")
        bias[hidden : 2 * hidden] = 1  # an open forget gate, so that the gradient lives long at the start
        self.b = theano.shared(bias, name="b")
        self.w_y = self._weights(rng, "w_y", hidden, characters)
        self.b_y = theano.shared(np.zeros(characters, "float32"), name="b_y")
        self.parameters = [self.w_x, self.w_h, self.b, self.w_y, self.b_y]
        started = time.perf_counter()
        self._compile()
        self.compile_seconds = time.perf_counter() - started

    @staticmethod
    def _weights(rng, name, n_in, n_out):
        return theano.shared((rng.standard_normal((n_in, n_out)) / np.sqrt(n_in)).astype("float32"), name=name)

    def cell(self, x, h, c):
        """One step: `x` (batch, 4 hidden) is what the character adds to the gates; returns the new ``h`` and ``c``."""
        gates = x + tensor.dot(h, self.w_h)
        i, f, o, new = (gates[:, k * self.hidden : (k + 1) * self.hidden] for k in range(4))
        c = tensor.nnet.sigmoid(f) * c + tensor.nnet.sigmoid(i) * tensor.tanh(new)
        return tensor.nnet.sigmoid(o) * tensor.tanh(c), c

    def _compile(self):
        codes = tensor.lmatrix("codes")  # (steps + 1, batch): each row is to be predicted from those before
        start = np.zeros((BATCH, self.hidden), "float32")
        h0, c0 = theano.shared(start, name="h0"), theano.shared(start, name="c0")
        (h, c), _ = theano.scan(self.cell, sequences=self.w_x[codes[:-1]] + self.b, outputs_info=[h0, c0])
        rows = h.reshape((h.shape[0] * h.shape[1], self.hidden))
        p = tensor.nnet.softmax(tensor.dot(rows, self.w_y) + self.b_y)
        cost = tensor.mean(tensor.nnet.categorical_crossentropy(p, codes[1:].flatten()))
        gradients = theano.grad(cost, self.parameters)
        memory = [(h0, h[-1]), (c0, c[-1])]
        self.train = theano.function([codes], cost, updates=memory + adam(self.parameters, gradients), name="train")
        self.test = theano.function([codes], cost, updates=memory, name="test")
        self.memory = [h0, c0]
        self._compile_writer()

    def _compile_writer(self):
        first, length, temperature = tensor.lscalar("first"), tensor.lscalar("length"), tensor.fscalar("temperature")
        random = RandomStreams(seed=7)

        def write(code, h, c):
            h, c = self.cell((self.w_x[code] + self.b).dimshuffle("x", 0), h, c)
            scores = (tensor.dot(h, self.w_y) + self.b_y) / temperature
            draw = random.multinomial(n=1, pvals=tensor.nnet.softmax(scores))
            return tensor.argmax(draw, axis=1)[0], h, c

        zero = tensor.zeros((1, self.hidden), "float32")
        (codes, _, _), updates = theano.scan(write, outputs_info=[first, zero, zero], n_steps=length)
        self.write = theano.function([first, length, temperature], codes, updates=updates, name="write")

    def forget(self):
        """Set the state of the cells to zero."""
        for state in self.memory:
            state.set_value(np.zeros_like(state.get_value()))


def chunks(codes):
    """Yield (steps + 1, batch) pieces of `codes`, each going on where the one before ended."""
    length = (len(codes) - 1) // BATCH
    lanes = np.stack([codes[lane * length : lane * length + length + 1] for lane in range(BATCH)], axis=1)
    for start in range(0, length - STEPS + 1, STEPS):
        yield lanes[start : start + STEPS + 1]


def test_bits(model, text):
    """Bits per character on the test text."""
    kept = [state.get_value() for state in model.memory]
    model.forget()
    bits = float(np.mean([model.test(piece) for piece in chunks(text.test)])) / np.log(2)
    for state, value in zip(model.memory, kept, strict=True):
        state.set_value(value)
    return bits


def progress(done, total, text):
    """Draw a bar on a terminal, or a line now and then elsewhere."""
    width = 30
    filled = int(width * done / total)
    line = f"[{'#' * filled}{'.' * (width - filled)}] {done:3.0f}/{total:.0f} s  {text}"
    print(f"\r{line}" if sys.stdout.isatty() else line, end="" if sys.stdout.isatty() else "\n", flush=True)


def learn(model, text, seconds):
    """Train for `seconds`; return a list of (seconds, training bits, test bits) and the characters seen per second."""
    curve, seen, spent, recent = [], 0, 0.0, []
    every = seconds / (100 if sys.stdout.isatty() else 12)
    measured = -np.inf
    while spent < seconds:
        model.forget()
        for piece in chunks(text.training):
            started = time.perf_counter()
            recent.append(float(model.train(piece)) / np.log(2))
            spent += time.perf_counter() - started
            seen += STEPS * BATCH
            if spent - measured >= every or spent >= seconds:
                measured = spent
                curve.append((spent, np.mean(recent), test_bits(model, text)))
                recent = []
                progress(min(spent, seconds), seconds, f"bits/character: {curve[-1][1]:.3f}, test {curve[-1][2]:.3f}")
            if spent >= seconds:
                break
    if sys.stdout.isatty():
        print()
    return curve, seen / spent


def draw(curve, bigram, path):
    """Save the learning curve."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    seconds, training, test = zip(*curve, strict=True)
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(seconds, training, label="LSTM, training")
    axes.plot(seconds, test, label="LSTM, test")
    axes.axhline(bigram, color="gray", linestyle="--", label="bigram model, test")
    axes.set(xlabel="seconds of training", ylabel="bits per character")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main():
    """Train, print what was measured and a sample, save the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="time to train")
    parser.add_argument("--hidden", type=int, default=128, help="cells")
    parser.add_argument("--output", type=Path, default=Path("demo-output"))
    arguments = parser.parse_args()
    text = Text()
    bigram = bigram_bits(text)
    print(
        f"{len(text.training)} characters of {', '.join(MODULES)} to train on, {len(text.test)} to test, "
        f"{len(text.alphabet)} different ones; a bigram model needs {bigram:.3f} bits/character"
    )
    model = LSTM(len(text.alphabet), arguments.hidden)
    print(f"three functions (training, test, writing) compiled in {model.compile_seconds:.2f} s\n")
    curve, speed = learn(model, text, arguments.seconds)
    print(f"\n{speed:,.0f} characters per second. A sample:\n")
    print(text.decode(model.write(text.alphabet.index("\n"), 600, np.float32(0.7))))
    picture = arguments.output / "lstm.png"
    draw(curve, bigram, picture)
    print(f"\nTest: {curve[-1][2]:.3f} bits/character; bigram model: {bigram:.3f}. Picture: {picture}")
    if curve[-1][2] >= bigram:
        raise SystemExit("the LSTM did not learn more than a bigram model; train longer")


if __name__ == "__main__":
    main()
