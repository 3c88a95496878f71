"""One page per recording: figures on top, decays per octave below, response and spectrogram."""

from io import BytesIO

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sonalyze.evaluations import EvaluatedFile
from sonalyze.plots.decays import draw_decays
from sonalyze.plots.header import draw_header
from sonalyze.plots.response import draw_response
from sonalyze.plots.spectrogram import draw_spectrogram
from sonalyze.plots.style import DOTS_PER_INCH, PICTURE_INCHES, SETTINGS


def png(name: str, evaluated: EvaluatedFile) -> bytes:
    """Draw the page of a recording and return it as a PNG."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=PICTURE_INCHES, dpi=DOTS_PER_INCH)
        FigureCanvasAgg(figure)
        header, decays, below = figure.subfigures(
            3, 1, squeeze=False, height_ratios=(2.15, 6.35, 5.0)
        )[:, 0]
        draw_header(header, name, evaluated.evaluation)
        end_s = draw_decays(decays, evaluated.evaluation)
        response, spectrogram = below.subfigures(1, 2, squeeze=False)[0]
        draw_response(response, evaluated.evaluation, end_s)
        draw_spectrogram(spectrogram, evaluated)
        written = BytesIO()
        figure.savefig(written, format="png")
        return written.getvalue()
