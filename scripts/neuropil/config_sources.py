"""The volumes that a config gives, by role, and whether they fit each other."""

from __future__ import annotations

import itertools

from neuropil.config_errors import nearest
from neuropil.errors import InputError

# Roles of volumes, in the order in which one of them gives the dataset its grid.
ROLES = ("supervoxels", "raw", "sj", "mi", "vc", "sym", "asym", "myelin", "membrane")
ROLES += ("truth",)
ORGANELLE_ROLES = ("mi", "vc", "sj")
MESHED_TOO = ("cells", "contacts", "synapses")  # what `meshes` knows beside organelles


def sources(config: dict) -> dict[str, dict]:
    """Volumes that the config gives, by role; further organelles' maps among them.

    Each source gets the key ``key``: how messages call its place in the config.
    """
    volumes = config["volumes"]
    if config["segmentation"]["map"]:  # its own, instead of those of a phantom
        volumes = {**volumes, "supervoxels": {"made": True}}
    if config["segmentation"]["map"] == "raw":
        volumes = {**volumes, "membrane": {"made": True}}
    if volumes.get("affinities"):  # a map of membranes of another kind
        volumes = {**volumes, "membrane": describe_affinities(config)}
    if "phantom" in config:
        volumes = {**volumes, "truth": {"made": True}}
    given = {f"volumes.{r}": (r, s) for r, s in volumes.items() if r != "affinities"}
    for name, settings in config["organelles"].items():
        given[f"organelles.{name}.volume"] = (name, settings.get("volume"))
    return {
        role: {**source, "key": source.get("key", key)}
        for key, (role, source) in given.items()
        if source is not None
    }


def describe_affinities(config: dict) -> dict:
    """Describe affinities as the source of the role `membrane`.

    Its ``channels`` say where those along z, y, x are, and ``along`` which of these
    count in the map of boundaries. Opened as any other source, it gives those along z.
    """
    given = {"toward": "previous", **config["volumes"]["affinities"]}
    count = {} if "channels" in given else {"channel_count": 3}
    channels = given.get("channels", {"z": 0, "y": 1, "x": 2})
    return {
        **given,
        **count,
        "key": "volumes.affinities",
        "kind": "affinities",
        "channels": channels,
        "channel": channels["z"],
        "along": "yx" if config["segmentation"]["sections"] else "zyx",
    }


def present_roles(config: dict) -> list[str]:
    """Roles that have a volume, the usual ones first and in a fixed order."""
    given = sources(config)
    usual = [role for role in ROLES if role in given]
    return usual + sorted(set(given) - set(usual))


def organelle_names(config: dict) -> list[str]:
    """Organelles whose map is given, in a fixed order."""
    return [role for role in present_roles(config) if role in config["organelles"]]


def check_sources(config: dict) -> None:
    """Check that every volume has a path, of its own, and every organelle a map."""
    for name, settings in config["organelles"].items():
        if name in MESHED_TOO:
            raise InputError(
                f"Config: organelles.{name} has a name that stands for other objects "
                f"({', '.join(MESHED_TOO)}). Give the organelle another one."
            )
        known = name in ORGANELLE_ROLES
        if known and settings.get("volume"):
            raise InputError(
                f"Config: organelles.{name}.volume is given, but {name} is a role of "
                f"its own. Move it to volumes.{name}."
            )
        if not known and not settings.get("volume"):
            hint = nearest(name, list(ORGANELLE_ROLES))
            raise InputError(
                f"Config: organelles.{name} has no map; {hint} Add "
                f"organelles.{name}.volume with its path, or remove the entry."
            )
    check_paths(config)
    check_masks(config)
    check_distinct(config)
    check_segmentation(config)
    check_truth(config)


def check_paths(config: dict) -> None:
    """Check that what is given says where it is, and how it is used."""
    for role in present_roles(config):
        if role in ORGANELLE_ROLES and role not in config["organelles"]:
            raise InputError(
                f"Config: volumes.{role} is given, but organelles.{role} is missing. "
                "Add its parameters, as in config/config.yaml."
            )
        source = sources(config)[role]
        if not source.keys() & {"path", "made"} and "phantom" not in config:
            raise InputError(
                f"Config: volumes.{role}.path is missing, expected a file, folder or "
                "URL. Add it, or remove the role."
            )


def check_masks(config: dict) -> None:
    """Refuse `values` of what is no mask."""
    for source in sources(config).values():
        if "values" in source and source.get("kind", "mask") != "mask":
            raise InputError(
                f"Config: {source['key']}.values say what is inside of a mask, but its "
                f"kind is {source['kind']}. Leave one of them out."
            )


def check_segmentation(config: dict) -> None:
    """Check that supervoxels are either given or made, and that there is a map."""
    role, volumes = config["segmentation"]["map"], config["volumes"]
    if role and volumes.get("supervoxels"):
        raise InputError(
            f"Config: volumes.supervoxels are given, and segmentation.map is {role}, "
            "expected one of them. Set the other one to null."
        )
    if role and volumes.get(role) is None:
        raise InputError(
            f"Config: segmentation.map is {role}, but volumes.{role} is missing. Add "
            "its path, or set segmentation.map to null."
        )
    check_affinities(volumes, "phantom" in config)
    if role == "raw" and volumes.get("affinities"):
        raise InputError(
            "Config: volumes.affinities are given, and segmentation.map is raw, which "
            "makes a map itself. Set the map to affinities, or remove them."
        )
    if role == "raw" and volumes.get("membrane") and "phantom" not in config:
        raise InputError(
            "Config: volumes.membrane is given, and segmentation.map is raw, which "
            "makes one. Set the map to membrane, or remove volumes.membrane."
        )
    ranges = [config["membranes"]["percentiles"], config["membranes"]["levels"] or {}]
    for key, (low, high) in ((k, r[k]) for r in ranges for k in r):
        if low >= high:
            raise InputError(
                f"Config: membranes has {key}: [{low}, {high}], expected the lower "
                "number first. Correct it."
            )


def check_affinities(volumes: dict, is_phantom: bool) -> None:
    """Refuse affinities beside a map of membranes, or with a channel for two axes."""
    given = volumes.get("affinities")
    if not given:
        return
    if is_phantom:
        raise InputError(
            "Config: volumes.affinities are given, but a phantom makes none. Make them "
            "of its truth, and name both files in a config without `phantom`."
        )
    if volumes.get("membrane"):
        raise InputError(
            "Config: volumes.membrane and volumes.affinities are given, expected one "
            "of them. Remove the other one."
        )
    channels = given.get("channels", {})
    if len({*channels.values()}) < len(channels):
        raise InputError(
            f"Config: volumes.affinities.channels are {channels}, expected a channel "
            "of its own for each axis. Correct them."
        )


def check_truth(config: dict) -> None:
    """Refuse the truth of others beside that of a phantom."""
    if "phantom" in config and config["volumes"].get("truth"):
        raise InputError(
            "Config: volumes.truth is given, but a phantom has its own truth. Remove "
            "one of them."
        )


def check_distinct(config: dict) -> None:
    """Refuse two roles that read the very same array."""
    keys = ("path", "dataset", "channel", "level", "values")
    same = {role: [s.get(k) for k in keys] for role, s in sources(config).items()}
    for one, other in itertools.combinations(same, 2):
        if same[one] == same[other] and same[one][0]:
            raise InputError(
                f"Config: volumes.{one} and volumes.{other} are the same array "
                f"({same[one][0]}), expected one each. Correct path, dataset or "
                "channel of one of them."
            )
