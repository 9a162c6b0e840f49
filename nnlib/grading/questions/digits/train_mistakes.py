"""What goes wrong when a whole training is written."""

import numpy as np

from nnlib.grading.question import Mistake
from nnlib.grading.questions.digits.networks import IN_OUT, PREDICTIONS, SEPARATE
from nnlib.grading.questions.digits.symptoms import (
    CONSTANT_PIXEL,
    DIVERGED,
    FROZEN_LAYER,
    GUESSING,
    LAST_SIGMA,
    LINEAR,
    NOT_TRAINED,
    ONE_CLASS,
    ORDER_OF_CLASSES,
    OTHER_SIGMA,
    SCALING,
    VALIDATION_ONLY,
)
from nnlib.grading.questions.digits.train_reference import learn, scaling, train, with_scaling
from nnlib.grading.questions.digits.train_reference import learn as descend

NO_END = "does not stop in time"
CHANGES = "changes its arguments"
NOT_REPRODUCIBLE = "the same seed gives another network"
ONE_SIZE = "works for one number of images only"
EPOCHS = 10


def _together(X, Y, X_val, Y_val):
    return np.concatenate([X, X_val]), np.concatenate([Y, Y_val])


def _in_out(X, Y, X_val, Y_val, seed, seconds):
    return [(W.T, b, sigma) for W, b, sigma in train(X, Y, X_val, Y_val, seed, seconds)]


def _predictions(X, Y, X_val, Y_val, seed, seconds):
    (W1, b1, _), (W2, b2, _) = train(X, Y, X_val, Y_val, seed, seconds)
    return (np.maximum(X_val @ W1.T + b1, 0) @ W2.T + b2).argmax(axis=1)


def _separate(X, Y, X_val, Y_val, seed, seconds):
    Ws, bs, sigmas = zip(*train(X, Y, X_val, Y_val, seed, seconds), strict=True)
    return list(Ws), list(bs), list(sigmas)


def _not_scaled_back(X, Y, X_val, Y_val, seed, seconds):
    X, Y = np.concatenate([X, X_val]), np.concatenate([Y, Y_val])
    low, high = X.min(axis=0), X.max(axis=0)
    middle, half = (low + high) / 2, np.where(high > low, (high - low) / 2, 1)
    W1, b1, W2, b2 = descend((X - middle) / half, Y, seed, seconds)
    return [(W1, b1, "relu"), (W2, b2, "identity")]


def _relu_on_every_layer(X, Y, X_val, Y_val, seed, seconds):
    X, Y = _together(X, Y, X_val, Y_val)
    middle, half = scaling(X)
    params = learn((X - middle) / half, Y, seed, epochs=EPOCHS, last_relu=True)
    return [(W, b, "relu") for W, b, _ in with_scaling(params, middle, half)]


def _sigmoid_returned(X, Y, X_val, Y_val, seed, seconds):
    return [(W, b, "sigmoid" if sigma == "relu" else sigma) for W, b, sigma in train(X, Y, X_val, Y_val, seed, seconds)]


def _start_returned(X, Y, X_val, Y_val, seed, seconds):
    middle, half = scaling(X)
    return with_scaling(learn((X - middle) / half, Y, seed, epochs=0), middle, half)


def _classes_reversed(X, Y, X_val, Y_val, seed, seconds):
    return train(X, Y[:, ::-1], X_val, Y_val[:, ::-1], seed, seconds)


def _zero_start(X, Y, X_val, Y_val, seed, seconds):
    middle, half = scaling(X)
    return with_scaling(learn((X - middle) / half, Y, seed, epochs=EPOCHS, start=0.0), middle, half)


def _linear(X, Y, X_val, Y_val, seed, seconds):
    X, Y = _together(X, Y, X_val, Y_val)
    rng, middle, half = np.random.default_rng(seed), *scaling(X)
    W, b = np.zeros((Y.shape[1], X.shape[1])), np.zeros(Y.shape[1])
    for _ in range(EPOCHS):
        for batch in np.split(rng.permutation(len(X)), range(64, len(X), 64)):
            Z_prev = (X[batch] - middle) / half
            Z = np.exp(Z_prev @ W.T + b)
            delta = (Z / Z.sum(axis=1, keepdims=True) - Y[batch]) / len(batch)
            W, b = W - 0.1 * delta.T @ Z_prev, b - 0.1 * delta.sum(axis=0)
    return [(W / half, b - (W / half) @ middle, "identity")]


def _first_layer_frozen(X, Y, X_val, Y_val, seed, seconds):
    X, Y = _together(X, Y, X_val, Y_val)
    middle, half = scaling(X)
    return with_scaling(learn((X - middle) / half, Y, seed, epochs=EPOCHS, frozen=(0, 1)), middle, half)


