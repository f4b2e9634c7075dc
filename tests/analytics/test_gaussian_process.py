"""The process must say what the textbook's formulas say, and learn of an example only when it is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.forecast.gaussian_process import (
    NOISES,
    Inputs,
    doubt,
    kernel,
    learn,
    mix_of,
    predict_as_known,
    weights_of,
)
from pipeline.errors import ModelError

EXAMPLES, OUTPUTS = 40, 3
RNG = np.random.default_rng(5)


def some_inputs(examples: int = EXAMPLES) -> Inputs:
    return Inputs(RNG.normal(size=(examples, 4)), RNG.normal(size=(examples, 2)))


def first(inputs: Inputs, examples: int) -> Inputs:
    return Inputs(inputs.smooth[:examples], inputs.linear[:examples])


@given(known=st.lists(st.integers(1, EXAMPLES), min_size=1, max_size=5))
def test_a_prediction_is_that_of_a_process_which_learnt_from_the_known_examples_alone(known: list[int]) -> None:
    inputs, ahead = some_inputs(), some_inputs(len(known))
    noise, change = RNG.uniform(0.1, 1, EXAMPLES), RNG.normal(size=(EXAMPLES, OUTPUTS))

    found = predict_as_known(inputs, noise, change, ahead, np.array(known))

    for row, count in enumerate(known):
        learnt = weights_of(first(inputs, count), noise[:count], change[:count])
        alone = kernel(first(ahead, len(known)), first(inputs, count))[row] @ learnt
        assert found[row] == pytest.approx(alone)


def test_errors_left_out_are_those_of_leaving_each_example_out() -> None:
    inputs = some_inputs()
    change = inputs.linear @ RNG.normal(size=(2, OUTPUTS)) + RNG.normal(size=(EXAMPLES, OUTPUTS)) / 5

    found = learn(inputs, change[None])

    by_noise = []
    for variance in NOISES:
        errors = []
        for left in range(EXAMPLES):
            others = np.delete(np.arange(EXAMPLES), left)
            rest = Inputs(inputs.smooth[others], inputs.linear[others])
            weights = weights_of(rest, np.full(len(others), variance), change[others])
            errors.append(change[left] - kernel(inputs, rest)[left] @ weights)
        by_noise.append(np.abs(errors).mean())
    assert found.missed == pytest.approx(min(by_noise))
    assert np.median(found.noise) == pytest.approx(NOISES[int(np.argmin(by_noise))], rel=0.05)


def test_an_example_unlike_all_others_is_believed_less() -> None:
    errors = RNG.normal(size=(EXAMPLES, OUTPUTS))
    errors[7] *= 20

    found = doubt(errors)

    assert found.argmax() == 7
    assert found[7] > 20
    assert np.median(found) == pytest.approx(1, rel=0.05)
    assert found.min() >= 0.75
    assert np.isfinite(doubt(np.zeros((5, 2)))).all()


def test_a_broken_example_spoils_no_prediction() -> None:
    inputs, ahead = some_inputs(200), some_inputs(50)
    slope = np.array([[1.0], [2.0]])
    change = inputs.linear @ slope
    change[::20] += 30.0

    found = learn(inputs, change[None])

    told = kernel(ahead, inputs) @ weights_of(inputs, found.noise, change)
    trusting = kernel(ahead, inputs) @ weights_of(inputs, np.full(200, np.median(found.noise)), change)
    truth = ahead.linear @ slope
    assert np.abs(told - truth).mean() < 0.5 * np.abs(trusting - truth).mean()


def test_bases_are_mixed_so_that_their_errors_cancel() -> None:
    error = RNG.normal(size=(EXAMPLES, OUTPUTS))

    mix = mix_of(np.stack([error, -3 * error]))

    assert mix == pytest.approx([0.75, 0.25])


def test_examples_that_cannot_be_told_apart_are_refused() -> None:
    alike = Inputs(np.zeros((3, 1)), np.full((3, 1), 1e9))

    with pytest.raises(ModelError, match="too much alike"):
        weights_of(alike, np.full(3, 0.1), np.zeros((3, 1)))
