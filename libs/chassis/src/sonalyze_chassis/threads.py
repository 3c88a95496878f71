"""One thread for each process that computes: they are as many as there are cores already."""

import os

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def compute_on_one_thread() -> None:
    """Tell numerical libraries that are loaded from now on, here and in children, to use one."""
    for variable in _VARIABLES:
        os.environ.setdefault(variable, "1")
