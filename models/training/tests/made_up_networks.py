"""Networks for the tests: small ones, untrained."""

import torch

from continuo_training.harmonist import features as harmonist_features
from continuo_training.harmonist.training import HEADS as HARMONIST_HEADS
from continuo_training.networks.step_network import Shape, StepNetwork
from continuo_training.soloist import features as soloist_features
from continuo_training.soloist.training import HEADS as SOLOIST_HEADS

HIDDEN = {"gru": ((3, 6), (2, 4)), "lstm": ((3, 6), (2, 4)), "transformer": ((4, 6), (4, 6))}


def network(role="harmonist", family="gru", seed=0, loudness=None, hidden=None):
    """An untrained network; a recurrent one louder than it would begin, so that its logits are far from uniform."""
    loudness = loudness or (1.0 if family == "transformer" else 3.0)
    torch.manual_seed(seed)
    module = harmonist_features if role == "harmonist" else soloist_features
    heads = HARMONIST_HEADS if role == "harmonist" else SOLOIST_HEADS
    shape = Shape(
        family,
        (module.REGULAR // 12, module.FEATURES - module.REGULAR),
        hidden or HIDDEN[family],
        heads,
        0 if role == "harmonist" else soloist_features.PITCH,
        (2, 8, 2) if family == "transformer" else (0, 0, 0),
    )
    made = StepNetwork(shape)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(loudness)
    return made.eval()
