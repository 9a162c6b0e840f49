import numpy as np
import pytest

from nnlib import SGD, SquaredError, fit, fully_connected, load_digits, one_hot, split
from nnlib.optimizers import inverse_decay

X, labels = load_digits()
Y = one_hot(labels, 10)
train, test = split(len(X), 0.8, seed=1)


def test_digits_are_learned():
    network = fully_connected([64, 64, 10], seed=1)
    optimizer = SGD(network.params, inverse_decay(0.2, 0.005), momentum=0.9)
    history = fit(network, X[train], Y[train], optimizer, 20, X_val=X[test], Y_val=Y[test], progress=False)
    assert history.val_accuracy[-1] > 0.965
    assert history.val_accuracy[-1] == np.mean(network.predict(X[test]) == labels[test])
    assert history.loss[-1] == network.loss_value(X[train], Y[train])
    assert history.loss[-1] < 0.1 * history.loss[0]
    assert {len(entries) for entries in list(vars(history).values())[:5]} == {20}
    assert history.stopped == ""


def test_same_seed_same_history():
    def run(seed):
        network = fully_connected([64, 10])
        return fit(network, X[:200], Y[:200], SGD(network.params), 2, seed=seed, progress=False).loss

    assert run(3) == run(3) != run(4)


class StopsAfter(SGD):
    """Somebody presses Ctrl-C at the given step."""

    def step(self, grads):
        if self.t == 5:
            raise KeyboardInterrupt
        super().step(grads)


def test_ctrl_c_keeps_what_was_learned():
    network = fully_connected([64, 10])
    before = network.loss_value(X, Y)
    history = fit(network, X, Y, StopsAfter(network.params), 3, m=600, progress=False)
    assert history.stopped == "interrupted"
    assert len(history.loss) == 1
    assert network.loss_value(X, Y) < before


def test_divergence_ends_the_training_without_a_warning():
    network = fully_connected([64, 32, 10], loss=SquaredError())
    history = fit(network, X[:200], Y[:200], SGD(network.params, step_size=10), 500, progress=False)
    assert history.stopped == "diverged"
    assert len(history.loss) < 500
    assert not np.isfinite(history.loss[-1])


def test_nan_is_refused():
    bad = X[:10].copy()
    bad[3, 4] = np.nan
    network = fully_connected([64, 10])
    with pytest.raises(ValueError, match="X holds NaN or infinity"):
        fit(network, bad, Y[:10], SGD(network.params), 1, progress=False)


def test_the_training_set_is_left_alone():
    given, targets = X[:50].copy(), Y[:50].copy()
    network = fully_connected([64, 10])
    fit(network, given, targets, SGD(network.params), 2, progress=False)
    np.testing.assert_array_equal(given, X[:50])
    np.testing.assert_array_equal(targets, Y[:50])


def test_the_bar_shows_epochs_and_loss(capsys):
    network = fully_connected([64, 10])
    fit(network, X[:50], Y[:50], SGD(network.params), 2)
    assert "2/2" in capsys.readouterr().err
