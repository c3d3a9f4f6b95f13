"""Bodies of known area and volume in voxels, and distances between meshes."""

import numpy as np

from neuropil.meshes.voxels import Voxels, find_runs


def rotation(rng):
    """Draw a rotation (3, 3), all orientations alike."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    return q * np.sign(np.diag(r))


def body(kind, lengths, size, seed=0):
    """Mask of a body in random orientation and place, its area and its volume.

    kind and lengths in nm: sphere (radius), torus (radius, radius of the tube),
    cylinder (radius, length); a disc is a short cylinder. size: voxel size in nm.
    """
    rng, size = np.random.default_rng(seed), np.array(size, float)
    extent = {
        "sphere": sum,
        "torus": sum,
        "cylinder": lambda v: np.hypot(v[0], v[1] / 2),
    }
    shape = np.ceil(2 * extent[kind](lengths) / size).astype(int) + 4
    places = np.moveaxis(np.indices(shape), 0, -1) * size - shape * size / 2
    h, y, x = np.moveaxis((places + rng.uniform(0, 1, 3) * size) @ rotation(rng), -1, 0)
    r, (a, *b) = np.hypot(y, x), lengths
    if kind == "sphere":
        return np.hypot(h, r) < a, 4 * np.pi * a**2, 4 / 3 * np.pi * a**3
    if kind == "torus":
        inside = np.hypot(r - a, h) < b[0]
        return inside, 4 * np.pi**2 * a * b[0], 2 * np.pi**2 * a * b[0] ** 2
    inside = (r < a) & (abs(h) < b[0] / 2)
    return inside, 2 * np.pi * a * (a + b[0]), np.pi * a**2 * b[0]


def distance_to_mesh(points, vertices, faces):
    """Distance of points (N, 3) to the nearest of all triangles, by definition."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    nearest = np.full(len(points), np.inf)
    ab, ac = b - a, c - a
    bb, cc, bc = (ab * ab).sum(-1), (ac * ac).sum(-1), (ab * ac).sum(-1)
    area = np.maximum(bb * cc - bc**2, 1e-12)
    for start in range(0, len(points), 100):
        p = points[start : start + 100, None]
        to_b, to_c = ((p - a) * ab).sum(-1), ((p - a) * ac).sum(-1)
        s, t = (cc * to_b - bc * to_c) / area, (bb * to_c - bc * to_b) / area
        above = (s >= 0) & (t >= 0) & (s + t <= 1)
        foot = a + s[..., None] * ab + t[..., None] * ac
        found = np.where(above, np.linalg.norm(p - foot, axis=-1), np.inf)
        for one, other in ((a, b), (b, c), (c, a)):
            edge = other - one
            share = ((p - one) * edge).sum(-1) / np.maximum((edge**2).sum(-1), 1e-12)
            foot = one + np.clip(share, 0, 1)[..., None] * edge
            found = np.minimum(found, np.linalg.norm(p - foot, axis=-1))
        nearest[start : start + 100] = found.min(axis=1)
    return nearest


def voxels_of(mask, start=(0, 0, 0)):
    """Voxels of an object, given as a mask."""
    return Voxels.of(find_runs(np.asarray(mask, bool), start)[1])
