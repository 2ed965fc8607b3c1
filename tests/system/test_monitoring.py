"""Alert rules, dashboard and configuration of deploy/prometheus and deploy/grafana, by Prometheus' own tool."""
import json
import re
import subprocess

import pytest
import yaml

import access
import programs
from metrics import Metrics
from programs import TOP, run

PROMETHEUS = TOP / "deploy/prometheus"
DASHBOARD = TOP / "deploy/grafana/dashboards/tidewaiter.json"
NAME = re.compile(r"\b((?:tidewaiter|process)_[a-z0-9_]+)")
# Of Prometheus itself.
OTHERS = {"up"}


def alerts():
    return yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"][0]["rules"]


def panels():
    return [p for p in json.loads(DASHBOARD.read_text())["panels"] if p["type"] != "row"]


def expressions():
    """What is asked, with Grafana's variables filled in."""
    made = [(f"alert {rule['alert']}", rule["expr"]) for rule in alerts()]
    for panel in panels():
        for target in panel["targets"]:
            expr = target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")
            made.append((f"panel {panel['title']}", expr))
    return made


def test_alerts__promtool__takes_them():
    run("promtool", "check", "rules", PROMETHEUS / "alerts.yml")
    run("promtool", "check", "config", "--syntax-only", PROMETHEUS / "prometheus.yml")
    run("promtool", "check", "config", "--syntax-only", TOP / "deploy/compose/prometheus.yml")


def test_alerts__each__has_a_case_that_fires_and_one_that_is_silent():
    run("promtool", "test", "rules", PROMETHEUS / "alerts_test.yml", cwd=PROMETHEUS)
    cases = {}
    for case in yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]:
        for test in case["alert_rule_test"]:
            cases.setdefault(test["alertname"], set()).add(bool(test["exp_alerts"]))
    assert cases == {rule["alert"]: {True, False} for rule in alerts()}


def test_alerts__each__is_explained_where_it_says():
    text = (TOP / "docs/operations.md").read_text()
    for rule in alerts():
        file, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert file == "docs/operations.md" and anchor == rule["alert"].lower()
        assert re.search(rf"^### {rule['alert']}$", text, re.M), rule["alert"]
    assert set(re.findall(r"^### (Tidewaiter\w+)$", text, re.M)) == {rule["alert"] for rule in alerts()}


def test_expressions__each__parses(tmp_path):
    rules = [{"record": f"x:{i}", "expr": expr} for i, (_, expr) in enumerate(expressions())]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "x", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", "--lint=none", path], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Every name that a daemon with TLS says."""
    folder = tmp_path_factory.mktemp("known")
    authority = access.Authority(folder)
    cert, key = authority.issue("server")
    daemon = access.Secure(folder, authority, f"--tls-cert={cert}", f"--tls-key={key}")
    daemon.start()

    class Asked:
        @staticmethod
        def get(path):
            token = daemon.bearer("read")["Authorization"]
            text = run("curl", "-sf", "--cacert", authority.cert, "-H", f"Authorization: {token}",
                       f"https://localhost:{daemon.port}{path}").stdout
            return programs.Answer(200, {}, text.encode())
    metrics = Metrics(Asked)
    assert daemon.stop() == 0
    return metrics


def test_expressions__metrics__are_those_of_the_daemon(known):
    for where, expr in expressions():
        for name in set(NAME.findall(re.sub(r'"[^"]*"', "", expr))):
            assert name in known.names(), f"{where}: there is no {name}"


def test_metrics__each__is_on_the_dashboard_or_alerted_on(known):
    asked = " ".join(expr for _, expr in expressions())
    seldom = {"process_virtual_memory_bytes", "process_max_fds"}
    for family in known.types:
        assert re.search(rf"\b{family}(_bucket|_sum|_count)?\b", asked) or family in seldom | {
            "process_start_time_seconds"}, family


def test_dashboard__is_what_grafana_takes():
    board = json.loads(DASHBOARD.read_text())
    ids = [p["id"] for p in board["panels"]]
    assert len(set(ids)) == len(ids) and board["id"] is None and board["uid"] == "tidewaiter"
    assert board["schemaVersion"] >= 39
    assert [v["name"] for v in board["templating"]["list"]] == ["datasource", "instance"]
    cells = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert cell not in cells, f"{panel['title']} lies on another panel"
            cells.add(cell)
    for panel in panels():
        assert panel["datasource"]["uid"] == "${datasource}" and panel["fieldConfig"]["defaults"]["unit"]
        assert len({t["refId"] for t in panel["targets"]}) == len(panel["targets"])


def test_provisioning__paths_and_source__fit_the_compose_file():
    source = yaml.safe_load((TOP / "deploy/grafana/provisioning/datasources/prometheus.yaml").read_text())
    assert source["datasources"][0]["type"] == "prometheus"
    provider = yaml.safe_load((TOP / "deploy/grafana/provisioning/dashboards/tidewaiter.yaml").read_text())
    compose = yaml.safe_load((TOP / "deploy/compose/compose.yaml").read_text())
    mounts = compose["services"]["grafana"]["volumes"]
    assert any(m["target"] == provider["providers"][0]["options"]["path"] for m in mounts)
    assert source["datasources"][0]["url"] == "http://prometheus:9090" and "prometheus" in compose["services"]


def test_alerts__of_the_operator__are_the_same():
    rule = yaml.safe_load((TOP / "deploy/kubernetes/components/service-monitor/prometheusrule.yaml").read_text())
    assert rule["spec"] == yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())
