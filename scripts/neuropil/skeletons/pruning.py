"""Take branches off skeletons that stand for no part of a cell: ticks, doubles."""

from __future__ import annotations

import heapq
import itertools

import numpy as np
from scipy.spatial import cKDTree

from neuropil.skeletons.graphs import Graph, find_branches

NEIGHBOURS = 48  # nodes around a node that may hold it in their balls


def remove_ticks(
    graph: Graph,
    tick_nm: float,
    tick_scale: float,
    opened: np.ndarray,
    soma: np.ndarray,
) -> Graph:
    """Take off branches with an end that are too short, or nothing but doubles.

    A tick is no longer than ``tick_nm`` and ``tick_scale`` times the distance from its
    branch point to the surface. The shortest go first, measured from what they may
    have; where two branches are left of a branch point, they are one from then on. A
    branch is a double if no more than ``tick_nm`` of it lie outside of the balls that
    fit into the cell around nodes of other branches: where tiles meet, both may follow
    one neurite. Where a ring was opened, both ends are halves of one branch: neither is
    a tick, and half of ``tick_nm`` is enough for each to be no double. The last branch
    of a tree stays, however short, and somata do. From somata branches are measured
    without the straight line from the middle, and rings through somata are none.

    Parameters
    ----------
    graph : trees
    tick_nm, tick_scale : the length of ticks
    opened, soma : (N,) bool, the ends of rings that were opened; nodes that are somata
    """
    if len(graph.edges) < 2:
        return graph
    pruner = Pruner(graph, tick_scale, opened, soma)
    pruner.run(tick_nm)
    return graph.keep(pruner.alive)


class Pruner:
    """Trees as branches, which go one by one.

    Attributes
    ----------
    alive : (N,) bool, nodes that are left
    branches : nodes of each branch that is left, by number, from one end to the other
    at : numbers of the branches at each end and branch point
    """

    def __init__(
        self, graph: Graph, scale: float, opened: np.ndarray, soma: np.ndarray
    ) -> None:
        self.graph = graph
        self.scale = scale
        self.opened = opened
        self.soma = soma
        self.alive = np.ones(len(graph.place_nm), bool)
        self.branches: dict[int, np.ndarray] = {}
        self.at: dict[int, set[int]] = {}
        self.tree = cKDTree(graph.place_nm)
        self.numbers = itertools.count()
        self.heap: list[tuple[float, int, int]] = []

    def run(self, tick_nm: float) -> None:
        """Take off ticks and doubles until there are none."""
        branches = find_branches(self.graph)
        parts = [part for b in branches for part in cut_branch(b, self.soma[b])]
        for number in [self._add(part) for part in parts]:
            self._offer(number)
        while self.heap:
            length, _, number = heapq.heappop(self.heap)
            if number not in self.branches:
                continue
            tip, base = self.branches[number][[0, -1]]
            half = self.opened[tip] and not self.soma[base]
            is_tick = length < tick_nm and not half
            if is_tick or self._own_length(number) < tick_nm * (0.5 if half else 1):
                self._remove(number)

    def _add(self, branch: np.ndarray) -> int:
        number = next(self.numbers)
        self.branches[number] = branch
        for end in branch[[0, -1]].tolist():
            self.at.setdefault(end, set()).add(number)
        return number

    def _offer(self, number: int) -> None:
        """Turn a branch to end in its branch point and consider it, if it has one."""
        branch = self.branches[number]
        ends = branch[[0, -1]].tolist()
        free = [len(self.at[end]) == 1 and not self.soma[end] for end in ends]
        if sum(free) == 1:
            branch = branch if free[0] else branch[::-1]
            self.branches[number] = branch
            length = float(self._steps(branch).sum())
            base = branch[-2] if self.soma[branch[-1]] else branch[-1]
            length -= self.scale * float(self.graph.radius_nm[base])
            heapq.heappush(self.heap, (length, int(branch[0]), number))

    def _steps(self, branch: np.ndarray) -> np.ndarray:
        """Lengths in nm of the edges of a branch, 0 of one to a soma."""
        steps = np.diff(self.graph.place_nm[branch], axis=0)
        return np.linalg.norm(steps, axis=1) * ~self.soma[branch[1:]]

    def _own_length(self, number: int) -> float:
        """Length in nm of a branch outside of the balls around nodes of others."""
        branch = self.branches[number]
        nodes = branch[:-1]
        count = min(NEIGHBOURS, len(self.alive))
        away, near = self.tree.query(self.graph.place_nm[nodes], count)
        others = self.alive.copy()
        others[nodes] = False
        held = others[near] & (away < self.graph.radius_nm[near])
        return float(self._steps(branch)[~held.any(axis=1)].sum())

    def _remove(self, number: int) -> None:
        """Take a branch off; two that are left where it was become one."""
        branch = self.branches.pop(number)
        self.alive[branch[:-1]] = False
        tip, base = int(branch[0]), int(branch[-1])
        del self.at[tip]
        self.at[base].discard(number)
        if len(self.at[base]) != 2 or self.soma[base]:
            return
        numbers = sorted(self.at.pop(base))
        first, second = (self.branches.pop(n) for n in numbers)
        first = first if first[-1] == base else first[::-1]
        second = second if second[0] == base else second[::-1]
        for end, old in zip((int(first[0]), int(second[-1])), numbers):
            self.at[end].discard(old)
        self._offer(self._add(np.concatenate([first, second[1:]])))


def cut_branch(branch: np.ndarray, cut: np.ndarray) -> list[np.ndarray]:
    """Cut a branch in two at each inner node that is to be cut (N,) bool."""
    inner = np.flatnonzero(cut[1:-1]) + 1
    ends = [0, *inner.tolist(), len(branch) - 1]
    return [branch[a : b + 1] for a, b in itertools.pairwise(ends)]
