"""Activations, group norm and local response norm: forward and backward of small cases, by PyTorch in double
precision. Beside a result R stands R.size: the sum of the absolute values of the terms it is made of."""
import torch
from torch import nn

from golden_file import Cases
from golden_ops import choice, numbers


# ---- activations -----------------------------------------------------------------------------------------
def sizes(op, x, dy):
    """Sizes of the terms: of a sigmoid's 1 - s what it is a difference of, of silu's slope its three terms."""
    s = torch.sigmoid(x)
    if op == "sigmoid":
        return dict(y__size=s, dx__size=dy.abs() * s)
    if op == "silu":
        return dict(y__size=x.abs() * s, dx__size=dy.abs() * s * (1 + x.abs()))
    return {}


def activation(out, op, case, module, x, **attributes):
    x = x.clone().requires_grad_()
    y = module(x)
    dy = numbers(op + case + "dy", x.shape)
    y.backward(dy)
    out.add(f"{op}.{case}", attributes, x=x, y=y, dy=dy, dx=x.grad, **sizes(op, x.detach(), dy))


def activations(out):
    for case, x in (("odd size", numbers("odd", (2, 3, 5, 7), -3, 3)), ("vectors", numbers("vec", (1, 16, 4, 4), -3, 3)),
                    ("zeros", choice("zero", (1, 4, 3, 3), [-1, 0, 1])), ("far from 0", numbers("far", (1, 8, 2, 3), -60, 60))):
        activation(out, "relu", case, nn.ReLU(), x)
        activation(out, "leaky_relu", case, nn.LeakyReLU(0.125), x, slope=0.125)
        activation(out, "sigmoid", case, nn.Sigmoid(), x)
        activation(out, "silu", case, nn.SiLU(), x)
    activation(out, "leaky_relu", "usual slope", nn.LeakyReLU(), numbers("usual", (1, 3, 3, 3), -3, 3), slope=0.01)
    nans = choice("nan", (1, 4, 4, 4), [-1, 1, float("nan"), float("inf"), float("-inf")])
    activation(out, "relu", "nan and infinity", nn.ReLU(), nans)
    activation(out, "leaky_relu", "nan and infinity", nn.LeakyReLU(0.5), nans, slope=0.5)


# ---- group norm ------------------------------------------------------------------------------------------
def group_norm(out, case, x, groups, eps=1e-5, relu=False):
    channels = x.shape[1]
    norm = nn.GroupNorm(groups, channels, eps=eps).double()
    weight, bias = numbers(case + "w", (channels,), 0.5, 1.5), numbers(case + "b", (channels,))
    norm.load_state_dict(dict(weight=weight, bias=bias))
    x = x.clone().requires_grad_()
    y = norm(x).relu() if relu else norm(x)
    dy = numbers(case + "dy", x.shape)
    y.backward(dy)

    def per_group(v):  # the mean over each image's groups, at every value of them
        n, c, h, w = v.shape
        return v.reshape(n, groups, -1).mean(2)[:, :, None].expand(n, groups, c // groups * h * w).reshape(v.shape)

    value = x.detach()
    mean = per_group(value)
    istd = 1 / torch.sqrt(per_group((value - mean) ** 2) + eps)
    # (|x|+|mean|)/std is the size of the normalised value, however much of it cancels
    normed = (value.abs() + mean.abs()) * istd
    scale, g = weight[None, :, None, None].abs(), (dy * ((y > 0) | (not relu))).abs()
    out.add(f"group_norm.{case}", dict(groups=groups, eps=eps, relu=relu), x=x, weight=weight, bias=bias, dy=dy,
            y=y, y__size=normed * scale + bias.abs()[None, :, None, None], dx=x.grad,
            dx__size=istd * (scale * g + per_group(scale * g) + normed * per_group(scale * g * normed)),
            dweight=norm.weight.grad, dweight__size=(g * normed).sum((0, 2, 3)), dbias=norm.bias.grad,
            dbias__size=g.sum((0, 2, 3)))


def group_norms(out):
    group_norm(out, "groups of two", numbers("g2", (2, 6, 3, 5)), 3)
    group_norm(out, "groups of one", numbers("g1", (2, 4, 3, 3)), 4)
    group_norm(out, "one group", numbers("all", (2, 5, 3, 4)), 1)
    group_norm(out, "relu", numbers("g relu", (2, 16, 4, 4)), 4, relu=True)
    group_norm(out, "eps", numbers("g eps", (2, 8, 3, 3)), 2, eps=0.1)
    group_norm(out, "far from 0", numbers("g far", (2, 6, 4, 4)) + 100, 2)
    group_norm(out, "constant group", torch.full((2, 4, 3, 3), 0.25, dtype=torch.double), 2)


# ---- local response norm ---------------------------------------------------------------------------------
def response_norm(out, case, x, size, alpha=1e-4, beta=0.75, k=1.0):
    norm = nn.LocalResponseNorm(size, alpha, beta, k)
    x = x.clone().requires_grad_()
    y = norm(x)
    dy = numbers(case + "dy", x.shape)
    y.backward(dy)
    value, channels = x.detach(), x.shape[1]
    denominator = (value / y.detach()) ** (1 / beta)  # no value here is 0
    own = dy.abs() * denominator ** -beta
    term = (2 * alpha / size * beta * own * value.abs() / denominator)
    dx_size = own.clone()
    for c in range(channels):  # what dy[c] gives to each x of its window
        first, end = max(c - size // 2, 0), min(c + (size - 1) // 2 + 1, channels)
        dx_size[:, first:end] += term[:, c : c + 1] * value[:, first:end].abs()
    out.add(f"local_response_norm.{case}", dict(size=size, alpha=alpha, beta=beta, k=k), x=x, y=y, dy=dy, dx=x.grad,
            dx__size=dx_size)


def response_norms(out):
    response_norm(out, "as usual", numbers("lrn", (2, 8, 3, 5)), 5)
    response_norm(out, "heavy", numbers("heavy", (2, 17, 3, 3)), 5, alpha=1)
    response_norm(out, "even window", numbers("even", (2, 7, 3, 3)), 4, alpha=1, beta=0.5, k=2.0)
    response_norm(out, "window of two", numbers("two", (1, 5, 2, 3)), 2, alpha=2, beta=1.0)
    response_norm(out, "wider than the channels", numbers("wide", (2, 3, 3, 4)), 9, alpha=1)
    response_norm(out, "one channel", numbers("one", (1, 1, 3, 4)), 5, alpha=1)


def write(path):
    out = Cases()
    activations(out)
    group_norms(out)
    response_norms(out)
    out.write(path)
