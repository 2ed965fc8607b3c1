"""Real images, made by umoci from real Go programs of Debian's packages."""
import shutil

from programs import run

GODEBUG_ENV = 'ENV GODEBUG="mmap=1,gcstoptheworld=0,gctrace=1" GOROOT_FINAL=/usr/local/go'


class Image:
    """An OCI layout with one tag, "1"."""

    def __init__(self, folder):
        self.layout = folder / "oci"
        self.source = f"oci:{self.layout}:1"

    def umoci(self, verb, *options):
        return run("umoci", verb, "--image", f"{self.layout}:1", *options)

    def add(self, local, path):
        """A layer that puts one local file in place."""
        self.umoci("insert", local, path)

    def env(self, instruction, **variables):
        """What an ENV instruction leaves behind: config.Env, and history without a layer."""
        options = []
        for name, value in variables.items():
            options += ["--config.env", f"{name}={value}"]
        self.umoci("config", *options, "--history.created_by", instruction)


def new(folder):
    image = Image(folder)
    run("umoci", "init", "--layout", image.layout)
    run("umoci", "new", "--image", f"{image.layout}:1")
    return image


def copy(image, folder):
    """The same image in a layout of its own, to be changed."""
    shutil.copytree(image.layout, folder / "oci")
    return Image(folder)


def build(folder):
    """Three layers, two Go programs (Go 1.19, Debian), ENV with several variables and quotes."""
    image = new(folder)
    note = folder / "motd"
    note.write_text("not a program\n")
    image.add(note, "/etc/motd")
    image.add("/usr/bin/docker-registry", "/usr/local/bin/registry")
    image.add(shutil.which("umoci"), "/usr/local/bin/umoci")
    image.env(GODEBUG_ENV, GODEBUG="mmap=1,gcstoptheworld=0,gctrace=1",
              GOROOT_FINAL="/usr/local/go")
    image.env("ENV GOMEMLIMIT=2GB", GOMEMLIMIT="2GB")
    return image
