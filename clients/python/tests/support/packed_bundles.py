"""Bundles as the measurement service packs them, of a room that is computed on the spot."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from sonalyze.audio import encode_audio, libsndfile_version
from sonalyze_acoustics import (
    Evaluation,
    SignalSpec,
    evaluate_impulse_response,
    evaluate_recording,
    evaluate_reference_recording,
    measurement_signal,
    software_versions,
    sweep,
)
from sonalyze_contracts.bundles import MANIFEST
from sonalyze_contracts.provenance import KEPT_AS, Provenance
from sonalyze_contracts.results import AnalysisResults

RATE_HZ = 16_000
FULL_SCALE = 32_767

Change = Callable[[dict[str, bytes], dict[str, Any]], None]
"""What is done to the files and the manifest of a bundle before it is packed."""


def sha256(content: bytes) -> str:
    """Hash as manifests do."""
    return hashlib.sha256(content).hexdigest()


def audio(samples: np.ndarray, rate_hz: int = RATE_HZ) -> bytes:
    """Encode as a phone does."""
    return encode_audio(np.rint(samples * FULL_SCALE).astype(np.int16)[np.newaxis], rate_hz)


def samples_of(content: bytes) -> np.ndarray:
    """Decode what was encoded."""
    return soundfile.read(io.BytesIO(content))[0]


def heard(dry: np.ndarray) -> np.ndarray:
    """Play it in a room with 0.4 s of reverberation."""
    time_s = np.arange(RATE_HZ) / RATE_HZ
    room = np.random.default_rng(1).standard_normal(RATE_HZ) * 10 ** (-3 * time_s / 0.4)
    size = 2**19
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(room, size))[: dry.size + RATE_HZ]
    return 0.5 * wet / np.abs(wet).max()


@dataclass
class Bundle:
    """A bundle before it is packed."""

    files: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    analyses: list[dict[str, Any]] = field(default_factory=list)

    def add(self, path: str, kind: str, content: bytes) -> None:
        """Put a file into it."""
        self.files[path], self.kinds[path] = content, kind

    def analysed(
        self, evaluation: Evaluation, uploads: tuple[str, ...], **provenance: object
    ) -> None:
        """Put an analysis of uploads into it, the analysed one first."""
        upload = uploads[0]
        request: Any = provenance["request"]
        results = AnalysisResults.of(evaluation, audio_hash=request.get("audio_hash"))
        response = io.BytesIO()
        kept = evaluation.response.samples.astype(np.float32)
        soundfile.write(response, kept, evaluation.sample_rate_hz, format="WAV", subtype="FLOAT")
        self.add(f"responses/{upload}.wav", "impulse_response", response.getvalue())
        recordings = [f"recordings/{name}" for name in uploads]
        hashes = (sha256(self.files[path]) for path in recordings)
        record = Provenance.model_validate(
            {
                "inputs": dict(zip(uploads, hashes, strict=True)),
                "response_sha256": sha256(response.getvalue()),
                "versions": software_versions() | {"libsndfile": libsndfile_version()},
                **provenance,
            }
        ).model_dump(mode="json")
        kept_results = results.model_dump(mode="json") | {KEPT_AS: record}
        self.add(f"results/{upload}.json", "results", json.dumps(kept_results).encode())
        self.analyses.append(
            {
                "upload": upload,
                "results": f"results/{upload}.json",
                "recordings": recordings,
                "response": f"responses/{upload}.wav",
                "provenance": record,
            }
        )

    def packed(self, path: Path, change: Change | None = None) -> Path:
        """Write it; a change may spoil it first, in its files or in its manifest."""
        manifest: dict[str, Any] = {
            "format": 1,
            "job_id": "5f0c6a0e-0000-4000-8000-000000000001",
            "created_at": datetime(2026, 1, 2, tzinfo=UTC).isoformat(),
            "files": [
                {
                    "path": path,
                    "kind": self.kinds[path],
                    "bytes": len(content),
                    "sha256": sha256(content),
                }
                for path, content in self.files.items()
            ],
            "absent": [],
            "analyses": self.analyses,
        }
        files, manifest = dict(self.files), json.loads(json.dumps(manifest))
        if change is not None:
            change(files, manifest)
        with zipfile.ZipFile(path, "w") as packed:
            for name, content in files.items():
                packed.writestr(name, content)
            packed.writestr(MANIFEST, json.dumps(manifest))
        return path


@lru_cache
def bundle_of_three_sources() -> Bundle:
    """Make a bundle with one analysis from each source."""
    bundle = Bundle()
    bundle.add("job.json", "job", b"{}")
    _add_generated(bundle)
    _add_reference(bundle)
    _add_response(bundle)
    return bundle


def _add_generated(bundle: Bundle) -> None:
    spec = SignalSpec(RATE_HZ)
    signal = audio(measurement_signal(spec))
    recording = audio(heard(measurement_signal(spec)))
    bundle.add("recordings/generated", "recording", recording)
    bundle.add(f"stimuli/{sha256(signal)}.wav", "stimulus", signal)
    bundle.analysed(
        evaluate_recording(samples_of(recording), RATE_HZ, spec),
        ("generated",),
        request={
            "source": "sweep_deconvolution_generated",
            "recording_upload": "generated",
            "audio_hash": sha256(signal),
        },
        signal={"sample_rate_hz": RATE_HZ, "sweep_start_hz": 20.0, "sweep_end_hz": 20_000.0},
    )
    bundle.analyses[-1]["stimulus"] = f"stimuli/{sha256(signal)}.wav"


def _add_reference(bundle: Bundle) -> None:
    played = sweep(SignalSpec(RATE_HZ))
    reference, recording = audio(played * 0.9), audio(heard(played))
    bundle.add("recordings/free", "recording", recording)
    bundle.add("recordings/played.wav", "recording", reference)
    bundle.analysed(
        evaluate_reference_recording(
            samples_of(recording), RATE_HZ, samples_of(reference), RATE_HZ
        ),
        ("free", "played.wav"),
        request={
            "source": "sweep_deconvolution",
            "recording_upload": "free",
            "sweep_reference_upload": "played.wav",
        },
    )


def _add_response(bundle: Bundle) -> None:
    impulse = np.zeros(8_000)
    impulse[100] = 1.0
    recording = audio(heard(impulse))
    bundle.add("recordings/response.flac", "recording", recording)
    bundle.analysed(
        evaluate_impulse_response(samples_of(recording), RATE_HZ),
        ("response.flac",),
        request={"source": "impulse_response", "impulse_response_upload": "response.flac"},
    )
