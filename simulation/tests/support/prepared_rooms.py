"""Prepared simulations and answers, by what matters about them."""

from simulated_rooms import request, source

from sonalyze_contracts.simulations import SimulationRequest
from sonalyze_simulation.domain.answers import Answer, PairText
from sonalyze_simulation.domain.prepared import Prepared

ESTIMATES = {
    name: [0.5] * 8 for name in ("bands_hz", "sabine_s", "eyring_s", "kuttruff_s", "fitzroy_s")
}


def prepared(
    seconds: float = 1.0, rays: int = 10_000, order: int = 8, microphones: int = 1, **fields: object
) -> Prepared:
    """Give a prepared simulation of the documents' room."""
    places = [source(3, 1 + 0.1 * step, name=f"m{step}")[0] for step in range(microphones)]
    asked = SimulationRequest.model_validate(request(microphones=places, **fields))
    return Prepared(
        request=asked.model_dump(mode="json"),
        method="hybrid",
        order=order,
        rays=rays,
        seconds=seconds,
        volume_m3=50.0,
        surface_m2=85.0,
        schroeder_hz=200.0,
        estimates=ESTIMATES,
        warnings=["mind the gap"],
    )


def answer(rir: str = "null", decay_curves: str = "null", name: str = "s1") -> Answer:
    """Give an answer of one pair."""
    rest = (
        f'{{"source_id":"{name}","microphone_id":"m1","line_of_sight":true,"metrics":'
        '{"rt60_s":1,"edt_s":1,"d50":0.5,"c50_db":0,"c80_db":0,"drr_db":0,"sti":0.5,'
        '"sti_method":"mtf"}}'
    )
    return Answer(prepared(), (PairText(rest, rir, decay_curves),))
