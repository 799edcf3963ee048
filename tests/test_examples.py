"""The LSTM example, in small: its cost is the one NumPy computes, it learns, its memory goes on, its text is text."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest

CHARACTERS, HIDDEN = 11, 6


@pytest.fixture(scope="module")
def lstm():
    path = Path(__file__).parents[1] / "examples" / "lstm.py"
    spec = importlib.util.spec_from_file_location("lstm_example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def model(lstm):
    return lstm.LSTM(CHARACTERS, HIDDEN)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _cost(model, codes):
    w_x, w_h, b, w_y, b_y = (p.get_value().astype("float64") for p in model.parameters)
    h, c = (state.get_value().astype("float64") for state in model.memory)
    costs = []
    for now, following in itertools.pairwise(codes):
        i, f, o, new = np.split(w_x[now] + b + h @ w_h, 4, axis=1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(new)
        h = _sigmoid(o) * np.tanh(c)
        scores = h @ w_y + b_y
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        costs.append(-log_p[np.arange(len(following)), following])
    return np.mean(costs), h, c


def _codes(lstm, seed=0):
    return np.random.default_rng(seed).integers(0, CHARACTERS, (9, lstm.BATCH))


def test_cost_and_memory_are_those_of_numpy(lstm, model):
    for seed in (0, 1):  # the second piece starts from the memory that the first has left
        codes = _codes(lstm, seed)
        expected, h, c = _cost(model, codes)
        np.testing.assert_allclose(model.test(codes), expected, rtol=1e-5)
        np.testing.assert_allclose(model.memory[0].get_value(), h, atol=1e-5)
        np.testing.assert_allclose(model.memory[1].get_value(), c, atol=1e-5)


def test_training_lowers_the_cost(lstm, model):
    codes = (np.arange(9)[:, None] + np.arange(lstm.BATCH)) % CHARACTERS  # each character has one successor
    costs = []
    for _ in range(300):
        model.forget()
        costs.append(float(model.train(codes)))
    assert costs[-1] < 0.5 * costs[0]


def test_writes_characters_of_the_alphabet_and_draws_anew(model):
    first, second = (model.write(3, 40, np.float32(1)) for _ in range(2))
    for codes in (first, second):
        assert codes.shape == (40,)
        assert 0 <= codes.min() <= codes.max() < CHARACTERS
    assert not np.array_equal(first, second)


def test_bigram_model_of_a_text_without_surprises(lstm):
    text = lstm.Text()
    text.training, text.test = np.array([0, 1] * 50_000), np.array([0, 1] * 100)
    assert lstm.bigram_bits(text) < 0.01
    assert text.decode(text.codes[:20]) == "".join(text.alphabet[c] for c in text.codes[:20])


def test_chunks_go_on_where_the_one_before_ended(lstm):
    codes = np.arange(lstm.BATCH * 200 + 1)
    pieces = list(lstm.chunks(codes))
    assert len(pieces) == 200 // lstm.STEPS
    np.testing.assert_array_equal(pieces[0][-1], pieces[1][0])
    np.testing.assert_array_equal(np.diff(pieces[0], axis=0), 1)
