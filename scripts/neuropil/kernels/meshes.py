"""Kernels that smooth a triangle mesh, and make it coarser by collapsing its edges.

Quadrics: Garland & Heckbert 1997, "Surface simplification using quadric error metrics",
SIGGRAPH. Each plane counts once, whatever the area of its triangle, so that the error
of a vertex is the sum over planes of its squared distances to them.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

PULL = 1e-3  # of a vertex to the middle of its edge, where planes leave it a choice
MIN_COSINE = 0.2  # of the angle by which a triangle may turn in one collapse
MIN_SHAPE = 0.05  # of a triangle: twice its area over its longest edge squared
ROUNDS = 5  # in which the tolerated error rises to its limit, twofold each
MAX_ROUNDS = 30
ENOUGH = 0.97  # of the triangles left after a round: another one gains little


@njit(cache=True, nogil=True)
def relax(vertices, faces, weights):
    """Move each vertex towards or away from the mean of its neighbours, in place.

    A neighbour counts once for each triangle edge that leads to it: in a closed mesh,
    once.

    Parameters
    ----------
    vertices : (N, 3) float64
    faces : (M, 3) int64
    weights : (K,) float64
        Part of the way to the mean in each of K steps; negative ones lead away.
    """
    total = np.empty_like(vertices)
    count = np.zeros(len(vertices), np.int64)
    for face in range(len(faces)):
        for corner in range(3):
            count[faces[face, corner]] += 1
    for step in range(len(weights)):
        total[:] = 0.0
        for face in range(len(faces)):
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            for axis in range(3):
                total[a, axis] += vertices[b, axis]
                total[b, axis] += vertices[c, axis]
                total[c, axis] += vertices[a, axis]
        for vertex in range(len(vertices)):
            if count[vertex]:
                for axis in range(3):
                    mean = total[vertex, axis] / count[vertex]
                    here = vertices[vertex, axis]
                    vertices[vertex, axis] = here + weights[step] * (mean - here)


@njit(cache=True, nogil=True)
def cross(a, b, c, out):
    """Write a triangle's normal to ``out``; its length is twice the area."""
    uz, uy, ux = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vz, vy, vx = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    out[0] = uy * vx - ux * vy
    out[1] = ux * vz - uz * vx
    out[2] = uz * vy - uy * vz
    return math.sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2])


@njit(cache=True, nogil=True)
def measure(vertices, faces):
    """Area of a mesh, and the volume that it encloses if it is closed.

    Parameters
    ----------
    vertices : (N, 3) float64
    faces : (M, 3) int64

    Returns
    -------
    area, volume
    """
    n = np.empty(3)
    area = volume = 0.0
    for face in range(len(faces)):
        a = vertices[faces[face, 0]]
        area += cross(a, vertices[faces[face, 1]], vertices[faces[face, 2]], n)
        for axis in range(3):
            volume += n[axis] * (a[axis] - vertices[0, axis])
    return area / 2, volume / 6


@njit(cache=True, nogil=True)
def inflate(vertices, faces, distance):
    """Move each vertex outwards along the mean normal of its triangles, in place."""
    normals = np.zeros_like(vertices)
    n = np.empty(3)
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        cross(vertices[a], vertices[b], vertices[c], n)
        for corner in range(3):
            normals[faces[face, corner]] += n
    for vertex in range(len(vertices)):
        length = math.sqrt((normals[vertex] ** 2).sum())
        if length > 0.0:
            vertices[vertex] += normals[vertex] * (distance / length)


@njit(cache=True, nogil=True)
def add_planes(vertices, faces, quadrics):
    """Add the quadric of each triangle's plane to those of its corners."""
    n = np.empty(3)
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        length = cross(vertices[a], vertices[b], vertices[c], n)
        if length == 0.0:
            continue
        n /= length
        d = -(n[0] * vertices[a, 0] + n[1] * vertices[a, 1] + n[2] * vertices[a, 2])
        for corner in range(3):
            q = quadrics[faces[face, corner]]
            q[0] += n[0] * n[0]
            q[1] += n[0] * n[1]
            q[2] += n[0] * n[2]
            q[3] += n[1] * n[1]
            q[4] += n[1] * n[2]
            q[5] += n[2] * n[2]
            q[6] += n[0] * d
            q[7] += n[1] * d
            q[8] += n[2] * d
            q[9] += d * d


