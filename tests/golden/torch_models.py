"""The networks of configs/model in PyTorch, written from what the papers and the files there say, each by hand and
without segwork_torch.py. The names of the state dicts are those of segwork's checkpoints."""
import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 3


class NormReLU(nn.BatchNorm2d):
    def forward(self, x):
        return F.relu(super().forward(x))


def conv(inputs, outputs, kernel=3, stride=1, dilation=1, bias=False):
    return nn.Conv2d(inputs, outputs, kernel, stride, dilation * (kernel // 2), dilation, bias=bias)


def conv_norm(inputs, outputs, *kind):
    return nn.Sequential(conv(inputs, outputs, *kind), NormReLU(outputs))


def double(inputs, outputs):
    return nn.Sequential(conv(inputs, outputs), NormReLU(outputs), conv(outputs, outputs), NormReLU(outputs))


def resized(x, like):
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


def score(inputs):
    return nn.Conv2d(inputs, CLASSES, 1)


def halved(x):
    return F.max_pool2d(x, 2)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride=1, dilation=1):
        super().__init__()
        first, second = conv(inputs, outputs, 3, stride, dilation), conv(outputs, outputs, 3, 1, dilation)
        self.number([first, NormReLU(outputs), second])
        self.last = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def number(self, layers):
        """The files name these by number"""
        self.numbered = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def forward(self, x):
        y = x
        for i in range(self.numbered):
            y = getattr(self, str(i))(y)
        return F.relu(self.last(y) + self.shortcut(x))


class ResidualOfBlocks(Residual):
    def number(self, layers):
        super().number([nn.Sequential(*layers[:2]), layers[2]])


# ---- networks that join what was halved with what is enlarged again ----------------------------------------------


class Up(nn.Module):
    """`up` None: bilinear; the convolutions go by the name of `name`"""

    def __init__(self, inputs, skip, outputs, name, convs, up=None):
        super().__init__()
        if up:
            self.up = up
        self.add_module(name, convs(skip + (outputs if up else inputs), outputs))
        self.convs = [name]

    def forward(self, x, skip):
        x = self.up(x) if hasattr(self, "up") else resized(x, skip)
        return getattr(self, self.convs[0])(torch.cat([skip, x], 1))


class Pyramid(nn.Module):
    """U-Nets: down by max-pools, up by `transposed` convolutions or bilinearly; up_widths: of the way up, where they
    are not those of the way down"""

    def __init__(self, widths, block, name, input_norm=False, transposed=False, up_widths=None):
        super().__init__()
        ups = (up_widths or widths[:-1]) + widths[-1:]
        self.levels = len(widths)
        if input_norm:
            self.bn_input = nn.BatchNorm2d(3)
        for i, width in enumerate(widths):
            self.add_module(f"e{i + 1}", block(widths[i - 1] if i else 3, width))
        for i in range(self.levels - 1, 0, -1):
            up = nn.ConvTranspose2d(ups[i], ups[i - 1], 2, 2) if transposed else None
            self.add_module(f"d{i}", Up(ups[i], widths[i - 1], ups[i - 1], name, block, up))
        self.out = score(ups[0])

    def forward(self, x):
        x, skips = self.bn_input(x) if hasattr(self, "bn_input") else x, []
        for i in range(1, self.levels + 1):
            x = getattr(self, f"e{i}")(halved(x) if i > 1 else x)
            skips.append(x)
        for i in range(self.levels - 1, 0, -1):
            x = getattr(self, f"d{i}")(x, skips[i - 1])
        return self.out(x)


def unet():
    return Pyramid([64, 128, 256, 512, 1024], double, "seq", transposed=True)


def unet_small():
    return Pyramid([16, 32, 64, 96, 128], double, "seq", input_norm=True, up_widths=[16, 32, 80, 96])


def resunet():
    return Pyramid([32, 64, 128, 256, 512], Residual, "res")


# ---- LinkNet -----------------------------------------------------------------------------------------------------


class Basic(nn.Module):
    """of ResNet-18"""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), NormReLU(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs), nn.BatchNorm2d(outputs)
        if stride > 1:
            self.downsample = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x))))
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


