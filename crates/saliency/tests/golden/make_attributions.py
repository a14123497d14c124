"""Golden values for attributions, from Captum in double precision, and for quadrature, from NumPy.

usage: make_attributions.py OUT_DIR
Writes attributions.safetensors and quadrature.json. Weights and images are exactly representable in
single precision; results are rounded to it. Made with torch 2.15.0, captum 0.9.0, numpy 2.4.6 and safetensors 0.8.
"""
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import IntegratedGradients, Occlusion, Saliency
from resnet import ResNet18, representable, single
from safetensors.torch import save_file
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(20)
WIDTH, SIZE, COUNT, STEPS = 4, 24, 4, 200
# A rectifier's gradient jumps at zero. Where an input of one lies as near to zero as this for some step,
# rounding decides on which side single precision sees it, and no implementation could agree closely.
MARGIN = 8e-7
# One class for each image, so that an implementation that mixes them up is found out.
EACH = [1, 0, 0, 1]


def margin(image):
    """Least distance from zero of any rectifier's input on the way from black to the image."""
    shares = 0.5 * (1 + np.polynomial.legendre.leggauss(STEPS)[0])
    least = []
    rectify, F.relu = F.relu, lambda x: least.append(float(x.abs().min())) or rectify(x)
    with torch.no_grad():
        net(torch.from_numpy(shares)[:, None, None, None] * image)
    F.relu = rectify
    return min(least)


net = ResNet18(WIDTH)
norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
with torch.no_grad():
    for norm in norms:
        norm.weight.uniform_(0.7, 1.3)
        norm.bias.uniform_(-0.3, 0.3)
        norm.momentum = 1.0
    net.train()(torch.randn(64, 1, SIZE, SIZE))
    # Close to what such images have, so that no layer dies, and yet of its own.
    for norm in norms:
        norm.running_mean.add_(0.05 * torch.randn_like(norm.running_mean))
        norm.running_var.mul_(torch.empty_like(norm.running_var).uniform_(0.8, 1.25))
    for tensor in [*net.parameters(), *(buffer for buffer in net.buffers() if buffer.is_floating_point())]:
        tensor.copy_(representable(tensor))
net.eval()
images = []
while len(images) < COUNT:
    image = representable(torch.randn(1, 1, SIZE, SIZE))
    if margin(image) > MARGIN:
        images.append(image)
images = torch.cat(images)

integrated, occlusion = IntegratedGradients(net), Occlusion(net)
data = {f"model.{name}": single(value) for name, value in net.state_dict().items() if value.is_floating_point()}
data["images"] = single(images)
data["logits"] = single(net(images))
data["gradient.each"] = single(Saliency(net).attribute(images.clone(), target=torch.tensor(EACH), abs=False))
for steps, target in [(STEPS, 1), (3, EACH)]:
    name = f"integrated_gradients.{steps}"
    values, delta = integrated.attribute(
        images, target=target if target == 1 else torch.tensor(target), n_steps=steps, return_convergence_delta=True
    )
    data[name], data[f"{name}.delta"] = single(values), single(delta)
for window, stride, target in [(2, 2, 1), (5, 5, torch.tensor(EACH)), (7, 3, 1)]:
    values = occlusion.attribute(
        images, sliding_window_shapes=(1, window, window), strides=(1, stride, stride), baselines=0, target=target
    )
    data[f"occlusion.{window}.{stride}"] = single(values)
data = {name: value.contiguous() for name, value in data.items()}
save_file(data, f"{sys.argv[1]}/attributions.safetensors")

rules = []
for points in [1, 2, 5, 50, 200]:
    nodes, weights = np.polynomial.legendre.leggauss(points)
    rules.append(dict(points=points, nodes=nodes.tolist(), weights=weights.tolist()))
with open(f"{sys.argv[1]}/quadrature.json", "w") as file:
    json.dump(rules, file)

print(torch.__version__, np.__version__, net(images))
print({name: float(value.abs().max()) for name, value in data.items() if not name.startswith("model.")})
