"""What grows with what: layers of 10 MB to 10 GB, 1 to 127 layers, 10 to 1,000,000 files, 1 to 100,000 stored
images. Bounds: what is linear costs as much a unit at the end as in the middle; what is flat stays."""
import json
import os
from pathlib import Path

import inputs
import stored
from figure import Figure, machine
from layer import scan

SIZES_MB = (10, 100, 1000, 10000)
LAYERS = (1, 10, 50, 127)
LAYER_MB = 8
FILES = (10, 1000, 100_000, 1_000_000)
LINEAR, FLAT = 1.5, 2.0
NOISE_MS = 1.0  # an answer's time is not told from less
OUT = Path(os.environ.get("TW_GROWTH", inputs.HERE.parents[1] / "docs"))


def row(x, source):
    done = scan(source, watch=True)
    return {"x": x, "wall_s": done.wall_s, "cpu_s": done.cpu_s, "peak_mib": done.peak_mib}


def of_sizes():
    for size in SIZES_MB:
        blob = inputs.layer(f"size-{size}.tar.gz", size * 1_000_000, command=("igzip", "-1"))
        yield row(size, inputs.image(f"size-{size}", [blob]))


def of_layers():
    for count in LAYERS:
        blobs = [inputs.layer(f"layer-{n}.tar.gz", LAYER_MB * 1_000_000, command=("igzip", "-1"))
                 for n in range(count)]
        yield row(count, inputs.image(f"layers-{count}", blobs))


def of_files():
    for count in FILES:
        yield row(count, inputs.image(f"files-{count}", [inputs.files_layer(count)]))


def of_stored(folder):
    house = stored.House(folder)
    try:
        for count, answers in stored.growth(house):
            yield {"x": count, **answers}
    finally:
        house.stop()


def linear(what, rows, key="cpu_s"):
    """The last row's cost a unit beside that of the one before it."""
    before, last = rows[-2], rows[-1]
    ratio = (last[key] / last["x"]) / (before[key] / before["x"])
    return Figure(f"cost of a {what}, at {last['x']:,} / at {before['x']:,}", ratio, "ratio", LINEAR,
                  how=", ".join(f"{r['x']:,}: {r[key]:.3g} s, {r['peak_mib']:.0f} MiB" for r in rows))


def flat(rows):
    for name in rows[0]:
        if name == "x":
            continue
        first, last = (max(r[name], NOISE_MS) for r in (rows[1], rows[-1]))
        yield Figure(f"{name}: {rows[-1]['x']:,} stored images / {rows[1]['x']:,}", last / first, "ratio", FLAT,
                     how=", ".join(f"{r['x']:,}: {r[name]:.2f} ms" for r in rows))


def plot(table, path):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(2, 2, figsize=(11, 8), constrained_layout=True)
    for axis, (rows, label) in zip(axes.flat, ((table["sizes"], "MB of tar in one layer"),
                                               (table["layers"], f"layers of {LAYER_MB} MB of tar each"),
                                               (table["files"], "files in one layer"))):
        axis.loglog([r["x"] for r in rows], [r["cpu_s"] for r in rows], "o-", label="CPU, s")
        axis.loglog([r["x"] for r in rows], [r["wall_s"] for r in rows], "s--", label="time, s")
        axis.loglog([r["x"] for r in rows], [r["peak_mib"] / 1000 for r in rows], "^:", label="peak memory, GiB")
        axis.set_xlabel(label)
        axis.legend()
        axis.grid(True, which="both", alpha=0.2)
    axis = axes[1, 1]
    for name in (key for key in table["stored"][0] if key != "x"):
        axis.semilogx([r["x"] for r in table["stored"]], [r[name] for r in table["stored"]], "o-", label=name)
    axis.set_xlabel("stored images")
    axis.set_ylabel("ms until the answer is there")
    axis.set_ylim(bottom=0)
    axis.legend(fontsize=6, ncols=2)
    axis.grid(True, alpha=0.2)
    figure.suptitle(f"tidewaiter scan, and answers of tidewaiterd ({machine()['cpu']}, {machine()['cores']} cores)")
    figure.savefig(path, dpi=80)


def figures(folder):
    table = {"sizes": list(of_sizes()), "layers": list(of_layers()), "files": list(of_files()),
             "stored": list(of_stored(folder))}
    yield linear("MB", table["sizes"])
    yield linear("layer", table["layers"])
    yield linear("file", table["files"])
    yield from flat(table["stored"])
    (OUT / "growth.json").write_text(json.dumps({"machine": machine(), **table}, indent=1) + "\n")
    plot(table, OUT / "growth.png")
    print(f"written: {OUT / 'growth.png'}", flush=True)
