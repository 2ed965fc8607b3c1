"""deploy/kubernetes: rendered by a real kubectl, checked by Kubernetes' own types, and run as it says. No
API server can be had here; what one would do (matchConditions, calls, Secrets) is done in its place."""
import base64
import copy
import http.server
import json
import os
import re
import subprocess
import threading
import time
from pathlib import Path

import pytest
import yaml

import access
import clusterapi
import programs
import reviews
from apiserver import Webhook
from programs import BIN, TOP

KUBERNETES = TOP / "deploy/kubernetes"
OVERLAYS = ("cert-manager", "self-signed", "sidecar", "two-daemons")
DOCS = (TOP / "docs/kubernetes.md").read_text()
MODULES = {  # groups that are not Kubernetes' own
    "cert-manager.io": "@kubernetes-models/cert-manager", "kyverno.io": "@kubernetes-models/kyverno",
    "monitoring.coreos.com": "@kubernetes-models/prometheus-operator"}
OF_PEOPLE = {"tidewaiter-prometheus"}  # Secrets that the docs tell them to make


@pytest.fixture(scope="session")
def tools():
    made = Path(os.environ.get("TW_GOLANG", "/var/tmp/tidewaiter-golang")) / "kubernetes"
    programs.run(TOP / "tests/system/kubernetes/tools.sh", made)
    return made


@pytest.fixture(scope="session")
def rendered(tools, tmp_path_factory):
    """{overlay: objects}; "all" has every component that the others leave out."""
    def render(folder):
        return list(yaml.safe_load_all(programs.run(tools / "kubectl", "kustomize", folder).stdout))
    everything = tmp_path_factory.mktemp("all")
    way = os.path.relpath(KUBERNETES, everything.resolve())
    (everything / "kustomization.yaml").write_text(yaml.safe_dump({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "resources": [f"{way}/overlays/self-signed"],
        "components": [f"{way}/components/service-monitor", f"{way}/components/fail-closed"]}))
    return {**{name: render(KUBERNETES / "overlays" / name) for name in OVERLAYS}, "all": render(everything)}


def of(objects, kind, name=None):
    found = [o for o in objects if o["kind"] == kind and name in (None, o["metadata"]["name"])]
    return found[0] if name else found


def pods(objects):
    """(name, Pod template) of each workload."""
    for o in objects:
        spec = o.get("spec", {})
        template = spec.get("template") or spec.get("jobTemplate", {}).get("spec", {}).get("template")
        if template and o["kind"] in ("Deployment", "Job", "CronJob"):
            yield o["metadata"]["name"], template


def examples():
    return [o for file in sorted(KUBERNETES.glob("examples/*/*.yaml")) for o in yaml.safe_load_all(file.read_text())]


def node(tools, script, questions):
    code = (TOP / "tests/system/kubernetes" / script).read_text()
    return subprocess.run(["node", "--input-type=module", "-e", code], cwd=tools, input=json.dumps(questions),
                          capture_output=True, text=True, check=True).stdout


# ---- what is rendered ----

def test_folder__every_kustomization_and_component__is_rendered():
    used = set()
    for file in KUBERNETES.glob("**/kustomization.yaml"):
        text = yaml.safe_load(file.read_text())
        for entry in text.get("resources", []) + text.get("components", []):
            used.add((file.parent / entry).resolve())
    unused = {f.parent for f in KUBERNETES.glob("**/kustomization.yaml")} - used
    assert {f.relative_to(KUBERNETES).as_posix() for f in unused} == {
        *(f"overlays/{name}" for name in OVERLAYS), "components/service-monitor"}
    files = {f for f in KUBERNETES.glob("**/*") if f.suffix in (".yaml", ".env", ".json", ".yml")}
    named = {f for k in KUBERNETES.glob("**/kustomization.yaml") for f in files
             if f.parent == k.parent and f.name in k.read_text()}
    assert files - named == {*KUBERNETES.glob("examples/*/*.yaml"), *KUBERNETES.glob("**/kustomization.yaml")}


def module_of(o):
    group, _, version = o["apiVersion"].rpartition("/")
    return "/".join(filter(None, (MODULES.get(group, "kubernetes-models"), group, version)))


