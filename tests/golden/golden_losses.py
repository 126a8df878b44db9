"""Losses over images: Dice, Tversky, Lovasz-softmax, boundary, online hard examples, label smoothing; each once more
from its definition, in double precision, with PyTorch's own gradients.

Sizes as in golden_ops.py: errors of a softmax grow with the span of the logits, and a gradient by logits is made of
the gradients by p of its pixel."""
import numpy as np
import torch
from torch.nn import functional as F

from golden_file import Cases
from golden_ops import choice, numbers


def class_weights(logits, weight):
    return torch.ones(logits.shape[1]).double() if weight is None else torch.tensor(weight, dtype=torch.double)


def counted(labels, classes, ignore):
    return (labels != ignore) & (labels < classes)


def of_images(term, p, labels, weight, ignore):
    """mean of term(p, is_true) over images and the classes that are true in them; p and is_true of the pixels that
    count"""
    w, total, weights = class_weights(p, weight), 0, 0
    for n in range(len(p)):
        keep = counted(labels[n], p.shape[1], ignore)
        t = labels[n][keep]
        for k in range(p.shape[1]):
            if (t == k).any():
                total = total + w[k] * term(p[n, k][keep], (t == k).double())
                weights += w[k]
    return total / weights


def dice(smooth):
    return lambda p, true: 1 - (2 * (p * true).sum() + smooth) / (p.sum() + true.sum() + smooth)


def tversky(alpha, beta, smooth):
    def term(p, true):
        hit = (p * true).sum()
        return 1 - (hit + smooth) / (hit + alpha * (p * (1 - true)).sum() + beta * ((1 - p) * true).sum() + smooth)
    return term


def lovasz(p, true):
    """as Berman et al. write it: the errors, sorted, times the differences of the Jaccard loss"""
    errors, order = torch.sort((true - p).abs(), descending=True, stable=True)
    true = true[order]
    jaccard = 1 - (true.sum() - true.cumsum(0)) / (true.sum() + (1 - true).cumsum(0))
    return (errors * torch.cat((jaccard[:1], jaccard[1:] - jaccard[:-1]))).sum()


def of_pixels(factors, logits, labels, weight, ignore):
    """cross-entropy with a factor a pixel: its mean in each image, then over images by the sum of w[t]"""
    w, keep = class_weights(logits, weight), counted(labels, logits.shape[1], ignore)
    t = torch.where(keep, labels, torch.zeros_like(labels))
    share = w[t] * keep
    ce = F.cross_entropy(logits, t, reduction="none")
    f = factors(ce.detach(), keep & (share > 0)) * share
    image = (f * ce).sum((1, 2)) / f.sum((1, 2))
    return (share.sum((1, 2)) * image).sum() / share.sum(), f * share.sum((1, 2), keepdim=True) / (
        f.sum((1, 2), keepdim=True) * share.sum())


def boundary(labels, classes, ignore, w0, sigma):
    """by looking at every pair of pixels"""
    keep = counted(labels, classes, ignore).numpy()
    n, h, w = labels.shape
    out = np.ones(labels.shape)
    rows, columns = np.mgrid[0:h, 0:w]
    for i, y, x in zip(*np.nonzero(keep)):
        other = keep[i] & (labels[i].numpy() != int(labels[i, y, x]))
        if not other.any():
            continue
        d = np.sqrt(((rows - y) ** 2 + (columns - x) ** 2)[other].min())
        if d <= 3 * sigma:
            out[i, y, x] += w0 * np.exp(-d * d / (2 * sigma * sigma))
    return lambda ce, keep: torch.from_numpy(out)


def hardest(share, threshold):
    def factors(ce, keep):
        out = torch.zeros_like(ce)
        for n in range(len(ce)):
            mine = ce[n][keep[n]]
            least = mine.topk(int(np.ceil(share * len(mine)))).values.min()
            out[n] = (ce[n] >= least) | ((-ce[n]).exp() < threshold)
        return out
    return factors


def span(logits):
    return (logits - logits.amax(1, keepdim=True)).abs().amax() + 1


def add(out, name, attributes, logits, labels, weight, ignore, y, x, sizes):
    y.backward()
    weight = None if weight is None else torch.tensor(weight, dtype=torch.double)
    out.add(name, dict(attributes, ignore_index=ignore), x=logits, labels=labels.numpy().astype(np.uint8),
            class_weights=weight, y=y, dx=x.grad, **sizes)