@njit(cache=True, nogil=True)
def best_place(one, other, a, b, place):
    """Put into ``place`` where two vertices merge best; give the error there."""
    q0, q1, q2 = one[0] + other[0], one[1] + other[1], one[2] + other[2]
    q3, q4, q5 = one[3] + other[3], one[4] + other[4], one[5] + other[5]
    q6, q7, q8 = one[6] + other[6], one[7] + other[7], one[8] + other[8]
    z, y, x = 0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1]), 0.5 * (a[2] + b[2])
    # Gradient at the middle; the step from there solves (A + pull) s = -gradient.
    gz = q0 * z + q1 * y + q2 * x + q6
    gy = q1 * z + q3 * y + q4 * x + q7
    gx = q2 * z + q4 * y + q5 * x + q8
    error = z * (gz + q6) + y * (gy + q7) + x * (gx + q8) + one[9] + other[9]
    pull = PULL * (q0 + q3 + q5) + 1e-12
    m0, m3, m5 = q0 + pull, q3 + pull, q5 + pull
    c0, c1, c2 = m3 * m5 - q4 * q4, q2 * q4 - q1 * m5, q1 * q4 - q2 * m3
    c3, c4, c5 = m0 * m5 - q2 * q2, q1 * q2 - m0 * q4, m0 * m3 - q1 * q1
    scale = -1.0 / (m0 * c0 + q1 * c1 + q2 * c2)
    sz = scale * (c0 * gz + c1 * gy + c2 * gx)
    sy = scale * (c1 * gz + c3 * gy + c4 * gx)
    sx = scale * (c2 * gz + c4 * gy + c5 * gx)
    place[0], place[1], place[2] = z + sz, y + sy, x + sx
    hz = q0 * sz + q1 * sy + q2 * sx
    hy = q1 * sz + q3 * sy + q4 * sx
    hx = q2 * sz + q4 * sy + q5 * sx
    error += sz * (2 * gz + hz) + sy * (2 * gy + hy) + sx * (2 * gx + hx)
    return max(error, 0.0)