def known(objects):
    """All but what has no types in npm."""
    return [o for o in objects if o["apiVersion"].split("/")[0] not in (
        "externaldata.gatekeeper.sh", "templates.gatekeeper.sh", "constraints.gatekeeper.sh")]


def type_errors(tools, folder, objects):
    """What TypeScript says of the objects as literals of Kubernetes' types: a field too many is an error."""
    lines = []
    for n, o in enumerate(known(objects)):
        lines.append(f"import type {{I{o['kind']} as T{n}}} from '{module_of(o)}';")
        lines.append(f"export const o{n}: T{n} = {json.dumps(o)};")
    source = tools / f"objects-{os.getpid()}.ts"
    source.write_text("\n".join(lines))
    try:
        done = subprocess.run(["node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "esnext",
                               "--module", "esnext", "--moduleResolution", "bundler", source.name],
                              cwd=tools, capture_output=True, text=True)
    finally:
        source.unlink()
    return done.stdout


def test_schemas__all_that_is_rendered__is_what_kubernetes_takes(tools, rendered, folder):
    objects = copy.deepcopy([o for each in rendered.values() for o in each]) + examples()
    for o in of(objects, "Secret"):  # kustomize breaks lines in them, which these schemas do not know
        o["data"] = {k: "".join(v.split()) for k, v in o["data"].items()}
    assert node(tools, "validate.mjs", [{"module": module_of(o), "object": o} for o in known(objects)]) == ""
    assert type_errors(tools, folder, objects) == ""


def test_schemas__a_wrong_field__is_found(tools, rendered, folder):
    """The two checks above can fail."""
    wrong = copy.deepcopy(of(rendered["self-signed"], "Deployment"))
    wrong[0]["spec"]["template"]["spec"]["containers"][0]["lifecycle"]["preStopp"] = {}
    assert "preStopp" in type_errors(tools, folder, wrong)
    hook = copy.deepcopy(of(rendered["self-signed"], "ValidatingWebhookConfiguration", "tidewaiter"))
    del hook["webhooks"][0]["sideEffects"]
    assert "sideEffects" in node(tools, "validate.mjs", [{"module": module_of(hook), "object": hook}])


class Discovery(http.server.BaseHTTPRequestHandler):
    """Says which kinds there are, as kubectl asks even for a dry run on its own side; nothing else."""
    kinds = set()  # (apiVersion, kind)

    def do_GET(self):  # noqa: N802
        path, versions = self.path.partition("?")[0], {v for v, _ in self.kinds}
        groups = [{"name": v.split("/")[0], "versions": [{"groupVersion": v, "version": v.split("/")[1]}],
                   "preferredVersion": {"groupVersion": v, "version": v.split("/")[1]}} for v in versions if "/" in v]
        version = path.removeprefix("/apis/").removeprefix("/api/")
        cluster = ("Namespace", "ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration")
        answer = {"/api": {"kind": "APIVersions", "versions": ["v1"]},
                  "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}}.get(path) or {
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": [
                {"name": kind.lower() + "s", "singularName": kind.lower(), "kind": kind, "verbs": ["create", "get"],
                 "namespaced": kind not in cluster} for v, kind in self.kinds if v == version]}
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def dry_run(tools, rendered, folder):
    """Objects -> what `kubectl create --dry-run=client` did."""
    Discovery.kinds = {(o["apiVersion"], o["kind"]) for objects in rendered.values() for o in objects}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Discovery)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def run(objects):
        return subprocess.run(
            [tools / "kubectl", f"--server=http://127.0.0.1:{server.server_address[1]}", f"--cache-dir={folder}/cache",
             "create", "--dry-run=client", "--validate=false", "-o", "name", "-f", "-"],
            input=yaml.safe_dump_all(objects), capture_output=True, text=True)
    yield run
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("overlay", [*OVERLAYS, "all"])
def test_kubectl__dry_run_on_its_side__takes_every_object(dry_run, rendered, overlay):
    done = dry_run(rendered[overlay])
    assert done.returncode == 0, done.stderr
    named = sorted(line.rsplit("/", 1)[1] for line in done.stdout.split())
    assert named == sorted(o["metadata"]["name"] for o in rendered[overlay])


