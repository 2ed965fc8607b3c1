"""An eStargz layer with 1 GB of data and a Go program of some 15 MB: how much of it is fetched."""
import os
import tarfile

import hostile
import inputs
import programs
import seekable
from figure import Figure, cost

DATA_BYTES = 1_000_000_000
MOST = 5  # per cent of the layer's bytes


def write_archive(path):
    go = inputs.GOLANG / "1.27" / "bin" / "go"
    with tarfile.open(path, "w") as tar:
        seekable.add(tar, "usr/local/bin/app", go, mode=0o755)
        for number in range(10):
            seekable.add(tar, f"srv/data-{number}", os.urandom(DATA_BYTES // 10))
    return go.stat().st_size


def figures(folder):
    inputs.builds.toolchains(inputs.GOLANG, ("1.27",))
    size = write_archive(folder / "layer.tar")
    made = seekable.image(folder / "image", "estargz", folder / "layer.tar")
    registry = programs.Registry(folder).start()
    try:
        registry.push(made.source, "bench/parts:1", "--preserve-digests")
        of_parts, of_all = (
            cost(programs.BIN / "tidewaiter", "scan", "--format=json", f"--seekable-layers={how}",
                 f"docker://{registry.host}/bench/parts:1", env={"TIDEWAITER_REGISTRIES": f"http://{registry.host}"})
            for how in ("parts", "whole"))
    finally:
        registry.stop()
    read, whole, _ = seekable.fetched(hostile.json.loads(of_parts.out)["completeness"]["notes"])
    yield Figure("bytes fetched of an eStargz layer", 100 * read / whole, "%", MOST,
                 how=f"{read / 1e6:.1f} of {whole / 1e6:.0f} MB; a program of {size / 1e6:.0f} MB")
    yield Figure("  time by its table of contents / whole", of_parts.wall_s / of_all.wall_s, "ratio",
                 how=f"{of_parts.wall_s:.2f} s / {of_all.wall_s:.2f} s, registry and scan on one machine")
