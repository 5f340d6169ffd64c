"""ThumbHash: a picture in some 25 bytes, to show until it is loaded.

Source: https://evanw.github.io/thumbhash/. The picture's brightness, colours and transparency, each as the lowest
frequencies of its discrete cosine transform.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi

MAX_SIDE = 32
"""More pixels take longer, and change nothing that is visible."""


def thumb_hash(width: int, height: int, rgba: bytes) -> bytes:
    """The hash of a picture: its pixels row by row, four bytes each."""
    count = width * height
    alphas = [value / 255 for value in rgba[3::4]]
    opaque = sum(alphas)
    means = [
        sum(value * alpha for value, alpha in zip(rgba[part::4], alphas, strict=True))
        / 255
        / (opaque or 1)
        for part in range(3)
    ]
    # Transparent pixels get the mean colour.
    red, green, blue = (
        [
            mean * (1 - alpha) + value * alpha / 255
            for value, alpha in zip(rgba[part::4], alphas, strict=True)
        ]
        for part, mean in enumerate(means)
    )
    has_alpha = opaque < count
    limit = 5 if has_alpha else 7
    longer = max(width, height)
    across, down = (max(1, _rounded(limit * side / longer)) for side in (width, height))
    colours = list(zip(red, green, blue, strict=True))
    channels = [
        ([(r + g + b) / 3 for r, g, b in colours], max(3, across), max(3, down)),
        ([(r + g) / 2 - b for r, g, b in colours], 3, 3),
        ([r - g for r, g, _ in colours], 3, 3),
        *([(alphas, 5, 5)] if has_alpha else []),
    ]
    encoded = [_encoded(values, width, height, nx, ny) for values, nx, ny in channels]
    (light, light_scale, _), (yellow, yellow_scale, _), (red_green, red_green_scale, _), *_ = (
        encoded
    )
    is_landscape = width > height
    head = (
        _rounded(63 * light)
        | _rounded(31.5 + 31.5 * yellow) << 6
        | _rounded(31.5 + 31.5 * red_green) << 12
        | _rounded(31 * light_scale) << 18
        | has_alpha << 23
        | (down if is_landscape else across) << 24
        | _rounded(63 * yellow_scale) << 27
        | _rounded(63 * red_green_scale) << 33
        | is_landscape << 39
    )
    found = bytearray(head.to_bytes(5, "little"))
    if has_alpha:
        found.append(_rounded(15 * encoded[3][0]) | _rounded(15 * encoded[3][1]) << 4)
    halves = [_rounded(15 * value) for _, _, varying in encoded for value in varying]
    halves += [0] * (len(halves) % 2)
    found += bytes(low | high << 4 for low, high in zip(halves[::2], halves[1::2], strict=True))
    return bytes(found)


def _encoded(
    values: Sequence[float], width: int, height: int, nx: int, ny: int
) -> tuple[float, float, list[float]]:
    """The mean of a channel, the largest of the other terms, and these from 0 to 1."""
    mean, terms = 0.0, []
    rows = [values[start : start + width] for start in range(0, width * height, width)]
    waves = [[cos(pi / width * cx * (x + 0.5)) for x in range(width)] for cx in range(nx)]
    for cy in range(ny):
        factors = [cos(pi / height * cy * (y + 0.5)) for y in range(height)]
        columns = [
            sum(value * factor for value, factor in zip(column, factors, strict=True))
            for column in zip(*rows, strict=True)
        ]
        for cx in range(nx):
            if cx * ny >= nx * (ny - cy):
                break
            term = sum(map(float.__mul__, columns, waves[cx])) / (width * height)
            if cx or cy:
                terms.append(term)
            else:
                mean = term
    scale = max(map(abs, terms), default=0.0)
    return mean, scale, [0.5 + 0.5 / scale * term if scale else term for term in terms]


def _rounded(value: float) -> int:
    return int(value + 0.5)
