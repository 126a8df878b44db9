"""Ops: forward and backward of small cases, by PyTorch in double precision.

Beside a float result R stands R.size: per element the sum of the absolute values of the terms it is made of.
A single-precision evaluation in any order errs by a small multiple of eps times that (see README.md)."""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from golden_file import Cases


def numbers(name, shape, low=-1.0, high=1.0):
    """Numbers of a case, its own whatever else is generated; rounded to float32 as the file holds them."""
    rng = np.random.default_rng([ord(c) for c in name])
    return torch.from_numpy(rng.uniform(low, high, shape).astype(np.float32)).double()


def choice(name, shape, values):
    rng = np.random.default_rng([ord(c) for c in name])
    return torch.from_numpy(rng.choice(np.array(values, np.float64), shape))


# ---- pooling: exact --------------------------------------------------------------------------------------
def pool_case(out, case, x):
    """max-pool, and max-unpool with its offsets of something else, of the same odd or even size"""
    x.requires_grad_()
    y, indices = F.max_pool2d(x, 2, return_indices=True)
    dy = choice(case + "dy", y.shape, range(-8, 9))
    y.backward(dy)
    out.add(f"max_pool.{case}", {}, x=x, y=y, indices=indices, dy=dy, dx=x.grad)
    z = choice(case + "z", y.shape, range(1, 9)).requires_grad_()
    up = F.max_unpool2d(z, indices, 2, output_size=x.shape[-2:])
    dup = choice(case + "dup", up.shape, range(-8, 9))
    up.backward(dup)
    out.add(f"max_unpool.{case}", {}, x=z, indices=indices, y=up, dy=dup, dx=z.grad)


def pools(out):
    pool_case(out, "ties", choice("ties", (2, 5, 6, 8), [0, 0.5, 1]))
    pool_case(out, "relu zeros", numbers("zeros", (1, 16, 4, 8)).clamp(min=0))
    pool_case(out, "odd size", choice("odd", (1, 17, 7, 5), [0, 0, 1, 2]))
    pool_case(out, "smallest", choice("one", (1, 1, 2, 3), [0, 1]))
    pool_case(out, "nan and infinity", choice("nan", (2, 3, 8, 8), [0, 1, np.nan, np.inf, -np.inf]))
    pool_case(out, "all nan", torch.full((1, 2, 2, 4), np.nan, dtype=torch.double))
    pool_case(out, "all minus infinity", torch.full((1, 2, 2, 4), -np.inf, dtype=torch.double))


def resizers(out):
    for case, shape in (("even", (2, 3, 4, 4)), ("odd size", (1, 5, 5, 3))):
        x = choice(case, shape, range(-8, 9)).requires_grad_()
        y = F.avg_pool2d(x, 2)
        dy = choice(case + "dy", y.shape, range(-8, 9))
        y.backward(dy)
        out.add(f"average_pool.{case}", {}, x=x, y=y, dy=dy, dx=x.grad)
        x = choice(case, shape, range(-8, 9)).requires_grad_()
        y = F.interpolate(x, scale_factor=2, mode="nearest")
        dy = choice(case + "dup", y.shape, range(-8, 9))
        y.backward(dy)
        out.add(f"upsample.{case}", {}, x=x, y=y, dy=dy, dx=x.grad)


