"""What a tour knows of a run: its settings, and its results by their paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuropil.storage import read_table


class Facts:
    """Results of a run.

    Parameters
    ----------
    page : the tour's own file; the dataset's results lie beside it
    files : that the run made; others that lie there may be of an older config
    dataset : as `volumes.roles.open_role` takes it
    settings : ``dataset`` (its name), ``segmentation`` (section of the config), and, of
        an agglomeration by edges, ``threshold``
    """

    def __init__(
        self, page: str, files: Iterable[str], dataset: Mapping, settings: Mapping
    ):
        folder = str(Path(page).parent)
        self.folder, self.dataset, self.settings = folder, dataset, settings
        self.paths = {str(Path(f).relative_to(folder)): Path(f) for f in files}
        self.voxel_size_nm = [dataset["voxel_size_nm"][axis] for axis in "zyx"]
        start, stop = map(np.array, dataset["box_vx"])
        self.shape_vx = (stop - start).tolist()
        self.voxel_count = int(np.prod(self.shape_vx))

    def has(self, path: str) -> bool:
        """Whether the run made a file, named below the results' folder."""
        return path in self.paths

    def read(self, path: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read a table, named below the results' folder."""
        return read_table(Path(self.folder) / path, columns)

    def organelles(self) -> dict[str, pd.DataFrame]:
        """Table of the objects of each organelle, by its name."""
        names = [Path(path) for path in self.paths if path.startswith("organelles/")]
        names = [path.stem for path in names if path.suffix == ".parquet"]
        return {name: self.read(f"organelles/{name}.parquet") for name in names}
