"""Signals that two forget at the same time."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from sonalyze_contracts.identifiers import AudioHash
from sonalyze_measurement.domain.files import SIGNALS_BY_PARAMETERS, StoredFile
from sonalyze_measurement.domain.signals import Reference, SignalFile, SignalParameters
from sonalyze_measurement.infra.objects import ObjectFiles
from sonalyze_measurement.infra.references import References
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.within_reach import SignalsWithinReach


class Synthesis:
    """Writes down what was asked for, instead of its sound."""

    async def synthesise(self, file: SignalFile, folder: Path) -> Reference:
        content = file.key.encode()
        (folder / "full_signal.wav").write_bytes(content)
        return Reference(AudioHash(hashlib.sha256(content).hexdigest()), file, 15.0)


class ForgottenMeanwhile(ObjectFiles):
    """A store in which another replica forgets every signal that this one finds."""

    def __init__(self, files: ObjectFiles) -> None:
        vars(self).update(vars(files))
        self._files = files

    async def under(self, prefix: str) -> AsyncIterator[StoredFile]:
        async for file in self._files.under(prefix):
            if prefix == SIGNALS_BY_PARAMETERS:
                await self._files.delete(file.key)
            yield file


async def test_a_signal_that_another_replica_forgot_first_is_in_nobodys_way(
    files: ObjectFiles, staging: Staging, tmp_path: Path
) -> None:
    within_reach = SignalsWithinReach(tmp_path, most_signals=2)
    within_reach.open()
    asked = [SignalFile(SignalParameters(rate_hz)) for rate_hz in (44_100, 48_000)]

    given = [
        await References(store, staging, within_reach, Synthesis(), most_signals=1).generate(file)
        for store, file in zip((files, ForgottenMeanwhile(files)), asked, strict=True)
    ]

    assert [path.read_bytes() for _, path in given] == [file.key.encode() for file in asked]
