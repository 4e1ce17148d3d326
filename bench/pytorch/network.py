"""Plain PyTorch implementation of PreMix with the published parameter names, to compare with in benchmarks."""

import torch
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    def __init__(self, channels, k):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, k, padding=k // 2, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, k, padding=k // 2, bias=False)

    def forward(self, x):
        return x + self.conv2(F.relu(self.conv1(x)))


class Encoder(nn.Module):
    def __init__(self, channels, d, k):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(channels, d, k, padding=k // 2), nn.ReLU(), Residual(d, k))

    def forward(self, x):
        return self.encoder(x)


MASKS = {
    "tanh+relu": lambda f: torch.tanh(F.relu6(f)),
    "sigmoid": torch.sigmoid,
    "tanh+elu": lambda f: torch.tanh(F.elu(f) + 1),
    "softsign+elu": lambda f: F.softsign(F.elu(f) + 1),
    "softsign+relu": lambda f: F.softsign(F.relu6(f)),
}


def mix(ms, pan, mask):
    return (1 - mask) * ms + mask * pan, (1 - mask) * pan + mask * ms


class Mixing(nn.Module):
    """EWFM: a mask computed from both streams exchanges their features."""

    def __init__(self, d, k, activation, beta):
        super().__init__()
        self.mask, self.threshold = MASKS[activation], beta
        if beta is not None and beta > 1:
            self.beta = nn.Parameter(torch.tensor([0.5]))
        self.conv = Residual(d, k)

    def forward(self, ms, pan):
        mask = self.mask(self.conv(ms + pan))
        if hasattr(self, "beta"):
            mask = torch.sigmoid((mask - self.beta) * 20)
        elif self.threshold is not None:
            mask = (mask > self.threshold).to(mask.dtype)
        return mix(ms, pan, mask)


class Block(nn.Module):
    def __init__(self, in_ms, in_pan, config):
        super().__init__()
        d, k = config["embed_dim"], config["kernel_size"]
        self.encoder_ms, self.encoder_pan = Encoder(in_ms, d, k), Encoder(in_pan, d, k)
        self.ewfm = Mixing(d, k, config["activation"], config["beta"]) if config["EWFM"] else None

    def forward(self, ms, pan):
        ms, pan = self.encoder_ms(ms), self.encoder_pan(pan)
        return self.ewfm(ms, pan) if self.ewfm is not None else (ms, pan)


def predictive_filter(filters, image, k):
    """filters (N, B*K*K, H, W), band-major; image (N, B, H, W) -> (N, B, H, W)."""
    n, bands, h, w = image.shape
    patches = F.unfold(F.pad(image, (k // 2,) * 4, mode="reflect"), k).view(n, bands, k * k, h, w)
    return (filters.reshape(n, bands, k * k, h, w) * patches).sum(2)


class PredictiveFilter(nn.Module):
    def __init__(self, d, bands, k):
        super().__init__()
        self.k = k
        self.conv = nn.Conv2d(d, bands * k * k, k, padding=k // 2)

    def forward(self, features, image):
        return predictive_filter(self.conv(features), image, self.k)


class SubModel(nn.Module):
    def __init__(self, t, config):
        super().__init__()
        d, bands = config["embed_dim"], config["bands"]
        self.preconv = Block(bands, 1, config)
        self.emix = nn.ModuleList(Block(d, d, config) for _ in range(config["num_layers"] - 1))
        self.pf_ms, self.pf_pan = (PredictiveFilter(d, bands, config["pf_kernel"]) for _ in range(2))
        if t > 0:
            self.transconv_ms, self.transconv_pan = (
                nn.Sequential(*(nn.ConvTranspose2d(d, d, 3, stride=2, padding=1, output_padding=1) for _ in range(t))) for _ in range(2)
            )
        self.t = t

    def forward(self, ms, pan, image_ms, image_pan, last):
        f_ms, f_pan = self.preconv(ms, pan)
        if last is not None:
            f_ms, f_pan = f_ms + F.interpolate(last[0], f_ms.shape[2:]), f_pan + F.interpolate(last[1], f_pan.shape[2:])
        for block in self.emix:
            f_ms, f_pan = block(f_ms, f_pan)
        if self.t > 0:
            f_ms, f_pan = self.transconv_ms(f_ms), self.transconv_pan(f_pan)
        bands = image_ms.shape[1]
        return self.pf_ms(f_ms, image_ms) + self.pf_pan(f_pan, image_pan.repeat(1, bands, 1, 1)), (f_ms, f_pan)


def blur(x):
    one = torch.exp(-torch.tensor([-1.0, 0.0, 1.0], dtype=x.dtype, device=x.device) ** 2 / (2 * 1.5**2))
    one = one / one.sum()
    channels = x.shape[1]
    x = F.pad(x, (1, 1, 1, 1), mode="reflect")
    x = F.conv2d(x, one.view(1, 1, 1, 3).repeat(channels, 1, 1, 1), groups=channels)
    return F.conv2d(x, one.view(1, 1, 3, 1).repeat(channels, 1, 1, 1), groups=channels)


def clahe_tables(x, th, tw):
    """(N, C, 8, 8, 256) of an image (N, C, 8 th, 8 tw) in [0, 1]."""
    n, c = x.shape[:2]
    bins = (x * 256).long().clamp(max=255).view(n, c, 8, th, 8, tw).permute(0, 1, 2, 4, 3, 5).reshape(n * c * 64, th * tw)
    pixels = th * tw
    histogram = torch.zeros(n * c * 64, 256, dtype=torch.long, device=x.device).scatter_add_(1, bins, torch.ones_like(bins))
    cut = histogram.clamp(max=max(40 * pixels // 256, 1))
    excess = pixels - cut.sum(1, keepdim=True)
    cut = cut + excess // 256 + (torch.arange(256, device=x.device) < excess % 256)
    scale = torch.tensor(255 / pixels, dtype=x.dtype, device=x.device)
    return torch.floor((cut.cumsum(1).to(x.dtype) * scale).clamp(0, 255)).view(n, c, 8, 8, 256)


def clahe_axis(size, tile, x):
    """Per position along an axis: the tiles before and after it, and the weight of the first."""
    half = tile // 2
    at = torch.arange(size, device=x.device)
    strip = at // half
    before = ((strip - 1) // 2).clamp(0, 7)
    after = torch.where((strip == 0) | (strip == 15), before, (before + 1).clamp(max=7))
    q = ((strip - 1) % 2) * half + at % half
    weight = torch.where(before == after, torch.ones_like(at, dtype=x.dtype), (tile - 1 - q).to(x.dtype) / (tile - 1))
    return before, after, weight


def clahe(x):
    n, c, h, w = x.shape
    th, tw = (-(-side // 8) for side in (h, w))
    th, tw = th + th % 2, tw + tw % 2
    x = F.pad(x.clamp(0, 1), (0, 8 * tw - w, 0, 8 * th - h), mode="reflect")
    tables = clahe_tables(x, th, tw)
    index = (x * 255).long()
    top, bottom, wy = clahe_axis(8 * th, th, x)
    left, right, wx = clahe_axis(8 * tw, tw, x)
    wy = wy.view(-1, 1)

    flat = tables.reshape(n, c, -1)

    def value(row, column):
        return flat.gather(2, (((row.view(-1, 1) * 8 + column) * 256) + index).view(n, c, -1)).view(x.shape)

    tr, br = value(top, right), value(bottom, right)
    t, b = tr + wx * (value(top, left) - tr), br + wx * (value(bottom, left) - br)
    return ((b + wy * (t - b)) / 255)[..., :h, :w]


class Unused(nn.Module):
    """Part of the published weights, never used."""

    def __init__(self, bands):
        super().__init__()
        self.conv1 = nn.Conv2d(3 * bands, bands, 3, bias=False)
        self.conv2 = nn.Conv2d(bands, bands, 3, bias=False)
        self.conv1x1 = nn.Conv2d(3 * bands, bands, 1)


class PreMix(nn.Module):
    def __init__(self, bands=4, embed_dim=32, kernel_size=3, pf_kernel=3, num_layers=1, EWFM=True, activation="tanh+relu", beta=None):
        super().__init__()
        config = dict(bands=bands, embed_dim=embed_dim, kernel_size=kernel_size, pf_kernel=pf_kernel, num_layers=max(num_layers, 1),
                      EWFM=EWFM, activation=activation, beta=beta)
        self.model1, self.model2, self.model3 = (nn.ModuleList(SubModel(t, config) for t in range(3)) for _ in range(3))
        self.postconv = nn.ModuleList([Unused(bands)])

    def forward(self, up_ms, pan):
        image, last = up_ms, None
        inputs = ((self.model3, up_ms - blur(up_ms), pan - blur(pan)), (self.model2, clahe(up_ms), clahe(pan)), (self.model1, up_ms, pan))
        for model, ms, p in inputs:
            for t in (2, 1, 0):
                step = 2**t
                image, last = model[t](ms[..., ::step, ::step], p[..., ::step, ::step], image, pan, last)
        return image + up_ms
