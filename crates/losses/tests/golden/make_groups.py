"""The numbers of `tests/groups.rs`: algorithm 1 of Sagawa et al. (2020) for batches, in NumPy, and its gradient by PyTorch.

    python make_groups.py
"""

import numpy as np
import torch

COUNTS = np.array([6, 3, 1])
STEPS = [
    ([0, 0, 1], [np.log(1), np.log(4), np.log(4)]),
    ([2, 0], [np.log(8), np.log(1)]),
    ([1, 2, 0], [np.log(2), np.log(1), np.log(4)]),
]


def step(q, groups, losses, eta, adjustment):
    """The new weights and the loss of one batch."""
    groups, losses, q = np.array(groups), np.array(losses), q.copy()
    means = {g: losses[groups == g].mean() for g in set(groups)}
    for g, mean in means.items():
        q[g] *= np.exp(eta * (mean + adjustment / np.sqrt(COUNTS[g])))
    q /= q.sum()
    return q, sum(q[g] * mean for g, mean in means.items())


def three_steps(eta, adjustment):
    q = np.full(3, 1 / 3)
    for groups, losses in STEPS:
        q, loss = step(q, groups, losses, eta, adjustment)
        print(f"  q {np.array2string(q, precision=12)}, loss {loss:.12f}")


def gradient():
    """The gradient of the logits of a batch in its first step, the weights constant."""
    logits = torch.tensor(
        [[0.3, -1.2, 2.0], [1.5, 0.1, -0.4], [0.0, 0.7, 0.2], [-2.0, 1.0, 0.5]], dtype=torch.float64, requires_grad=True
    )
    labels, groups = torch.tensor([2, 0, 0, 1]), torch.tensor([2, 0, 0, 1])
    losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    means = torch.stack([losses[groups == g].mean() for g in range(3)])
    q = torch.softmax(0.5 * (means.detach() + 2.0 / torch.sqrt(torch.tensor(COUNTS, dtype=torch.float64))), 0)
    loss = (q * means).sum()
    loss.backward()
    print(f"  q {q.numpy()}, loss {loss.item():.12f}")
    print(np.array2string(logits.grad.numpy(), precision=12, separator=", "))


print("step 1, no adjustment:")
three_steps(1.0, 0.0)
print("step 0.5, adjustment 2:")
three_steps(0.5, 2.0)
print("gradient, step 0.5, adjustment 2:")
gradient()