# ---- convolution -----------------------------------------------------------------------------------------
def conv_case(out, case, shape, width, kernel, bias=False, depthwise=False):
    op, groups = ("depthwise_conv2d", shape[1]) if depthwise else ("conv2d", 1)
    x, w = numbers(case + "x", shape), numbers(case + "w", (width, shape[1] // groups, kernel, kernel))
    b = numbers(case + "b", (width,)) if bias else None
    dy = numbers(case + "dy", (shape[0], width, *shape[2:]))

    def run(x, w, b, dy):
        x, w = x.clone().requires_grad_(), w.clone().requires_grad_()
        b = b.clone().requires_grad_() if bias else None
        y = F.conv2d(x, w, b, padding=kernel // 2, groups=groups)
        y.backward(dy)
        return dict(y=y, dx=x.grad, dweight=w.grad, dbias=b.grad if bias else None)

    results = run(x, w, b, dy)
    sizes = run(x.abs(), w.abs(), b.abs() if bias else None, dy.abs())  # linear in each: the terms' sizes
    results.update({f"{k}__size": v for k, v in sizes.items()})
    out.add(f"{op}.{case}", dict(kernel=kernel), x=x, weight=w, bias=b, dy=dy, **results)


def convolutions(out):
    conv_case(out, "3x3 odd size", (2, 3, 5, 7), 4, 3)
    conv_case(out, "3x3 vectors", (1, 16, 3, 3), 16, 3)
    conv_case(out, "1x1 with bias", (2, 5, 3, 4), 3, 1, bias=True)
    conv_case(out, "5x5 with bias", (1, 2, 6, 5), 3, 5, bias=True)
    conv_case(out, "7x7 wider than the image", (1, 2, 4, 3), 2, 7)
    conv_case(out, "3x3", (2, 5, 5, 7), 5, 3, depthwise=True)


# ---- batch norm ------------------------------------------------------------------------------------------
def norm_sizes(x, dy, weight, bias, mean, var, eps, relu_mask):
    """Sizes of the terms of y and of the gradients; (|x|+|mean|)/std is the size of the normalised value,
    however much of it cancels."""
    def c(v):
        return v[None, :, None, None]

    over = (0, 2, 3)
    istd = 1 / torch.sqrt(var + eps)
    normed = (x.abs() + c(mean.abs())) * c(istd)
    g = (dy * relu_mask).abs()
    y = normed * c(weight.abs()) + c(bias.abs())
    dx = c(weight.abs() * istd) * (g + c(g.mean(over)) + normed * c((g * normed).mean(over)))
    return dict(y__size=y, dx__size=dx, dweight__size=(g * normed).sum(over), dbias__size=g.sum(over))


def norm_case(out, case, x, eps=1e-5, momentum=0.1, relu=False, weight=None, bias=None):
    """A training batch, then evaluation of the same batch with the running statistics it left."""
    channels = x.shape[1]
    norm = nn.BatchNorm2d(channels, eps=eps, momentum=momentum).double()
    weight = numbers(case + "w", (channels,), 0.5, 1.5) if weight is None else weight
    bias = numbers(case + "b", (channels,)) if bias is None else bias
    norm.load_state_dict(dict(weight=weight, bias=bias, running_mean=numbers(case + "m", (channels,)),
                              running_var=numbers(case + "v", (channels,), 0.5, 2),
                              num_batches_tracked=torch.tensor(3)))
    before = {k: v.clone() for k, v in norm.state_dict().items()}
    x = x.clone().requires_grad_()
    y = norm(x).relu() if relu else norm(x)
    dy = numbers(case + "dy", x.shape)
    y.backward(dy)
    mean, var = x.detach().mean((0, 2, 3)), x.detach().var((0, 2, 3), unbiased=False)
    mask = (y.detach() > 0).double() if relu else torch.ones_like(dy)
    sizes = norm_sizes(x.detach(), dy, weight, bias, mean, var, eps, mask)
    norm.eval()
    evaluated = norm(x).relu() if relu else norm(x)
    eval_sizes = norm_sizes(x.detach(), dy, weight, bias, norm.running_mean, norm.running_var, eps, mask)
    # the variance of numbers far from 0 is what is left of their squares
    square = ((x.detach().abs() + mean.abs()[None, :, None, None]) ** 2).mean((0, 2, 3))
    out.add(f"batchnorm.{case}", dict(eps=eps, momentum=momentum, relu=relu), x=x, weight=weight, bias=bias,
            running_mean=before["running_mean"], running_var=before["running_var"], dy=dy, y=y, dx=x.grad,
            dweight=norm.weight.grad, dbias=norm.bias.grad, after__running_mean=norm.running_mean,
            after__running_mean__size=before["running_mean"].abs() + x.detach().abs().mean((0, 2, 3)),
            after__running_var=norm.running_var,
            after__running_var__size=before["running_var"] + (var.sqrt() * square.sqrt()),
            y_eval=evaluated, y_eval__size=eval_sizes["y__size"], **sizes)


def norms(out):
    norm_case(out, "six values a channel", numbers("six", (2, 3, 1, 3)))  # biased or not differs by a fifth
    norm_case(out, "two values a channel", numbers("two", (1, 2, 1, 2)))  # by half
    norm_case(out, "momentum and eps", numbers("mom", (2, 4, 3, 3)), eps=0.1, momentum=0.7)
    norm_case(out, "relu", numbers("relu", (2, 16, 4, 4)), relu=True)
    norm_case(out, "far from 0", numbers("far", (2, 3, 4, 4)) + 100)
    norm_case(out, "constant channel", torch.full((2, 2, 3, 3), 0.25, dtype=torch.double))
    norm_case(out, "relu at exactly 0", numbers("cut", (2, 3, 4, 4)), relu=True, weight=torch.zeros(3).double(),
              bias=torch.tensor([0.0, 0.5, -0.5]).double())  # gradient at 0 is 0


# ---- losses ----------------------------------------------------------------------------------------------
def focal(logits, labels, gamma, weight, ignore):
    """mean of -w[t] (1-p)^gamma log p over the labels that are not ignored, divided by the sum of w[t]"""
    keep = labels != ignore
    rows, t = logits.permute(0, 2, 3, 1)[keep], labels[keep]
    logp = rows.log_softmax(1)[torch.arange(len(t)), t]
    w = torch.ones(logits.shape[1]).double()[t] if weight is None else weight[t]
    return -(w * (1 - logp.exp()) ** gamma * logp).sum() / w.sum()


def loss_sizes(logits, labels, gamma, weight, ignore):
    """Terms of the loss: every log p with the size of the logits it is a difference of."""
    keep = (labels != ignore)
    t = torch.where(keep, labels, torch.zeros_like(labels))
    w = (torch.ones(logits.shape[1]).double() if weight is None else weight)[t] * keep
    span = logits.abs().amax(1) + logits.logsumexp(1).abs() + 1
    share = w / w.sum()
    return dict(y__size=(share * span).sum(), dx__size=((1 + gamma) * share * span)[:, None].expand(logits.shape))


def loss_case(out, case, logits, labels, gamma=None, weight=None, ignore=-1):
    name = "cross_entropy" if gamma is None else "focal"
    weight = None if weight is None else torch.tensor(weight, dtype=torch.double)
    x = logits.clone().requires_grad_()
    if gamma is None:
        y = F.cross_entropy(x, labels, weight=weight, ignore_index=ignore)
    else:
        y = focal(x, labels, gamma, weight, ignore)
    y.backward()
    out.add(f"{name}.{case}", dict(gamma=gamma or 0, ignore_index=ignore), x=logits,
            labels=labels.numpy().astype(np.uint8), class_weights=weight, y=y, dx=x.grad,
            **loss_sizes(logits, labels, gamma or 0, weight, ignore))


def losses(out):
    logits = numbers("logits", (2, 3, 5, 4), -3, 3)
    labels = choice("labels", (2, 5, 4), [0, 1, 2]).long()
    some_void = torch.where(choice("void", labels.shape, [0, 0, 1]) > 0, torch.tensor(255), labels)
    weights = [0.25, 1.0, 3.5]
    for gamma in (None, 2.0, 0.5):
        kind = "" if gamma is None else f"gamma {gamma} "
        loss_case(out, kind + "plain", logits, labels, gamma)
        loss_case(out, kind + "weights", logits, labels, gamma, weights)
        loss_case(out, kind + "ignored label", logits, some_void, gamma, ignore=255)
        loss_case(out, kind + "weights, a class ignored", logits, labels, gamma, weights, ignore=1)
        loss_case(out, kind + "weights, ignored label", logits, some_void, gamma, weights, ignore=255)
    loss_case(out, "a weight of 0", logits, labels, None, [0.0, 1.0, 2.0])
    loss_case(out, "large logits", logits * 30, labels)
    loss_case(out, "all alike", logits * 0, labels)
    loss_case(out, "seven classes", numbers("seven", (1, 7, 3, 3), -3, 3),
              choice("seven l", (1, 3, 3), range(7)).long())


def write(path):
    out = Cases()
    pools(out)
    resizers(out)
    convolutions(out)
    norms(out)
    losses(out)
    out.write(path)