def test_kubectl__dry_run_of_an_unknown_kind__is_refused(dry_run, rendered):
    wrong = {**of(rendered["self-signed"], "Service", "tidewaiter"), "kind": "Servise"}
    assert 'no matches for kind "Servise"' in dry_run([wrong]).stderr


@pytest.mark.parametrize("overlay", [*OVERLAYS, "all"])
def test_names__of_secrets_maps_claims_and_accounts__are_of_objects_that_are_there(rendered, overlay):
    objects = rendered[overlay]
    names = {(o["kind"], o["metadata"]["name"]) for o in objects}
    assert len(names) == len(objects)
    names |= {("Secret", s) for o in of(objects, "Certificate") for s in [o["spec"]["secretName"]]}
    names |= {("Secret", a.split("=")[1]) for o in of(objects, "Job") for a in
              o["spec"]["template"]["spec"]["containers"][0]["args"] if "secret=" in a}
    names |= {("Secret", name) for name in OF_PEOPLE}
    keys = (("secret", "Secret", "secretName"), ("configMap", "ConfigMap", "name"),
            ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"))
    wanted = set()
    for _, pod in pods(objects):
        spec = pod["spec"]
        wanted |= {(kind, v[key][field]) for v in spec.get("volumes", []) for key, kind, field in keys if key in v}
        containers = spec["containers"] + spec.get("initContainers", [])
        wanted |= {("ConfigMap", e["configMapRef"]["name"]) for c in containers for e in c.get("envFrom", [])}
        wanted |= {("ServiceAccount", spec["serviceAccountName"])} if "serviceAccountName" in spec else set()
        for container in containers:
            mounted = {m["name"] for m in container.get("volumeMounts", [])}
            assert mounted <= {v["name"] for v in spec.get("volumes", [])}
    for o in of(objects, "ServiceMonitor"):
        [end] = o["spec"]["endpoints"]
        wanted |= {("Secret", end["authorization"]["credentials"]["name"]),
                   ("Secret", end["tlsConfig"]["ca"]["secret"]["name"])}
        assert end["port"] in {p["name"] for s in of(objects, "Service") for p in s["spec"]["ports"]}
    for o in of(objects, "ClusterRoleBinding") + of(objects, "RoleBinding"):
        wanted |= {(o["roleRef"]["kind"], o["roleRef"]["name"])}
        wanted |= {(s["kind"], s["name"]) for s in o["subjects"]}
    for o in of(objects, "ValidatingWebhookConfiguration"):
        wanted |= {("Service", w["clientConfig"]["service"]["name"]) for w in o["webhooks"]}
    for o in of(objects, "Certificate"):
        wanted.add(("Issuer", o["spec"]["issuerRef"]["name"]))
    assert wanted - names == set()


@pytest.mark.parametrize("overlay", [*OVERLAYS, "all"])
def test_labels__that_are_selected__are_those_of_the_pods_meant(rendered, overlay):
    objects = rendered[overlay]
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(objects)}

    def chosen(selector):
        return {name for name, has in labels.items() if selector.items() <= has.items()}
    daemons = {name for name in labels if name.startswith("tidewaiter") and "certificate" not in name}
    for o in of(objects, "Deployment"):
        assert chosen(o["spec"]["selector"]["matchLabels"]) == {o["metadata"]["name"]}
    for o in of(objects, "Service"):
        assert chosen(o["spec"]["selector"]) == daemons or {o["metadata"]["name"]}
    for o in of(objects, "PodDisruptionBudget"):
        assert chosen(o["spec"]["selector"]["matchLabels"]) == daemons
    for o in of(objects, "NetworkPolicy"):
        meant = {"tidewaiter-certificate"} if "certificate" in o["metadata"]["name"] else daemons
        assert chosen(o["spec"]["podSelector"]["matchLabels"]) == meant


