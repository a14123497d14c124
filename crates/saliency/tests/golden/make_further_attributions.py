"""Golden values of further attributions, from Captum, SciPy and NumPy in double precision.

usage: make_further_attributions.py DIR
Reads attributions.safetensors of DIR (make_attributions.py) for the network and images; writes further_attributions.safetensors.
Made with torch 2.15.0, captum 0.9.0, scipy 1.17.1, numpy 2.4.6 and safetensors 0.8.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import InputXGradient, IntegratedGradients, NoiseTunnel, Occlusion, Saliency
from resnet import ResNet18, representable, single
from safetensors.torch import load_file, save_file
from scipy.ndimage import gaussian_filter

torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
EACH, SAMPLES, STEPS, DELETED = torch.tensor([1, 0, 0, 1]), 6, 5, 12
# As in make_attributions.py.
MARGIN = 8e-7

stored = load_file(f"{sys.argv[1]}/attributions.safetensors")
net = ResNet18(4)
net.load_state_dict({name[6:]: value for name, value in stored.items() if name.startswith("model.")}, strict=False)
net.eval()
images = stored["images"].to(torch.float64)


def margin(inputs):
    """Least distance from zero of any rectifier's input."""
    least = []
    rectify, F.relu = F.relu, lambda x: least.append(float(x.abs().min())) or rectify(x)
    with torch.no_grad():
        net(inputs)
    F.relu = rectify
    return min(least)


data = {"input_x_gradient": InputXGradient(net).attribute(images, target=EACH)}

# SmoothGrad, with noise that is stored: Captum draws its own by torch.normal, image by image.
noise = []
for image in images:
    while True:
        drawn = representable(0.25 * torch.randn(SAMPLES, *image.shape))
        if margin(image + drawn) > MARGIN:
            break
    noise.append(drawn)
noise = torch.stack(noise)
normal, torch.normal = torch.normal, lambda *_: noise.flatten(0, 1)
tunnel = NoiseTunnel(Saliency(net))
data["smoothgrad"] = tunnel.attribute(images, nt_type="smoothgrad", nt_samples=SAMPLES, target=EACH, abs=False)
torch.normal = normal
data["smoothgrad.noise"] = noise

blurred = torch.from_numpy(gaussian_filter(images.numpy(), (0, 0, 2.0, 2.0), mode="nearest", truncate=4.0))
baselines = {"value": torch.full_like(images, 0.3), "mean": images.mean((2, 3), keepdim=True).expand_as(images), "blurred": blurred}
shares = torch.from_numpy(0.5 * (1 + np.polynomial.legendre.leggauss(STEPS)[0]))[:, None, None, None]
for name, baseline in baselines.items():
    print(name, min(margin(start + shares * (end - start)) for start, end in zip(baseline, images)))
    values, delta = IntegratedGradients(net).attribute(
        images, baselines=baseline.contiguous(), target=EACH, n_steps=STEPS, return_convergence_delta=True
    )
    data[f"integrated_gradients.{name}"], data[f"integrated_gradients.{name}.delta"] = values, delta
    data[f"occlusion.{name}"] = Occlusion(net).attribute(
        images, sliding_window_shapes=(1, 7, 7), strides=(1, 3, 3), baselines=baseline.contiguous(), target=EACH
    )

# Deletion and insertion (Petsiuk et al. 2018), in the order of the stored input gradients.
pixels = images[0].numel()
for name, start, end in [("deletion", images, torch.zeros_like(images)), ("insertion", blurred, images)]:
    curves = []
    for place, label in enumerate(EACH):
        order = np.argsort(-stored["gradient.each"][place].numpy().ravel(), kind="stable")
        current, probabilities = start[place].flatten().clone(), []
        for step in range(DELETED + 1):
            chosen = order[: step * pixels // DELETED]
            current[chosen] = end[place].flatten()[chosen]
            with torch.no_grad():
                probabilities.append(float(net(current.view(1, 1, 24, 24)).softmax(1)[0, label]))
        curves.append(probabilities)
    data[name] = torch.tensor(curves)
    areas = data[name].sum(1) - (data[name][:, 0] + data[name][:, -1]) / 2
    data[f"{name}.area"] = areas / DELETED

save_file({name: single(value).contiguous() for name, value in data.items()}, f"{sys.argv[1]}/further_attributions.safetensors")
print({name: float(value.abs().max()) for name, value in data.items()})