def twice(inputs, outputs):
    return nn.ConvTranspose2d(inputs, outputs, 3, 2, padding=1, output_padding=1)


class LinkUp(nn.Module):
    def __init__(self, inputs, middle, outputs):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, middle, 1), NormReLU(middle)
        self.up, self.bn2 = twice(middle, middle), NormReLU(middle)
        self.conv3, self.bn3 = conv(middle, outputs, 1), NormReLU(outputs)

    def forward(self, x):
        return self.bn3(self.conv3(self.bn2(self.up(self.bn1(self.conv1(x))))))


class LinkNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 64, 7, 2), NormReLU(64)
        for i, (inputs, outputs) in enumerate(((64, 64), (64, 128), (128, 256), (256, 512)), 1):
            self.add_module(f"layer{i}", nn.Sequential(Basic(inputs, outputs, 2 if i > 1 else 1), Basic(outputs, outputs)))
        self.d4, self.d3 = LinkUp(512, 128, 256), LinkUp(256, 64, 128)
        self.d2, self.d1 = LinkUp(128, 32, 64), LinkUp(64, 16, 64)
        self.final_up, self.final_bn1 = twice(64, 32), NormReLU(32)
        self.final_conv, self.final_bn2 = conv(32, 32), NormReLU(32)
        self.out = score(32)

    def forward(self, x):
        e1 = self.layer1(F.max_pool2d(self.bn1(self.conv1(x)), 3, 2, 1))
        e2 = self.layer2(e1)
        e3 = self.layer3(e2)
        x = self.d3(self.d4(self.layer4(e3)) + e3) + e2
        x = self.d1(self.d2(x) + e1)
        return self.out(self.final_bn2(self.final_conv(self.final_bn1(self.final_up(x)))))


# ---- networks that put values back where their maxima were --------------------------------------------------------


class Basic7(nn.Module):
    def __init__(self, inputs, norm):
        super().__init__()
        self.conv, self.norm = conv(inputs, 64, 7, bias=True), norm(64)

    def forward(self, x):
        return self.norm(self.conv(x))


class SegNetBasic(nn.Module):
    def __init__(self):
        super().__init__()
        for i in range(1, 5):
            self.add_module(f"e{i}", Basic7(64 if i > 1 else 3, NormReLU))
            self.add_module(f"d{i}", Basic7(64, nn.BatchNorm2d))
        self.out = score(64)

    def forward(self, x):
        x, places = F.local_response_norm(x, 5, 1e-4, 0.75, 1.0), []
        for i in range(1, 5):
            before = getattr(self, f"e{i}")(x)
            x, indices = F.max_pool2d(before, 2, return_indices=True)
            places.append((indices, before.shape[-2:]))
        for i in range(4, 0, -1):
            indices, size = places[i - 1]
            x = getattr(self, f"d{i}")(F.max_unpool2d(x, indices, 2, output_size=size))
        return self.out(x)


class Stage(nn.Module):
    def __init__(self, widths, plain_end=False):
        super().__init__()
        layers = []
        for before, after in zip(widths, widths[1:]):
            layers += [conv(before, after, bias=True), nn.BatchNorm2d(after), nn.ReLU()]
        self.seq = nn.Sequential(*layers[: -2 if plain_end else None])


class SegNetBayesian(nn.Module):
    """with the dropout of its six innermost stages left out, as a comparison needs it"""

    def __init__(self):
        super().__init__()
        encoder = [[3, 64, 64], [64, 128, 128], [128] + 3 * [256], [256] + 3 * [512], 4 * [512]]
        decoder = [[64, 64, CLASSES], [128, 128, 64], 3 * [256] + [128], 3 * [512] + [256], 4 * [512]]
        for i in range(1, 6):
            self.add_module(f"dc{i}", Stage(encoder[i - 1]))
            self.add_module(f"uc{i}", Stage(decoder[i - 1], plain_end=i == 1))

    def forward(self, x):
        places = []
        for i in range(1, 6):
            before = getattr(self, f"dc{i}").seq(x)
            x, indices = F.max_pool2d(before, 2, return_indices=True)
            places.append((indices, before.shape[-2:]))
        for i in range(5, 0, -1):
            indices, size = places[i - 1]
            x = getattr(self, f"uc{i}").seq(F.max_unpool2d(x, indices, 2, output_size=size))
        return x


