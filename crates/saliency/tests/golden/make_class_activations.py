"""Golden values of class activation maps, from Captum and pytorch-grad-cam in double precision.

usage: make_class_activations.py OUT_DIR
Writes class_activations.safetensors: weights of a small network with two taps, images, and for each tap and map the values. All
inputs are exactly representable in single precision; results are rounded to it. Made with torch 2.15.0, captum 0.9.0 and
grad-cam 1.5.7; grad-cam's maps are taken before it scales them to [0, 1], except those under `.shown`, which are what it returns.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import LayerActivation, LayerGradCam, LayerGradientXActivation
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, HiResCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from safetensors.torch import save_file
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(4)
# A class for each image, so that an implementation that mixes them up is found out.
EACH = [2, 0, 1]


class TwoLayer(nn.Module):
    """tap2024's network of two convolutions; its taps are the pooled rectified outputs."""

    def __init__(self, width, side, classes):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, width, 3, 1, 1), nn.Conv2d(width, width, 3)
        self.fc = nn.Linear(width * ((side // 2 - 2) // 2) ** 2, classes)
        self.first, self.second = nn.Identity(), nn.Identity()

    def forward(self, x):
        x = self.first(F.max_pool2d(F.relu(self.conv1(x)), 2))
        x = self.second(F.max_pool2d(F.relu(self.conv2(x)), 2))
        return self.fc(x.flatten(1))


def single(tensor):
    return tensor.detach().to(torch.float32).contiguous().clone()


net = TwoLayer(6, 20, 3).eval()
with torch.no_grad():
    for tensor in net.parameters():
        tensor.copy_(single(tensor).to(torch.float64))
images = single(torch.randn(3, 1, 20, 20)).to(torch.float64)
target = torch.tensor(EACH)
data = {f"model.{name}": single(value) for name, value in net.state_dict().items()}
data["images"], data["logits"] = single(images), single(net(images))
for place, layer in enumerate([net.first, net.second]):
    data[f"tap{place}.captum.grad_cam"] = single(LayerGradCam(net, layer).attribute(images, target=target))
    product = LayerGradientXActivation(net, layer).attribute(images, target=target)
    data[f"tap{place}.captum.hirescam"] = single(product.sum(1, keepdim=True))
    data[f"tap{place}.captum.activation"] = single(LayerActivation(net, layer).attribute(images).sum(1, keepdim=True))
    for name, kind in [("grad_cam", GradCAM), ("hirescam", HiResCAM), ("grad_cam_plus_plus", GradCAMPlusPlus)]:
        cam = kind(model=net, target_layers=[layer])
        shown = cam(input_tensor=images, targets=[ClassifierOutputTarget(label) for label in EACH])
        activations = cam.activations_and_grads.activations[0].numpy()
        gradients = cam.activations_and_grads.gradients[0].numpy()
        raw = cam.get_cam_image(images, layer, EACH, activations, gradients, False)
        data[f"tap{place}.pytorch_grad_cam.{name}"] = single(torch.from_numpy(np.asarray(raw))[:, None])
        data[f"tap{place}.pytorch_grad_cam.{name}.shown"] = single(torch.from_numpy(np.asarray(shown))[:, None])
save_file(data, f"{sys.argv[1]}/class_activations.safetensors")
print({name: (tuple(value.shape), float(value.abs().max())) for name, value in data.items() if "tap" in name})