def _shuffled_apart(X, Y, X_val, Y_val, seed, seconds):
    X, Y = _together(X, Y, X_val, Y_val)
    rng = np.random.default_rng(seed)
    rng.shuffle(X)
    rng.shuffle(Y)
    middle, half = scaling(X)
    return with_scaling(learn((X - middle) / half, Y, seed, epochs=EPOCHS), middle, half)


def _validation_only(X, Y, X_val, Y_val, seed, seconds):
    return train(X_val, Y_val, X_val, Y_val, seed, seconds)


def _zero_spread(X, Y, X_val, Y_val, seed, seconds):
    X, Y = _together(X, Y, X_val, Y_val)
    mean, std = X.mean(axis=0), X.std(axis=0)
    return with_scaling(learn((X - mean) / std, Y, seed, epochs=EPOCHS, step_size=0.1), mean, std)


def _uphill(X, Y, X_val, Y_val, seed, seconds):
    middle, half = scaling(X)
    return with_scaling(learn((X - middle) / half, Y, seed, epochs=EPOCHS, step_size=-0.2), middle, half)


def _no_end(X, Y, X_val, Y_val, seed, seconds):
    while True:
        network = train(X, Y, X_val, Y_val, seed, seconds)
        if not network:
            return network


def _in_place(X, Y, X_val, Y_val, seed, seconds):
    middle, half = scaling(X)
    for images in (X, X_val):
        images -= middle
        images /= half
    return with_scaling(learn(*_together(X, Y, X_val, Y_val), seed), middle, half)


def _own_seed(X, Y, X_val, Y_val, seed, seconds):
    return train(X, Y, X_val, Y_val, None, seconds)


def _one_size(X, Y, X_val, Y_val, seed, seconds):
    X, Y = _together(X, Y, X_val, Y_val)
    order = np.random.default_rng(seed).permutation(1280)
    return train(X[order], Y[order], X_val, Y_val, seed, seconds)


MISTAKES = (
    Mistake(IN_OUT, _in_out, "In the course W is (out, in), so that a = W z + b: return W.T."),
    Mistake(
        PREDICTIONS,
        _predictions,
        "Return the network itself: a list with (W, b, sigma) for each layer. The check makes the predictions.",
    ),
    Mistake(SEPARATE, _separate, "Put what belongs to one layer together: list(zip(Ws, bs, sigmas))."),
    Mistake(
        SCALING,
        _not_scaled_back,
        "The network gets raw X. With (X - c) / s in training, return W / s and b - (W / s) @ c for the first layer.",
    ),
    Mistake(
        LAST_SIGMA,
        _relu_on_every_layer,
        'relu makes every negative output 0, and then there is no largest one: give the last layer "identity".',
    ),
    Mistake(OTHER_SIGMA, _sigmoid_returned, "The list has to name the sigma that was used in training."),
    Mistake(
        NOT_TRAINED,
        _start_returned,
        "Is it trained at all, and is it the trained network that you return? One stored beforehand is worth nothing "
        "here, since pixels and classes are shuffled afresh.",
    ),
    Mistake(ORDER_OF_CLASSES, _classes_reversed, "Output k of the last layer belongs to column k of Y."),
    Mistake(
        ONE_CLASS,
        _zero_start,
        "Do all weights start at 0, so that the hidden units stay alike? Has a step that was too large switched off "
        "all relu units? Or is something done to X in training that the network itself does not do?",
    ),
    Mistake(
        LINEAR,
        _linear,
        "Half of the images are negatives, and no linear model reads both kinds: add a hidden layer.",
    ),
    Mistake(
        FROZEN_LAYER,
        _first_layer_frozen,
        "Does the backward pass reach this layer, and are its W and b updated?",
    ),
    Mistake(
        GUESSING,
        _shuffled_apart,
        "Do images and labels still belong together: one order for X and Y? Are the steps of a sensible size, and the "
        "features scaled? Is everything that is done to X in training done by the network, too?",
    ),
    Mistake(
        VALIDATION_ONLY,
        _validation_only,
        "It knows the validation images by heart, the training images less well: learn from X and Y.",
    ),
    Mistake(
        CONSTANT_PIXEL,
        _zero_spread,
        "0 / 0 is nan: where the spread of a feature is 0, divide by 1.",
    ),
    Mistake(
        DIVERGED,
        _uphill,
        "Are the steps too large, or the features not scaled? Does the step go downhill, W - α ∂L/∂W?",
    ),
    Mistake(
        NO_END,
        _no_end,
        "It took three times as long as it may and was stopped. Count the epochs, and look at time.perf_counter().",
    ),
    Mistake(CHANGES, _in_place, "Make something new: X = X / s instead of X /= s.", share=0.5),
    Mistake(
        NOT_REPRODUCIBLE,
        _own_seed,
        "Draw everything from np.random.default_rng(seed), made inside of train, and keep nothing between calls.",
    ),
    Mistake(ONE_SIZE, _one_size, "The number of images is not always the same: take it from X.shape."),
)