# ---- FCN and DeepLab ---------------------------------------------------------------------------------------------


def vgg(*widths):
    return nn.Sequential(*(conv_norm(before, after, 3, 1, 1, True) for before, after in zip(widths, widths[1:])))


class FCN8(nn.Module):
    """without its dropout, as a comparison needs it"""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = vgg(3, 64, 64), vgg(64, 128, 128)
        self.conv3, self.conv4, self.conv5 = vgg(128, 256, 256, 256), vgg(256, 512, 512, 512), vgg(512, 512, 512, 512)
        self.fc6 = nn.Sequential(conv_norm(512, 1024, 7, 1, 1, True))
        self.fc7 = nn.Sequential(conv_norm(1024, 1024, 1, 1, 1, True))
        self.score_fr, self.score_pool4, self.score_pool3 = score(1024), score(512), score(256)
        self.upscore2 = nn.ConvTranspose2d(CLASSES, CLASSES, 4, 2, 1, bias=False)
        self.upscore_pool4 = nn.ConvTranspose2d(CLASSES, CLASSES, 4, 2, 1, bias=False)
        self.upscore8 = nn.ConvTranspose2d(CLASSES, CLASSES, 16, 8, 4, bias=False)

    def forward(self, x):
        pool3 = halved(self.conv3(halved(self.conv2(halved(self.conv1(x))))))
        pool4 = halved(self.conv4(pool3))
        x = self.score_fr(self.fc7(self.fc6(halved(self.conv5(pool4)))))
        x = self.upscore2(x) + self.score_pool4(pool4)
        return self.upscore8(self.upscore_pool4(x) + self.score_pool3(pool3))


class ASPP(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.b0, self.pooled = conv_norm(inputs, width, 1), conv_norm(inputs, width, 1)
        self.b1, self.b2, self.b3 = (conv_norm(inputs, width, 3, 1, dilation) for dilation in (3, 6, 9))
        self.add_module("8", conv_norm(5 * width, width, 1))

    def forward(self, x):
        mean = self.pooled(x.mean((2, 3), keepdim=True)).expand(-1, -1, *x.shape[-2:])
        return getattr(self, "8")(torch.cat([self.b0(x), self.b1(x), self.b2(x), self.b3(x), mean], 1))


class DeepLabSmall(nn.Module):
    """without its dropout, as a comparison needs it"""

    def __init__(self):
        super().__init__()
        self.bn_input, self.stem = nn.BatchNorm2d(3), conv_norm(3, 32, 3, 2)
        residual = ResidualOfBlocks
        self.r1, self.r2, self.r3 = residual(32, 32), residual(32, 64, 2), residual(64, 96, 2)
        self.r4, self.r5 = residual(96, 128, 1, 2), residual(128, 128, 1, 2)
        self.aspp, self.low = ASPP(128, 96), conv_norm(32, 32, 1)
        self.d1, self.d2, self.score = conv_norm(128, 64), conv_norm(64, 64), score(64)

    def forward(self, images):
        r1 = self.r1(self.stem(self.bn_input(images)))
        x = self.aspp(self.r5(self.r4(self.r3(self.r2(r1)))))
        x = torch.cat([resized(x, r1), self.low(r1)], 1)
        return resized(self.score(self.d2(self.d1(x))), images)


# name in configs/model -> what builds it, and a side in px that its golden is of
MODELS = {
    "unet_small": (unet_small, 32),
    "linknet": (LinkNet, 64),
    "deeplab_small": (DeepLabSmall, 64),
    "segnet_basic": (SegNetBasic, 32),
    "unet": (unet, 32),
    "resunet": (resunet, 32),
    "fcn8": (FCN8, 64),
    "segnet_bayesian": (SegNetBayesian, 64),
}
