"""Optimisers and learning-rate schedules, by torch.optim in double precision."""
import numpy as np
import torch

from golden_file import Cases

STEPS, ELEMENTS = 10, 12


def gradients():
    """(STEPS, ELEMENTS): ordinary numbers, and beside them what makes epsilon and bias correction visible"""
    g = np.random.default_rng(5).uniform(-1, 1, (STEPS, ELEMENTS))
    g[:, 0] = 0  # never moves, but for weight decay
    g[:, 1] *= 1e-8  # as small as Adam's epsilon
    g[:, 2] *= 1e-20  # its square is below the smallest float
    g[:, 3] *= 1e6
    g[1:, 4] = 0  # one push, then rest: the moments fade
    g[:, 5] = np.where(np.arange(STEPS) % 2, 1, -1)
    return g.astype(np.float32)


def optimizer_case(out, case, make, sizes, **attributes):
    """Several steps at a rate that changes; params holds the parameters after each. Their size is |p| and, for
    each step, the size of its move."""
    start = np.random.default_rng(6).uniform(-1, 1, ELEMENTS).astype(np.float32)
    start[6] = 0
    rates = 1e-2 * 0.7 ** (np.arange(STEPS) // 3)
    p = torch.from_numpy(start).double().requires_grad_()
    optimizer, after = make([p]), []
    for g, rate in zip(gradients(), rates):
        optimizer.param_groups[0]["lr"] = rate
        p.grad = torch.from_numpy(g).double()
        optimizer.step()
        after.append(p.detach().clone().numpy())
    after = np.stack(after)
    moves = np.abs(np.diff(np.vstack([start, after]), axis=0))
    size = np.abs(after) + np.cumsum(moves, 0) + sizes(rates)
    out.add(f"optimizer.{case}", attributes, x=start, gradients=gradients(), rates=rates, params=after,
            params__size=size)


def adam_sizes(rates):
    """A step of Adam moves by no more than a few rates, though its moments' terms may cancel to less."""
    return np.cumsum(rates)[:, None] * np.ones(ELEMENTS)


def sgd_sizes(momentum, decay):
    def sizes(rates):
        v, total, out = np.zeros(ELEMENTS), np.zeros(ELEMENTS), []
        for g, rate in zip(np.abs(gradients()), rates):
            v = momentum * v + g + decay
            total = total + rate * (g + decay + v)
            out.append(total)
        return np.stack(out)
    return sizes


def optimizers(out):
    usual = dict(beta1=0.9, beta2=0.999, eps=1e-8)
    o = torch.optim

    def adam(case, kind=o.Adam, **changes):
        a = {**usual, "weight_decay": 0.0, **changes}
        optimizer_case(out, case, lambda p: kind(p, lr=1, betas=(a["beta1"], a["beta2"]), eps=a["eps"],
                                                 weight_decay=a["weight_decay"]), adam_sizes,
                       kind=0 if kind is o.Adam else 1, **a)

    adam("adam")
    adam("adam other numbers", beta1=0.5, beta2=0.9, eps=1e-3)
    adam("adam weight decay", weight_decay=0.1)
    adam("adamw", o.AdamW)
    adam("adamw weight decay", o.AdamW, weight_decay=0.1)

    def sgd(case, momentum=0.0, decay=0.0, nesterov=False):
        optimizer_case(out, case, lambda p: o.SGD(p, lr=1, momentum=momentum, weight_decay=decay, nesterov=nesterov),
                       sgd_sizes(momentum, decay), kind=2, momentum=momentum, weight_decay=decay, nesterov=nesterov)

    sgd("sgd")
    sgd("sgd weight decay", decay=0.1)
    sgd("sgd momentum", momentum=0.9)
    sgd("sgd nesterov", momentum=0.9, nesterov=True)
    sgd("sgd momentum and weight decay", momentum=0.9, decay=0.1)
    sgd("sgd nesterov and weight decay", momentum=0.5, decay=0.1, nesterov=True)


# ---- schedules -------------------------------------------------------------------------------------------
def schedule_case(out, case, make, epochs, **attributes):
    """lr of each epoch, read before scheduler.step() at the epoch's end"""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.02)
    scheduler, rates = make(optimizer), []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    out.add(f"schedule.{case}", dict(lr=0.02, epochs=epochs, **attributes), x=rates)


def schedules(out):
    s = torch.optim.lr_scheduler
    schedule_case(out, "step of the article", lambda o: s.StepLR(o, 7, 0.7), 20, kind=1, step_epochs=7, gamma=0.7)
    schedule_case(out, "step every epoch", lambda o: s.StepLR(o, 1, 0.5), 5, kind=1, step_epochs=1, gamma=0.5)
    schedule_case(out, "cosine", lambda o: s.CosineAnnealingLR(o, 20), 20, kind=2, min_lr=0.0)
    schedule_case(out, "cosine to a rest", lambda o: s.CosineAnnealingLR(o, 7, 0.001), 7, kind=2, min_lr=0.001)
    schedule_case(out, "poly", lambda o: s.PolynomialLR(o, 20, 0.9), 20, kind=3, power=0.9, min_lr=0.0)
    schedule_case(out, "poly squared", lambda o: s.PolynomialLR(o, 5, 2.0), 5, kind=3, power=2.0, min_lr=0.0)


def write(path):
    out = Cases()
    optimizers(out)
    schedules(out)
    out.write(path)