@pytest.mark.parametrize("overlay", [*OVERLAYS, "all"])
def test_pods__of_ours__are_as_confined_as_can_be(rendered, overlay):
    for _, pod in pods(rendered[overlay]):
        spec = pod["spec"]
        ours = [c for c in spec["containers"] + spec.get("initContainers", []) if c["image"].startswith("tidewaiter:")]
        assert ours and not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert spec.get("automountServiceAccountToken") is False or "certificate" in spec["serviceAccountName"]
        for container in ours:
            inside = {**spec.get("securityContext", {}), **container["securityContext"]}
            inside.pop("fsGroup", None), inside.pop("fsGroupChangePolicy", None)
            assert inside == {
                "runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"}, "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            assert "memory" in container["resources"]["limits"]
        for volume in spec.get("volumes", []):
            assert "hostPath" not in volume and volume.get("secret", {"defaultMode": 0o440})["defaultMode"] == 0o440


def test_network__in_by_one_port_out_to_no_metadata(rendered):
    for policy in of(rendered["self-signed"], "NetworkPolicy"):
        assert all(rule["ports"] == [{"port": "https"}] for rule in policy["spec"].get("ingress", []))
        blocks = [to["ipBlock"] for rule in policy["spec"].get("egress", []) for to in rule.get("to", []) if
                  "ipBlock" in to]
        assert all(block["except"] for block in blocks)
    spec = of(rendered["self-signed"], "NetworkPolicy", "tidewaiter")["spec"]
    assert "169.254.0.0/16" in json.dumps(spec["egress"]) and set(spec["policyTypes"]) == {"Ingress", "Egress"}


# ---- what the docs say ----

def hooks(rendered, overlay):
    return {w["name"]: w for w in of(rendered[overlay], "ValidatingWebhookConfiguration", "tidewaiter")["webhooks"]}


def test_docs__table_of_webhooks__is_what_is_rendered(rendered):
    rows = re.findall(r"^\| `(\S+tidewaiter\.internal)` \| (.*?) \| (\w+) \| (\d+) s \|$", DOCS, re.M)
    webhooks = hooks(rendered, "self-signed")
    assert [name for name, *_ in rows] == list(webhooks)
    for name, what, policy, seconds in rows:
        webhook = webhooks[name]
        assert (webhook["failurePolicy"], webhook["timeoutSeconds"]) == (policy, int(seconds))
        told = {}
        for resources, operations in re.findall(r"([a-z/, ]+?) \(([A-Z, ]+)\)", what):
            for resource in resources.strip(", ").split(", "):
                told[resource] = operations.split(", ")
        assert told == {r: rule["operations"] for rule in webhook["rules"] for r in rule["resources"]}
        assert webhook["sideEffects"] == "NoneOnDryRun" and webhook["admissionReviewVersions"] == ["v1"]
    left_out = re.search(r"Not asked about: the namespaces (.*?);", DOCS)[1]
    for webhook in webhooks.values():
        [expression] = webhook["namespaceSelector"]["matchExpressions"]
        assert expression == {"key": "kubernetes.io/metadata.name", "operator": "NotIn",
                              "values": re.findall(r"`([a-z-]+)`", left_out)}


def test_docs__fail_closed__is_for_pods_only(rendered):
    for overlay in ("all", "two-daemons"):
        assert [w["failurePolicy"] for w in hooks(rendered, overlay).values()] == ["Fail", "Ignore"]


def test_docs__own_overlay__is_rendered_with_its_image_and_registries(tools, folder):
    text = re.search(r"```yaml\n( +# kustomization\.yaml\n.*?)```", DOCS, re.S)[1]
    way = os.path.relpath(TOP, folder.resolve())
    (folder / "kustomization.yaml").write_text(text.replace("tidewaiter/deploy", f"{way}/deploy"))
    objects = list(yaml.safe_load_all(programs.run(tools / "kubectl", "kustomize", folder).stdout))
    images = {c["image"] for _, pod in pods(objects) for c in pod["spec"]["containers"]}
    assert images == {"registry.example/tidewaiter:0.1.0"}
    assert of(objects, "ConfigMap", "tidewaiter-settings")["data"] == {
        "TIDEWAITER_REGISTRIES": "https://registry.example", "TIDEWAITER_LOG_LEVEL": "info"}


