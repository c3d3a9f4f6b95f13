"""Check what the config says of tables of others, beyond what its schema can say."""

from __future__ import annotations

from neuropil.errors import InputError

OWN_TABLE = "connectome"  # the run's own synapses
COLUMNS = {
    *("synapse", "pre", "post", "pre_name", "post_name", "sign", "area_um2"),
    *("volume_um3", "voxel_count", "z_nm", "y_nm", "x_nm", "p_synaptic"),
}


def check_tables(config: dict) -> None:
    """Check every entry of the section `tables`.

    Raises
    ------
    InputError
        For the first thing that is missing, too much, or contradicts another.
    """
    volumes = [source for source in config["volumes"].values() if source is not None]
    if not config["tables"] and not volumes:
        raise InputError(
            "Config: volumes and tables are both empty, expected at least one of them. "
            "Add the dataset's volumes, or a table of synapses."
        )
    for name, given in config["tables"].items():
        where = f"Config: tables.{name}"
        if name == OWN_TABLE:
            raise InputError(
                f"{where} has the name of the run's own synapses. Give it another one."
            )
        check_position(given.get("position"), where)
        for condition in list_conditions(given):
            if "among" in condition and len(condition) > 1:
                raise InputError(
                    f"{where}.rows has a condition with among and "
                    f"{' and '.join(k for k in condition if k != 'among')}, expected "
                    "either among, or min and max. Remove one of them."
                )
        taken = sorted(COLUMNS & set(given.get("numbers", {})))
        if taken:
            raise InputError(
                f"{where}.numbers.{taken[0]} has the name of another column. Give it "
                "another one."
            )


def list_conditions(given: dict) -> list[dict]:
    """All conditions on rows of a table and of that of touching pairs."""
    parts = [given.get("rows", {}), (given.get("touching") or {}).get("rows", {})]
    return [condition for part in parts for condition in part.values()]


def check_position(position: dict | None, where: str) -> None:
    """Check that places are given in one way, and voxels with their size."""
    if not position:
        return
    per_axis = [axis for axis in "zyx" if axis in position]
    at_once = [key for key in ("column", "axes") if key in position]
    if (len(per_axis), len(at_once)) not in ((3, 0), (0, 2)):
        raise InputError(
            f"{where}.position has {', '.join(per_axis + at_once) or 'no column'}, "
            "expected either z, y and x, or column and axes. Add or remove some."
        )
    if (position["unit"] == "voxel") != ("voxel_size_nm" in position):
        raise InputError(
            f"{where}.position.voxel_size_nm goes with unit: voxel, but only one of "
            "them is given. Add the voxel size, or remove it."
        )
