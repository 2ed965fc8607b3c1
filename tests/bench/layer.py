"""One large gzip layer: what reading it costs beside inflating and hashing it."""
import inputs
import programs
from figure import MIB, Figure, cost, median

WHOLE_BYTES = 2500 * inputs.MB
ROUNDS = 3
MEMORY_BOUND_MIB = 64


def scan(source, **options):
    return cost(programs.BIN / "tidewaiter", "scan", "--format=json", source, **options)


def is_elf(path):
    if not path.is_file() or path.is_symlink():
        return False
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def largest_executable_mib(files):
    """Whether it is Go is told by its middle, so that each is held whole for a moment."""
    return max(path.stat().st_size for path in files if is_elf(path)) / MIB


def against_inflating(blob, source, bounds):
    """Rounds in turn, so that a machine that slows down slows all of them."""
    ours, inflate, hashing = [], [], []
    for _ in range(ROUNDS):
        inflate.append(cost("sh", "-c", f"igzip -dc {blob} >/dev/null"))
        hashing.append(cost("openssl", "dgst", "-sha256", blob))
        ours.append(scan(source))
    cpu, wall = (lambda run: run.cpu_s), (lambda run: run.wall_s)
    floor_cpu = median(inflate, cpu) + median(hashing, cpu)
    yield Figure("CPU of a scan / (igzip -dc + openssl dgst -sha256)", median(ours, cpu) / floor_cpu, "ratio",
                 bounds[0], how=f"{median(ours, cpu):.2f} s / {floor_cpu:.2f} s")
    yield Figure("wall time of a scan / igzip -dc", median(ours, wall) / median(inflate, wall), "ratio",
                 bounds[1], how=f"{median(ours, wall):.2f} s / {median(inflate, wall):.2f} s")


def memory(source):
    watched = scan(source, watch=True)
    largest = largest_executable_mib(inputs.mixed_files())
    yield Figure("peak memory of all processes - the largest executable", watched.peak_mib - largest, "MiB",
                 MEMORY_BOUND_MIB, how=f"{watched.peak_mib:.0f} MiB - {largest:.0f} MiB")


def from_registry(folder, source):
    registry = programs.Registry(folder).start()
    try:
        digest = registry.push(source, "bench/whole:1")
        pulled = scan(f"docker://{registry.host}/bench/whole@{digest}", watch=True,
                      env={"TIDEWAITER_REGISTRIES": f"http://{registry.host}"})
    finally:
        registry.stop()
    yield Figure("written to disk while scanning from a registry", pulled.written_kb, "kB", 0,
                 how=f"{pulled.wall_s:.2f} s, registry and scan on one machine")


def told(blob, what, tar_bytes):
    print(f"{what}: {blob.stat().st_size / 1e6:.0f} MB of gzip, {tar_bytes / 1e6:.0f} MB of tar", flush=True)


def figures(folder):
    blob = inputs.layer("whole.tar.gz", WHOLE_BYTES)
    source = inputs.image("whole", [blob])
    told(blob, "a layer of Debian's packages", WHOLE_BYTES)
    yield from against_inflating(blob, source, (1.25, 1.3))
    yield from memory(source)
    yield from from_registry(folder, source)
    blob = inputs.layer("go.tar.gz", WHOLE_BYTES, inputs.go_files)
    told(blob, "a layer of Go toolchains, a third of it Go programs", WHOLE_BYTES)
    yield from against_inflating(blob, inputs.image("go", [blob]), (None, None))
