"""Train softmax regression and a multi-layer perceptron on handwritten digits.

The digits are the 1797 images of 8 x 8 pixels that come with scikit-learn: real data, no download. Each model is
defined, differentiated and compiled by Theano, trained with mini-batches, and timed beside the same model written in
NumPy.

    python examples/digits.py [--epochs 60] [--output demo-output]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import theano
from theano import tensor

BATCH = 60


def load():
    """Return training and test images (rows scaled to [0, 1], float32) and labels (int64)."""
    digits = load_digits()
    images = (digits.data / 16).astype("float32")
    return train_test_split(
        images, digits.target.astype("int64"), test_size=360, random_state=0, stratify=digits.target
    )


def initial_weights(n_in, n_out, rng):
    """Uniform weights of a layer.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, eq. 16.
    """
    bound = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-bound, bound, (n_in, n_out)).astype("float32")


class Layer:
    """An affine map with shared weights ``w`` (n_in, n_out) and ``b`` (n_out,)."""

    def __init__(self, x, n_in, n_out, rng, name, zero=False):
        weights = np.zeros((n_in, n_out), "float32") if zero else initial_weights(n_in, n_out, rng)
        self.w = theano.shared(weights, name=f"w_{name}")
        self.b = theano.shared(np.zeros(n_out, "float32"), name=f"b_{name}")
        self.output = tensor.dot(x, self.w) + self.b
        self.parameters = [self.w, self.b]


class Model:
    """A classifier: symbolic scores for a batch, its training step and its prediction, compiled."""

    def __init__(self, name, hidden, learning_rate, seed=0):
        rng = np.random.default_rng(seed)
        x, y = tensor.fmatrix("x"), tensor.lvector("y")
        self.name, self.hidden, self.learning_rate = name, hidden, learning_rate
        layers, below, width = [], x, 64
        if hidden:
            layers.append(Layer(x, 64, hidden, rng, "hidden"))
            below, width = tensor.tanh(layers[-1].output), hidden
        layers.append(Layer(below, width, 10, rng, "out", zero=True))
        self.layers = layers
        p_y = tensor.nnet.softmax(layers[-1].output)
        cost = -tensor.mean(tensor.log(p_y)[tensor.arange(y.shape[0]), y])
        parameters = [p for layer in layers for p in layer.parameters]
        gradients = theano.grad(cost, parameters)
        updates = [(p, p - np.float32(learning_rate) * g) for p, g in zip(parameters, gradients, strict=True)]
        started = time.perf_counter()
        self.train = theano.function([x, y], cost, updates=updates, name=f"train_{name}")
        self.predict = theano.function([x], tensor.argmax(p_y, axis=1), name=f"predict_{name}")
        self.compile_seconds = time.perf_counter() - started

    def accuracy(self, images, labels):
        """Share of images whose label is predicted."""
        return float(np.mean(self.predict(images) == labels))


class NumpyModel:
    """The same model and training step by hand, in NumPy."""

    def __init__(self, hidden, learning_rate, seed=0):
        rng = np.random.default_rng(seed)
        sizes = [(64, hidden), (hidden, 10)] if hidden else [(64, 10)]
        self.weights = [initial_weights(*size, rng) for size in sizes]
        self.weights[-1][:] = 0
        self.biases = [np.zeros(n, "float32") for _, n in sizes]
        self.learning_rate = np.float32(learning_rate)

    def train(self, x, y):
        """One step on a batch: returns the mean cost before it."""
        h = np.tanh(x @ self.weights[0] + self.biases[0]) if len(self.weights) == 2 else x
        scores = h @ self.weights[-1] + self.biases[-1]
        scores -= scores.max(axis=1, keepdims=True)
        p = np.exp(scores)
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        cost = -np.log(p[rows, y]).mean()
        p[rows, y] -= 1
        p /= np.float32(len(y))
        below = p @ self.weights[-1].T if len(self.weights) == 2 else None
        self._descend(-1, h, p)
        if below is not None:
            self._descend(0, x, below * (1 - h * h))
        return cost

    def _descend(self, layer, x, g):
        self.weights[layer] -= self.learning_rate * (x.T @ g)
        self.biases[layer] -= self.learning_rate * g.sum(axis=0)


def batches(images, labels, rng):
    """Yield shuffled mini-batches."""
    order = rng.permutation(len(images))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        chosen = order[start : start + BATCH]
        yield images[chosen], labels[chosen]


def progress(name, done, total, text):
    """Draw a bar on a terminal, or one line in ten elsewhere."""
    width = 30
    filled = width * done // total
    line = f"{name:20s} [{'#' * filled}{'.' * (width - filled)}] {done}/{total} {text}"
    if sys.stdout.isatty():
        print(f"\r{line}", end="\n" if done == total else "", flush=True)
    elif done == total or done % max(1, total // 10) == 0:
        print(line, flush=True)


def run(step, images, labels, epochs, watch=None):
    """Train for `epochs`; return seconds of pure training for each, and mean costs."""
    rng = np.random.default_rng(1)
    seconds, costs = [], []
    for epoch in range(epochs):
        data = list(batches(images, labels, rng))
        started = time.perf_counter()
        total = sum(float(step(x, y)) for x, y in data)
        seconds.append(time.perf_counter() - started)
        costs.append(total / len(data))
        if watch is not None:
            watch(epoch + 1, costs[-1])
    return seconds, costs


def learn(model, data, epochs):
    """Train `model` with a progress bar; return its costs, test accuracies and median seconds per epoch."""
    train_x, test_x, train_y, test_y = data
    accuracies = []

    def watch(epoch, cost):
        accuracies.append(model.accuracy(test_x, test_y))
        progress(model.name, epoch, epochs, f"cost {cost:.4f}  test accuracy {accuracies[-1]:.4f}")

    seconds, costs = run(model.train, train_x, train_y, epochs, watch)
    by_hand, numpy_costs = run(NumpyModel(model.hidden, model.learning_rate).train, train_x, train_y, epochs)
    if not np.allclose(costs, numpy_costs, rtol=1e-3, atol=1e-5):
        raise SystemExit(f"{model.name}: Theano and NumPy disagree: costs {costs[-1]} and {numpy_costs[-1]}")
    return costs, accuracies, float(np.median(seconds)), float(np.median(by_hand))


def draw(results, models, data, path):
    """Save a picture: learning curves, filters of the hidden layer, misclassified digits."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(13, 5.2), layout="constrained")
    curves, filters, mistakes = figure.subfigures(1, 3, width_ratios=[1.3, 1, 1])
    top, bottom = curves.subplots(2, 1, sharex=True)
    for name, (costs, accuracies, *_) in results.items():
        top.semilogy(costs, label=name)
        bottom.plot(accuracies, label=name)
    curves.suptitle("Learning")
    top.set(ylabel="mean cost, training")
    bottom.set(xlabel="epoch", ylabel="accuracy, test", ylim=(0.8, 1.0))
    bottom.legend()
    filters.suptitle("Filters of 25 hidden units")
    weights = models["MLP 64-500-10"].layers[0].w.get_value()
    for unit, axes in enumerate(filters.subplots(5, 5).flat):
        axes.imshow(weights[:, unit].reshape(8, 8), cmap="RdBu")
        axes.axis("off")
    test_x, test_y = data[1], data[3]
    predicted = models["MLP 64-500-10"].predict(test_x)
    wrong = np.flatnonzero(predicted != test_y)
    mistakes.suptitle(f"Mistakes of the MLP: {len(wrong)} of {len(test_y)}\n(label, prediction)")
    for position, axes in enumerate(mistakes.subplots(4, 4).flat):
        axes.axis("off")
        if position < len(wrong):
            i = wrong[position]
            axes.imshow(test_x[i].reshape(8, 8), cmap="gray_r")
            axes.set_title(f"{test_y[i]}, {predicted[i]}", fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main():
    """Train both models, print what was measured, save the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--output", type=Path, default=Path("demo-output"))
    arguments = parser.parse_args()
    data = load()
    print(f"{len(data[0])} training and {len(data[1])} test images, mini-batches of {BATCH}\n")
    models, results = {}, {}
    for name, hidden, rate in [("softmax regression", 0, 0.5), ("MLP 64-500-10", 500, 0.3)]:
        models[name] = Model(name, hidden, rate)
        results[name] = learn(models[name], data, arguments.epochs)
    print("\nThe optimized graph of the training step of softmax regression:\n")
    theano.printing.debugprint(models["softmax regression"].train)
    print(
        f"\n{'model':20s} {'compile':>9s} {'epoch, Theano':>15s} {'epoch, NumPy':>14s} {'ratio':>7s} {'accuracy':>9s}"
    )
    for name, (_, accuracies, ours, numpys) in results.items():
        print(
            f"{name:20s} {models[name].compile_seconds:7.2f} s {ours * 1e3:12.2f} ms {numpys * 1e3:11.2f} ms"
            f" {ours / numpys:7.2f} {accuracies[-1]:9.4f}"
        )
    picture = arguments.output / "digits.png"
    draw(results, models, data, picture)
    print(f"\nPicture: {picture}")
    if results["MLP 64-500-10"][1][-1] < 0.95:
        raise SystemExit("the MLP stayed below 0.95 test accuracy")


if __name__ == "__main__":
    main()