def test_docs__folders_and_files_and_objects__are_there(rendered):
    names = {o["metadata"]["name"] for objects in rendered.values() for o in objects}
    for path in re.findall(r"`((?:base|overlays|components|examples)(?:/[a-z-]+)?)`", DOCS):
        assert (KUBERNETES / path).is_dir(), path
    for folder in [f for kind in ("overlays", "components", "examples") for f in (KUBERNETES / kind).iterdir()]:
        assert f"`{folder.relative_to(KUBERNETES)}`" in DOCS, folder
    for name in re.findall(r"`(tidewaiter(?:-[a-z]+)+)`", DOCS):
        assert name in names | {"tidewaiter-ca", "tidewaiter-tls"}, name


# ---- matchConditions ----

def ask_conditions(tools, webhook, review):
    request = review["request"]
    variables = {"request": request, "object": request.get("object"), "oldObject": request.get("oldObject")}
    results = json.loads(node(tools, "conditions.mjs", [
        {"expression": c["expression"], "variables": variables} for c in webhook["matchConditions"]]))
    assert all(isinstance(r, bool) for r in results), results
    return {c["name"] for c, r in zip(webhook["matchConditions"], results) if not r}


SPEC = {"containers": [{"name": "app", "image": "registry.example/app:1"}]}
OTHER = {"containers": [{"name": "app", "image": "registry.example/app:2"}]}
KUBELET = {"username": "system:node:a", "groups": ["system:nodes", "system:authenticated"]}
OWNED = {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "a", "uid": "1"}]}
GOING = {"deletionTimestamp": "2026-11-20T08:15:42Z"}


@pytest.mark.parametrize("name, review, out", (
    ("pods", lambda: reviews.review(reviews.pod(SPEC)), set()),
    ("pods", lambda: reviews.review(reviews.pod(SPEC), user={"username": "nobody"}), set()),
    ("pods", lambda: reviews.review(reviews.pod(SPEC), user=KUBELET), {"not-by-kubelets"}),
    ("pods", lambda: reviews.review(reviews.pod(SPEC), "UPDATE", reviews.pod(SPEC, labels={"a": "b"})),
     {"something-else-would-run"}),
    ("pods", lambda: reviews.review(reviews.pod(OTHER), "UPDATE", reviews.pod(SPEC)), set()),
    ("pods", lambda: reviews.review(reviews.pod(OTHER, **GOING), "UPDATE", reviews.pod(SPEC)), {"not-going-away"}),
    ("workloads", lambda: reviews.review(reviews.workload("Deployment", reviews.template_spec(SPEC["containers"][0]))),
     set()),
    ("workloads", lambda: owned(reviews.workload("ReplicaSet", reviews.template_spec(SPEC["containers"][0]))),
     {"nobody-owns-it"}),
    ("workloads", lambda: reviews.review(
        reviews.workload("PodTemplate", reviews.template_spec(OTHER["containers"][0])), "UPDATE",
        reviews.workload("PodTemplate", reviews.template_spec(SPEC["containers"][0]))), set()),
))
def test_conditions__of_a_webhook__leave_out_what_the_docs_say(tools, rendered, name, review, out):
    webhook = hooks(rendered, "self-signed")[f"{name}.tidewaiter.internal"]
    assert ask_conditions(tools, webhook, review()) == out


def owned(workload):
    workload["metadata"].update(OWNED)
    return reviews.review(workload)


# ---- run as it is rendered ----

