"""Timings of ChestBench beside what it is measured against, in one run each."""