def image_case(out, name, term, attributes, logits, labels, weight=None, ignore=-1):
    x = logits.clone().requires_grad_()
    p = x.softmax(1)
    p.retain_grad()
    y = of_images(term, p, labels, weight, ignore)
    y.backward(retain_graph=True)
    slopes, p = p.grad.abs(), p.detach()
    x.grad = None
    size = p * (slopes + (p * slopes).sum(1, keepdim=True)) * span(logits)
    add(out, name, attributes, logits, labels, weight, ignore, y, x,
        dict(y__size=span(logits), dx__size=size))


def pixel_case(out, name, factors, attributes, logits, labels, weight=None, ignore=-1):
    x = logits.clone().requires_grad_()
    y, share = of_pixels(factors, x, labels, weight, ignore)
    add(out, name, attributes, logits, labels, weight, ignore, y, x,
        dict(y__size=(share * (y.detach() + 1)).sum() * span(logits),
             dx__size=(share * span(logits))[:, None].expand(logits.shape)))


def smoothing_case(out, name, smoothing, logits, labels, weight=None, ignore=-1):
    x = logits.clone().requires_grad_()
    w, keep = class_weights(logits, weight), counted(labels, logits.shape[1], ignore)
    t = torch.where(keep, labels, torch.zeros_like(labels))
    share = w[t] * keep / (w[t] * keep).sum()
    y = (share * F.cross_entropy(x, t, reduction="none", label_smoothing=smoothing)).sum()
    add(out, name, dict(label_smoothing=smoothing), logits, labels, weight, ignore, y, x,
        dict(y__size=(share * span(logits) * 2).sum(),
             dx__size=(share * span(logits))[:, None].expand(logits.shape)))


def write(path):
    out = Cases()
    logits = numbers("image losses", (2, 3, 6, 5), -3, 3)
    # patches rather than noise, so that there are insides and borders
    labels = choice("patches", (2, 2, 5), [0, 1, 2]).long().repeat_interleave(3, 1)
    some_void = torch.where(choice("holes", labels.shape, [0, 0, 0, 1]) > 0, torch.tensor(255), labels)
    one_class = labels * 0 + 2
    weights = [0.25, 1.0, 3.5]
    many = numbers("eleven", (3, 11, 4, 7), -3, 3)
    many_labels = choice("eleven l", (3, 4, 7), range(11)).long()
    for case, x, t, options in (("plain", logits, labels, {}), ("weights", logits, labels, dict(weight=weights)),
                                ("ignored label", logits, some_void, dict(ignore=255)),
                                ("weights, a class ignored", logits, labels, dict(weight=weights, ignore=1)),
                                ("one class", logits, one_class, {}), ("large logits", logits * 10, labels, {}),
                                ("eleven classes", many, many_labels, dict(ignore=4))):
        classes, ignore = x.shape[1], options.get("ignore", -1)
        image_case(out, f"dice.{case}", dice(0), dict(smooth=0), x, t, **options)
        image_case(out, f"dice.{case}, smooth", dice(1.5), dict(smooth=1.5), x, t, **options)
        image_case(out, f"tversky.{case}", tversky(0.25, 0.75, 0), dict(alpha=0.25, beta=0.75, smooth=0), x, t, **options)
        image_case(out, f"tversky.{case}, smooth", tversky(1.5, 0.5, 1), dict(alpha=1.5, beta=0.5, smooth=1), x, t,
                   **options)
        if case != "large logits":  # single precision cannot tell errors near 1 apart, nor say which comes first
            image_case(out, f"lovasz.{case}", lovasz, {}, x, t, **options)
        pixel_case(out, f"boundary.{case}", boundary(t, classes, ignore, 10, 1.5), dict(w0=10, sigma=1.5), x, t,
                   **options)
        pixel_case(out, f"boundary.{case}, narrow", boundary(t, classes, ignore, 3, 0.5), dict(w0=3, sigma=0.5), x, t,
                   **options)
        pixel_case(out, f"ohem.{case}", hardest(0.25, 0), dict(share=0.25, threshold=0), x, t, **options)
        pixel_case(out, f"ohem.{case}, threshold", hardest(0.125, 0.5), dict(share=0.125, threshold=0.5), x, t, **options)
        smoothing_case(out, f"cross_entropy.{case}, smoothed", 0.125, x, t, **options)
    out.write(path)
