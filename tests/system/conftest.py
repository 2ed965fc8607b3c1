"""Fixtures: a folder, a real registry, a daemon that it notifies, and a real image."""
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
