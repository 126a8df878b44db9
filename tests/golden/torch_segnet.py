"""The baseline in PyTorch, written from its definition: 3x3 convolutions without bias, each with batch norm and
ReLU; four 2x2 max-pools whose indices place the values on the way up. The names of the state dict are those of
segwork's checkpoints."""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 3
ENCODER = ((2, 1), (2, 2), (3, 4), (3, 8))  # convolutions, width in units of the first
DECODER = ((3, 4), (3, 2), (2, 1), (2, 0))  # the same on the way up; 0: the classes


class Stage(nn.Module):
    def __init__(self, widths):
        super().__init__()
        layers = []
        for before, after in zip(widths, widths[1:]):
            layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.seq = nn.Sequential(*layers)


class SegNet(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.bn_input = nn.BatchNorm2d(3)
        have = 3
        for i, (convs, wide) in enumerate(ENCODER):
            self.add_module(f"dc{i + 1}", Stage([have] + convs * [wide * width]))
            have = wide * width
        for i, (convs, wide) in enumerate(DECODER):
            self.add_module(f"uc{4 - i}", Stage(convs * [have] + [wide * width or CLASSES]))
            have = wide * width

    def forward(self, x):
        x, places = self.bn_input(x), []
        for i in range(1, 5):
            x = getattr(self, f"dc{i}").seq(x)
            places.append(x.shape[-2:])
            x, indices = F.max_pool2d(x, 2, return_indices=True)
            places.append(indices)
        for i in range(4, 0, -1):
            indices, size = places.pop(), places.pop()
            x = getattr(self, f"uc{i}").seq(F.max_unpool2d(x, indices, 2, output_size=size))
        return x


# ---- weights by rule: what would otherwise be a megabyte in the repository ---------------------------------
def rule(name, count):
    """`count` float32 numbers in [-1, 1) that depend on the tensor's name alone (also in support/golden_model.c)"""
    h = 2166136261
    for byte in name.encode():
        h = (h ^ byte) * 16777619 & 0xFFFFFFFF
    x = (np.arange(count, dtype=np.uint64) * 0x9E3779B9 + h).astype(np.uint32)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    x ^= x >> np.uint32(16)
    return ((x >> np.uint32(8)).astype(np.int32) - 2**23).astype(np.float32) * np.float32(2.0**-23)


def rule_tensor(name, shape):
    v = rule(name, int(np.prod(shape)))
    if len(shape) == 4:
        v = v * np.float32(1 / np.sqrt(np.prod(shape[1:])))
    elif name.endswith(("weight", "running_var")):
        v = np.float32(1) + np.float32(0.5) * v
    else:
        v = np.float32(0.25) * v
    return v.reshape(shape)


def weights_by_rule(net):
    """A state dict for the network: nothing in it is 0, 1 or alike"""
    state = net.state_dict()
    for name, t in state.items():
        if not name.endswith("num_batches_tracked"):
            state[name] = torch.from_numpy(rule_tensor(name, tuple(t.shape)))
    return state


# ---- the same mathematics with other roundings -------------------------------------------------------------
class Variant:
    """How PyTorch computes: the order of its sums, and so its roundings, differs between these."""

    def __init__(self, name, dtype=torch.float32, channels_last=False, mkldnn=True, reverse=False):
        self.name, self.dtype, self.channels_last = name, dtype, channels_last
        self.mkldnn, self.reverse = mkldnn, reverse

    def network(self, width, state):
        net = SegNet(width).to(self.dtype)
        net.load_state_dict(state)
        return net.to(memory_format=torch.channels_last) if self.channels_last else net

    def batch(self, images, labels):
        x = torch.from_numpy(np.ascontiguousarray(images)).to(self.dtype)
        y = torch.from_numpy(np.ascontiguousarray(labels)).long()
        if self.reverse:
            x, y = x.flip(0), y.flip(0)
        return x.contiguous(memory_format=torch.channels_last if self.channels_last else torch.contiguous_format), y

    def in_order(self, logits):
        return logits.flip(0) if self.reverse else logits


EXACT = Variant("double", torch.float64)
SINGLES = (Variant("single"), Variant("channels last", channels_last=True), Variant("without mkldnn", mkldnn=False),
           Variant("images reversed", reverse=True))


def nudged(state, seed):
    """The weights with their last two bits changed at random: by as much as a few roundings more or less would"""
    generator = torch.Generator().manual_seed(seed)
    return {k: t * (1 + 2.0**-22 * (2 * torch.rand(t.shape, generator=generator) - 1)) if t.is_floating_point() else t
            for k, t in state.items()}


def one_step(variant, width, state, images, labels):
    """Training logits, loss, gradients, running statistics after one pass, and then the evaluation's logits."""
    net = variant.network(width, state)
    x, y = variant.batch(images, labels)
    with torch.backends.mkldnn.flags(enabled=variant.mkldnn):
        logits = net.train()(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        with torch.no_grad():
            evaluated = net.eval()(x)
    found = {"grad." + k: p.grad for k, p in net.named_parameters()}
    found.update({"state." + k: b for k, b in net.named_buffers() if "num_batches" not in k})
    found.update(loss=loss, logits=variant.in_order(logits), eval_logits=variant.in_order(evaluated))
    return {k: v.detach().contiguous().double().numpy() for k, v in found.items()}


def trace(variant, width, state, batches, steps, make_optimizer):
    """The loss of each of so many steps; batches: list of (images, labels), taken in turn"""
    net = variant.network(width, state).train()
    optimizer = make_optimizer(net.parameters())
    losses = []
    with torch.backends.mkldnn.flags(enabled=variant.mkldnn):
        for step in range(steps):
            x, y = variant.batch(*batches[step % len(batches)])
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return np.array(losses)


# Small rates: from step to step the loss is then reproducible for longer (README.md)
def adam(parameters):
    return torch.optim.Adam(parameters, 1e-4)


def sgd(parameters):
    return torch.optim.SGD(parameters, 1e-3, momentum=0.9)
