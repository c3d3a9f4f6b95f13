"""Supervoxels and cells from a map of membranes."""
