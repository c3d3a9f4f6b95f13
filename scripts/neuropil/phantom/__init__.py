"""Synthetic tissue with known truth: grown from a seed, rendered chunk by chunk."""
