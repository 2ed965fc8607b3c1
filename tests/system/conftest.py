"""Fixtures: a folder, a real registry, a daemon that it notifies, and a real image."""
import os
import shutil

import pytest

import images
import programs


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def daemon_port():
    return programs.free_port()


@pytest.fixture
def registry(folder, daemon_port):
    """Sends its notifications to where the `daemon` fixture listens (or nobody does)."""
    notify = f"http://127.0.0.1:{daemon_port}/v1/webhooks/distribution"
    server = programs.Registry(folder, notify=notify).start()
    yield server
    server.stop()


@pytest.fixture
def daemon(folder, registry, daemon_port):
    server = programs.Daemon(folder, registries=f"http://{registry.host}", port=daemon_port)
    server.start()
    yield server
    if server.alive():
        assert server.stop() == 0, server.log()[-4000:]
    assert "Sanitizer" not in server.log() and "runtime error" not in server.log(), server.log()


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """An OCI layout with real Go binaries and ENV as people write it (see images.py)."""
    return images.build(tmp_path_factory.mktemp("image"))


@pytest.fixture
def daemon_factory(folder, registry, daemon_port):
    """Starts the daemon that the registry notifies, with a policy."""
    servers = []

    def make(policy, wait=True):
        server = programs.Daemon(folder, f"--policy={policy}", registries=f"http://{registry.host}",
                                 port=daemon_port)
        servers.append(server)
        if wait:
            server.start()
        else:
            programs.Program.start(server)
        return server
    yield make
    for server in servers:
        if server.alive():
            assert server.stop() == 0, server.log()[-4000:]
        assert "Sanitizer" not in server.log() and "runtime error" not in server.log(), server.log()


@pytest.fixture(scope="session")
def threads_build():
    """tidewaiterd built with ThreadSanitizer."""
    build = os.environ.get("TW_THREADS_BUILD", programs.TOP / "build-threads")
    programs.run("cmake", "-S", programs.TOP, "-B", build, "-G", "Ninja", "-DTW_SANITIZE=thread",
                 "-DTW_TESTS=OFF")
    programs.run("ninja", "-C", build, "tidewaiterd")
    return f"{build}/bin/tidewaiterd"


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """A daemon that has scanned programs of today's Go, and is asked for admission (see shop.py)."""
    import shop as shops  # it wants a toolchain, which only these tests need
    made = shops.open_shop(tmp_path_factory.mktemp("shop"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory):
    """The page's packages, by npm: esbuild is a Go program with modules."""
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(programs.TOP / "api/page" / name, folder)
    programs.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    return folder / "node_modules"


@pytest.fixture(scope="session")
def experimental():
    """The path of a program that today's Go built with GOEXPERIMENT=fieldtrack."""
    import shop as shops
    shops.builds.toolchains(shops.GOLANG, [shops.GO])
    return shops.builds.Build("experiment", GOEXPERIMENT="fieldtrack").make(shops.GOLANG, shops.GO)


@pytest.fixture
def webhook(shop):
    """A connection to it, as an API server has."""
    made = shop.door.webhook()
    yield made
    made.close()


@pytest.fixture
def stand(folder):
    """Daemons that are asked for admission and know nothing yet (see stand.py)."""
    import stand as stands
    made = stands.Stand(folder)
    yield made
    made.stop()
