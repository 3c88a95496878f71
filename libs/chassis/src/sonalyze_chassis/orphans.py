"""No child outlives its service: what a killed one had begun would be computed on, for nobody."""

import multiprocessing
import os
import signal
import threading


def end_with_parent() -> None:
    """Let this process die as soon as the one that asked for it is dead, whatever it is at."""
    threading.Thread(target=_outlive_nobody, name="end-with-parent", daemon=True).start()


def _outlive_nobody() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)