@njit(cache=True, nogil=True)
def list_corners(faces, count):
    """Chain the corners at each vertex: first and last corner, and the next one."""
    head = np.full(count, -1, np.int64)
    tail = np.full(count, -1, np.int64)
    following = np.full(3 * len(faces), -1, np.int64)
    for corner in range(3 * len(faces)):
        vertex = faces[corner // 3, corner % 3]
        if head[vertex] < 0:
            head[vertex] = corner
        else:
            following[tail[vertex]] = corner
        tail[vertex] = corner
    return head, tail, following


@njit(cache=True, nogil=True)
def prune(vertex, chains, alive):
    """Take the corners of dead triangles out of a vertex's chain; how many are left."""
    head, tail, following = chains
    count, before, corner = 0, -1, head[vertex]
    while corner >= 0:
        after = following[corner]
        if alive[corner // 3]:
            before = corner
            count += 1
        elif before < 0:
            head[vertex] = after
        else:
            following[before] = after
        corner = after
    tail[vertex] = before
    return count


@njit(cache=True, nogil=True)
def is_simple(v, w, faces, chains, marks, stamp):
    """Tell whether an edge has two triangles, and its ends just these two in common.

    Otherwise its collapse would change the topology of the surface (the link condition
    of Dey et al. 1999, "Topology preserving edge contraction").
    """
    head, _, following = chains
    corner = head[v]
    while corner >= 0:
        for other in faces[corner // 3]:
            marks[other] = stamp
        corner = following[corner]
    triangles, common = 0, 0
    corner = head[w]
    while corner >= 0:
        face = faces[corner // 3]
        triangles += face[0] == v or face[1] == v or face[2] == v
        for other in face:
            if other != v and other != w and marks[other] == stamp:
                marks[other] = stamp + 1
                common += 1
        corner = following[corner]
    return triangles == 2 and common == 2


@njit(cache=True, nogil=True)
def keeps_shape(v, w, place, vertices, faces, chains):
    """Tell whether no triangle at v turns or degenerates if v moves to a place.

    Triangles at the edge from v to w vanish and don't count.
    """
    head, _, following = chains
    old, new = np.empty(3), np.empty(3)
    corner = head[v]
    while corner >= 0:
        face = faces[corner // 3]
        k = corner % 3
        a, b = face[(k + 1) % 3], face[(k + 2) % 3]
        corner = following[corner]
        if a == w or b == w:
            continue
        before = cross(vertices[v], vertices[a], vertices[b], old)
        after = cross(place, vertices[a], vertices[b], new)
        cosine = old[0] * new[0] + old[1] * new[1] + old[2] * new[2]
        if cosine <= MIN_COSINE * before * after:
            return False
        longest = 0.0
        for p, q in ((place, vertices[a]), (place, vertices[b])):
            square = (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 + (p[2] - q[2]) ** 2
            longest = max(longest, square)
        if after < MIN_SHAPE * longest:
            return False
    return True


@njit(cache=True, nogil=True)
def merge_vertices(v, w, place, mesh, chains):
    """Move v to a place and give it the triangles of w; drop those at both."""
    vertices, faces, quadrics, alive = mesh
    head, tail, following = chains
    corner = head[w]
    while corner >= 0:
        face = faces[corner // 3]
        if face[0] == v or face[1] == v or face[2] == v:
            alive[corner // 3] = False
        else:
            face[corner % 3] = v
        corner = following[corner]
    following[tail[v]] = head[w]
    tail[v] = tail[w]
    head[w] = tail[w] = -1
    vertices[v] = place
    quadrics[v] += quadrics[w]


@njit(cache=True, nogil=True)
def collapse_edges(vertices, faces, max_error):
    """Collapse edges as long as the error stays below a limit, in place.

    Rounds over all edges with a rising limit come close to an order by error. A vertex
    takes part in one collapse a round, so that no region runs ahead.

    Parameters
    ----------
    vertices : (N, 3) float64
    faces : (M, 3) int64, of a closed mesh
    max_error : length; root of the sum of squared distances to all planes merged

    Returns
    -------
    (M,) bool, triangles that remain
    """
    alive = np.ones(len(faces), np.bool_)
    quadrics = np.zeros((len(vertices), 10))
    add_planes(vertices, faces, quadrics)
    chains = list_corners(faces, len(vertices))
    mesh = (vertices, faces, quadrics, alive)
    marks = np.zeros(len(vertices), np.int64)
    busy = np.full(len(vertices), -1, np.int64)
    place = np.empty(3)
    stamp, left = 1, len(faces)
    for turn in range(MAX_ROUNDS):
        limit = max_error**2 * 0.25 ** max(0, ROUNDS - 1 - turn)
        before = left
        for corner in range(3 * len(faces)):
            if not alive[corner // 3]:
                continue
            v = faces[corner // 3, corner % 3]
            w = faces[corner // 3, (corner % 3 + 1) % 3]
            if v > w or busy[v] == turn or busy[w] == turn:
                continue
            error = best_place(
                quadrics[v], quadrics[w], vertices[v], vertices[w], place
            )
            if error > limit:
                continue
            # Two triangles more than a flat pillow must remain.
            if prune(v, chains, alive) + prune(w, chains, alive) < 7:
                continue
            stamp += 2
            if (
                is_simple(v, w, faces, chains, marks, stamp)
                and keeps_shape(v, w, place, vertices, faces, chains)
                and keeps_shape(w, v, place, vertices, faces, chains)
            ):
                merge_vertices(v, w, place, mesh, chains)
                busy[v] = turn
                left -= 2
        if turn >= ROUNDS and left > ENOUGH * before:
            break
    return alive
