"""A child of ``analysis.py``: does one task for each line of its input, and answers with its time.

It is the time of the processor: whatever else the machine does counts little.

``python analysing.py TASK FILE...``: each line names one of the files, samples at 48 kHz. Before it
says that it is ready, everything is imported and something short has been evaluated.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics import SignalSpec, evaluate_impulse_response, evaluate_recording, sweep

RATE_HZ: Final = 48_000
SPEC: Final = SignalSpec(RATE_HZ)

Samples = NDArray[np.float64]
Task = Callable[[Samples], object]


def octaves(recording: Samples) -> object:
    """Compute the documented metrics per octave."""
    return evaluate_recording(recording, RATE_HZ, SPEC)


def everything(recording: Samples) -> object:
    """Compute thirds of octaves, too, and whatever else there is."""
    return evaluate_recording(recording, RATE_HZ, SPEC, thirds=True)


def transforms() -> Task:
    """Deconvolve in single precision and stop there."""
    from bare_analysis import transforms  # noqa: PLC0415  its peers are heavy, and not for all

    reference = sweep(SPEC).astype(np.float32)
    return lambda recording: transforms(recording.astype(np.float32), reference)


def peers() -> Task:
    """Compute the same figures with pyfar and pyrato."""
    from bare_analysis import figures  # noqa: PLC0415  as above

    return lambda recording: figures(recording, sweep(SPEC), RATE_HZ)


TASKS: Final[dict[str, Callable[[], Task]]] = {
    "octaves": lambda: octaves,
    "everything": lambda: everything,
    "transforms": transforms,
    "peers": peers,
}


def main() -> None:
    """Answer until there are no more lines."""
    task = TASKS[sys.argv[1]]()
    decay = np.exp(-np.arange(RATE_HZ // 4) / 1_000)
    evaluate_impulse_response(decay * np.random.default_rng(1).standard_normal(decay.size), RATE_HZ)
    held: dict[str, Any] = {name: np.load(name) for name in sys.argv[2:]}
    print("ready", flush=True)
    for line in sys.stdin:
        started_s = time.process_time()
        task(held[line.strip()])
        print(time.process_time() - started_s, flush=True)


if __name__ == "__main__":
    main()