class Deployed(access.Secure):
    """tidewaiterd with the arguments, settings and files of a rendered Deployment; only addresses and
    folders are this machine's."""

    def __init__(self, folder, objects, authority, name="tidewaiter"):
        super().__init__(folder, authority)
        self.root = Path(folder) / "root"
        pod = of(objects, "Deployment", name)["spec"]["template"]["spec"]
        [container] = pod["containers"]
        cert, key = authority.issue(f"tls-{Path(folder).name}")
        data = {o["metadata"]["name"]: {
            k: base64.b64decode(v) if o["kind"] == "Secret" else v.encode() for k, v in o["data"].items()}
            for o in objects if o["kind"] in ("Secret", "ConfigMap")}
        data["tidewaiter-tls"] = {"tls.crt": cert.read_bytes(), "tls.key": key.read_bytes()}
        for mount in container["volumeMounts"]:
            [volume] = [v for v in pod["volumes"] if v["name"] == mount["name"]]
            inside = self.root / mount["mountPath"].lstrip("/")
            inside.mkdir(parents=True)
            source = volume.get("secret", {}).get("secretName") or volume.get("configMap", {}).get("name")
            for file, text in data.get(source, {}).items():
                (inside / file).write_bytes(text)
                (inside / file).chmod(volume.get("secret", {}).get("defaultMode", 0o644))
        self.env = {**(self.env or {}), **{
            k: v.decode() for e in container["envFrom"] for k, v in data[e["configMapRef"]["name"]].items()}}
        assert container["ports"] == [{"name": "https", "containerPort": 8055}]
        args = [a.replace("=/", f"={self.root}/").replace("0.0.0.0:8055", f"0.0.0.0:{self.port}")
                for a in container["args"]]
        self.argv = [str(BIN / "tidewaiterd"), *args]


@pytest.mark.parametrize("overlay, name", (("self-signed", "tidewaiter"), ("two-daemons", "tidewaiter-second")))
def test_deployment__as_rendered__answers_an_api_server_and_nobody_else(rendered, folder, overlay, name):
    authority = access.Authority(folder)
    daemon = Deployed(folder / "daemon", rendered[overlay], authority, name)
    daemon.start()
    try:
        service = hooks(rendered, overlay)["pods.tidewaiter.internal"]["clientConfig"]["service"]
        decision = Webhook(daemon, authority, service["path"]).ask(reviews.create("other.example/app:1"))
        assert decision.allowed and decision.audit["policy"] == "cluster"
        assert "not in the list" in decision.warnings[0]
        decision = Webhook(daemon, authority, service["path"]).ask(reviews.create("registry.example/app:1"), timeout=2)
        assert "not in the list" not in decision.warnings[0]  # TIDEWAITER_REGISTRIES of settings.env
        assert access.https(daemon.port, "/v1/images", authority)[0] == 401
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            container = of(rendered[overlay], "Deployment", name)["spec"]["template"]["spec"]["containers"][0]
            assert access.https(daemon.port, container[probe]["httpGet"]["path"], authority)[0] == 200
    finally:
        assert daemon.stop() == 0


