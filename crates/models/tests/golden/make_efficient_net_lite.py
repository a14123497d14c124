"""Golden values of EfficientNet-Lite0, from PyTorch.

usage: make_efficient_net_lite.py OUT_DIR
Writes efficient_net_lite.safetensors: weights of a narrow network, images of two sizes (one odd, so that all margins of
TensorFlow's are there), logits and the input gradients of the first class's logit, in double precision rounded to single. Made
with torch 2.15.0 and safetensors 0.8.
"""
import math
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
PERCENT, LAST, CLASSES = 10, 24, 5
STAGES = [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)]


def scaled(channels):
    exact = channels * PERCENT / 100
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * exact else rounded


class Same(nn.Conv2d):
    """Margins as TensorFlow's SAME."""

    def forward(self, x):
        margins = []
        for length, kernel, stride in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1]):
            needed = max((math.ceil(length / stride) - 1) * stride + kernel - length, 0)
            margins += [needed // 2, needed - needed // 2]
        return super().forward(F.pad(x, margins))


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3)


class Block(nn.Module):
    def __init__(self, inputs, outputs, expansion, kernel, stride):
        super().__init__()
        hidden = inputs * expansion
        if expansion != 1:
            self.expand_conv, self.bn0 = Same(inputs, hidden, 1, bias=False), norm(hidden)
        self.depthwise_conv = Same(hidden, hidden, kernel, stride, groups=hidden, bias=False)
        self.bn1 = norm(hidden)
        self.project_conv, self.bn2 = Same(hidden, outputs, 1, bias=False), norm(outputs)
        self.expands, self.shortcut = expansion != 1, stride == 1 and inputs == outputs

    def forward(self, x):
        y = F.relu6(self.bn0(self.expand_conv(x))) if self.expands else x
        y = self.bn2(self.project_conv(F.relu6(self.bn1(self.depthwise_conv(y)))))
        return y + x if self.shortcut else y


class Lite(nn.Module):
    def __init__(self):
        super().__init__()
        inputs = scaled(32)
        self.conv_stem, self.bn0, self.blocks = Same(3, inputs, 3, 2, bias=False), norm(inputs), nn.ModuleList()
        for expansion, kernel, stride, outputs, count in STAGES:
            for place in range(count):
                self.blocks.append(Block(inputs, scaled(outputs), expansion, kernel, stride if place == 0 else 1))
                inputs = scaled(outputs)
        self.conv_head, self.bn1, self.fc = Same(inputs, LAST, 1, bias=False), norm(LAST), nn.Linear(LAST, CLASSES)

    def forward(self, x):
        x = F.relu6(self.bn0(self.conv_stem(x)))
        for block in self.blocks:
            x = block(x)
        x = F.relu6(self.bn1(self.conv_head(x)))
        return self.fc(x.mean((2, 3)))


def single(tensor):
    return tensor.detach().to(torch.float32).contiguous().clone()


net = Lite()
norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
with torch.no_grad():
    for module in norms:
        module.weight.uniform_(0.7, 1.3)
        module.bias.uniform_(-0.3, 0.8)
        module.momentum = 1.0
    net.train()(torch.randn(32, 3, 64, 64))
    for tensor in [*net.parameters(), *(buffer for buffer in net.buffers() if buffer.is_floating_point())]:
        tensor.copy_(single(tensor).to(torch.float64))
net.eval()
data = {f"model.{name}": single(value) for name, value in net.state_dict().items() if value.is_floating_point()}
for name, size in [("even", (64, 96)), ("odd", (65, 51))]:
    images = single(torch.randn(2, 3, *size)).to(torch.float64).requires_grad_()
    logits = net(images)
    (gradient,) = torch.autograd.grad(logits[:, 0].sum(), images)
    data[f"{name}.images"], data[f"{name}.logits"] = single(images), single(logits)
    data[f"{name}.gradient"] = single(gradient)
    print(name, logits)
save_file(data, f"{sys.argv[1]}/efficient_net_lite.safetensors")
