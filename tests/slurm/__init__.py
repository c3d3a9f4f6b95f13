"""A real SLURM on this machine, for the tests of profiles/slurm."""