def test_certificate_job__as_rendered__may_do_all_that_it_does_and_no_more(rendered, folder):
    objects = rendered["self-signed"]
    cluster = clusterapi.ClusterApi(folder, access.Authority(folder, "cluster"))
    cluster.put(clusterapi.WEBHOOK, copy.deepcopy(of(objects, "ValidatingWebhookConfiguration", "tidewaiter")))
    jobs = [pod["spec"]["containers"][0] for name, pod in pods(objects) if name == "tidewaiter-certificate"]
    assert len(jobs) == 2 and jobs[0] == jobs[1] and jobs[0]["command"] == ["tidewaiter-certificate"]
    for lost in (None, clusterapi.CA):  # the second time Secrets are replaced
        cluster.objects.pop(lost, None)
        programs.run(BIN / "tidewaiter-certificate", *jobs[0]["args"], "--pause=0", f"--account={cluster.account}",
                     env={**os.environ, "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                          "KUBERNETES_SERVICE_PORT": str(cluster.port)})
    cluster.objects[clusterapi.CA]["data"] = {}
    programs.run(BIN / "tidewaiter-certificate", *jobs[0]["args"], "--pause=0", f"--account={cluster.account}",
                 env={**os.environ, "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                      "KUBERNETES_SERVICE_PORT": str(cluster.port)})
    cluster.stop()
    rules = [r for kind in ("Role", "ClusterRole") for o in of(objects, kind) for r in o["rules"]]
    allowed = {(verb, resource, name) for r in rules for verb in r["verbs"] for resource in r["resources"]
               for name in r.get("resourceNames", [None])}
    assert cluster.asked == allowed


class Endpoints:
    """What a Service does: each request goes to one of the daemons that are ready."""

    def __init__(self):
        self.ready, self.lock = [], threading.Lock()

    def pick(self, n):
        with self.lock:
            return self.ready[n % len(self.ready)]


def test_upgrade__one_daemon_after_the_other__every_question_is_answered(rendered, folder):
    """The order of docs/kubernetes.md, with preStop as rendered, and an API server that asks on."""
    authority = access.Authority(folder)
    container = of(rendered["two-daemons"], "Deployment", "tidewaiter")["spec"]["template"]["spec"]["containers"][0]
    linger = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert linger == 5 and f"{('', 'one', 'two', 'three', 'four', 'five')[linger]} more seconds" in DOCS
    names = ("tidewaiter", "tidewaiter-second")
    daemons = {n: Deployed(folder / n, rendered["two-daemons"], authority, n) for n in names}
    service = Endpoints()
    for daemon in daemons.values():
        daemon.start()
        service.ready.append(daemon)
    answered, failures, over = [], [], threading.Event()

    def ask_on():
        calls = {}
        while not over.is_set():
            daemon = service.pick(len(answered))
            call = calls.setdefault(daemon, Webhook(daemon, authority))
            try:
                assert call.ask(reviews.create("other.example/app:1")).allowed
                answered.append(daemon)
            except (AssertionError, OSError) as e:
                failures.append(e)
    threads = [threading.Thread(target=ask_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for name in names:
            daemon = daemons[name]
            process = daemon.process
            terminating = threading.Thread(target=lambda p=process: (time.sleep(linger), p.terminate(), p.wait(30)))
            terminating.start()
            time.sleep(1)  # until kube-proxies have heard of it
            with service.lock:
                service.ready.remove(daemon)
            terminating.join()
            assert process.returncode == 0
            daemon.start()
            with service.lock:
                service.ready.append(daemon)
            time.sleep(1)
    finally:
        over.set()
        for thread in threads:
            thread.join()
        for daemon in daemons.values():
            assert daemon.stop() == 0
    assert failures == [] and set(answered) == set(daemons.values()) and len(answered) > 100


def test_sidecar__as_rendered__a_push_is_judged_for_whoever_asks_on_localhost(rendered, folder, image):
    objects = rendered["sidecar"]
    data = {o["metadata"]["name"].rsplit("-", 1)[0]: o["data"] for o in of(objects, "ConfigMap")}
    pod = of(objects, "Deployment", "registry")["spec"]["template"]["spec"]
    [sidecar] = pod["initContainers"]
    assert sidecar["restartPolicy"] == "Always"
    registry = programs.Registry(folder)
    daemon = programs.Daemon(folder, registries=f"http://{registry.host}")

    def here(text):
        return (text.replace("localhost:8055", f"127.0.0.1:{daemon.port}").replace("127.0.0.1:8055", f"127.0.0.1:{daemon.port}")
                .replace("localhost:5000", registry.host).replace(":5000", f":{registry.host.rsplit(':', 1)[1]}")
                .replace("/var/lib/", f"{folder}/lib/").replace("/etc/tidewaiter", f"{folder}/etc"))
    (folder / "etc/policy").mkdir(parents=True)
    (folder / "etc/policy/policy.yaml").write_text(data["tidewaiter-sidecar"]["policy.yaml"])
    config = folder / "config.yml"
    config.write_text(here(data["registry"]["config.yml"]))
    daemon.argv = [str(BIN / "tidewaiterd"), *map(here, sidecar["args"])]
    registry.argv = [registry.argv[0], "serve", str(config)]
    daemon.start()
    registry.start()
    try:
        digest = registry.push(image.source, "team/app:1.4")
        daemon.wait_report(digest)
        verdict = daemon.get(f"/v1/verdict?image={registry.host}/team/app:1.4").json
        assert (verdict["digest"], verdict["decision"], verdict["policy"]) == (digest, "deny", "cluster")
    finally:
        registry.stop()
        assert daemon.stop() == 0
