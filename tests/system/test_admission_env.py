"""The environment that a container's process really has: each case is run as a kubelet would run it,
and the program's end at start-up is what the answer must have foretold."""
import os
import random
import subprocess

import pytest

import kubelet
import reviews
from reviews import container, env, pod, pod_spec, review, template_spec, workload
from shop import ENTRYPOINT, till

FATAL = "tls10server=1"
IMAGE_ENV = {"good": {}, "bad": {"GODEBUG": FATAL}, "base": {"SET": FATAL}}


def really_dies(image, fields, known=None):
    """Runs the program with the argv and environment of the kubelet; "env" and "sh" are Debian's."""
    argv, variables = kubelet.process(fields, IMAGE_ENV[image], [ENTRYPOINT], known)
    program = str(till())
    argv = [a.replace(ENTRYPOINT, program) for a in argv]
    variables = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run([*argv], env=variables, capture_output=True, text=True, timeout=20,
                          cwd="/", stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        assert done.stdout == "till is open\n", done
        return False
    assert "removed GODEBUG" in done.stderr, done
    return True


def sh(text):
    return {"command": ["/bin/sh", "-c", text]}


def run(*command, args=("-once",)):
    return {"command": list(command), "args": list(args)}


ONCE = {"args": ["-once"]}
T = ENTRYPOINT
# name: (image, fields of the container, whether the program ends at once)
CASES = {
    # env, and the order in it
    "plain": ("good", ONCE, False),
    "image": ("bad", ONCE, True),
    "pod": ("good", {**ONCE, "env": env(GODEBUG=FATAL)}, True),
    "pod-over-image": ("bad", {**ONCE, "env": env(GODEBUG="http2debug=0")}, False),
    "emptied": ("bad", {**ONCE, "env": env(GODEBUG="")}, False),
    "later-wins": ("good", {**ONCE, "env": env(("GODEBUG", FATAL), ("GODEBUG", "gctrace=0"))}, False),
    "later-wins-badly": ("good", {**ONCE, "env": env(("GODEBUG", ""), ("GODEBUG", FATAL))}, True),
    "last-of-a-list": ("good", {**ONCE, "env": env(GODEBUG="tls10server=1,tls10server=0")}, True),
    "first-of-a-list": ("good", {**ONCE, "env": env(GODEBUG="tls10server=0,tls10server=1")}, True),
    "new-value": ("good", {**ONCE, "env": env(GODEBUG="tls10server=0")}, False),
    "other-name": ("good", {**ONCE, "env": env(GODEBUGS=FATAL)}, False),
    "other-case": ("good", {**ONCE, "env": env(godebug=FATAL)}, False),
    # $(NAME)
    "reference": ("good", {**ONCE, "env": env(A="tls10server", GODEBUG="$(A)=1")}, True),
    "reference-twice": ("good", {**ONCE, "env": env(A="tls10", B="$(A)server", GODEBUG="$(B)=1")}, True),
    "reference-before-it-is-set": (
        "good", {**ONCE, "env": env(("GODEBUG", "$(A)"), ("A", FATAL))}, False),
    "reference-to-the-image": ("base", {**ONCE, "env": env(GODEBUG="$(SET)")}, False),
    "reference-to-itself": (
        "good", {**ONCE, "env": env(("GODEBUG", FATAL), ("GODEBUG", "gctrace=0,$(GODEBUG)"))}, True),
    "escaped": ("good", {**ONCE, "env": env(A=FATAL, GODEBUG="$$(A)")}, False),
    "escaped-twice": ("good", {**ONCE, "env": env(A=FATAL, GODEBUG="$$$(A)")}, False),
    "escaped-in-front": ("good", {**ONCE, "env": env(A=FATAL, GODEBUG="x=$$,$(A)")}, True),
    "never-closed": ("good", {**ONCE, "env": env(A=FATAL, GODEBUG="$(A")}, False),
    "of-a-shell": ("good", {**ONCE, "env": env(A=FATAL, GODEBUG="$A,${A}")}, False),
    "brackets-in-a-name": ("good", {**ONCE, "env": env(A=FATAL, GODEBUG="$((A)")}, False),
    "not-expanded-again": ("good", {**ONCE, "env": env(A=FATAL, B="$$(A)", GODEBUG="$(B)")}, False),
    "emptied-by-reference": ("bad", {**ONCE, "env": env(("A", ""), ("GODEBUG", "$(A)"))}, False),
    # command and args
    "command-env": ("good", run("env", f"GODEBUG={FATAL}", T), True),
    "command-env-by-path": ("good", run("/usr/bin/env", f"GODEBUG={FATAL}", T), True),
    "command-env-over-pod": ("good", {**run("env", "GODEBUG=", T), "env": env(GODEBUG=FATAL)}, False),
    "command-env-over-image": ("bad", run("env", "GODEBUG=gctrace=0", T), False),
    "command-env-i": ("bad", run("env", "-i", T), False),
    "command-env-dash": ("bad", run("env", "-", T), False),
    "command-env-i-and-set": ("good", run("env", "-i", f"GODEBUG={FATAL}", T), True),
    "command-env-u": ("bad", run("env", "-u", "GODEBUG", T), False),
    "command-env-unset": ("bad", run("env", "--unset=GODEBUG", T), False),
    "command-env-twice": ("good", run("env", f"GODEBUG={FATAL}", "env", "GODEBUG=gctrace=0", T), False),
    "command-env-others": ("good", run("env", "A=1", f"B=GODEBUG={FATAL}", T), False),
    "command-reference": (
        "good", {**run("env", "GODEBUG=$(SET)", T), "env": env(SET=FATAL)}, True),
    "command-reference-to-the-image": ("base", run("env", "GODEBUG=$(SET)", T), False),
    "command-escaped": ("good", {**run("env", "GODEBUG=$$(SET)", T), "env": env(SET=FATAL)}, False),
    "command-reference-set-later": ("good", {
        **run("env", "GODEBUG=$(SET)", T), "env": env(("OTHER", "$(SET)"), ("SET", FATAL))}, True),
    "args-alone": ("good", {"args": ["-once", f"GODEBUG={FATAL}"]}, False),
    "args-of-command": ("good", {"command": ["env"], "args": [f"GODEBUG={FATAL}", T, "-once"]}, True),
    # shells
    "sh-export": ("good", sh(f"export GODEBUG={FATAL}; exec {T} -once"), True),
    "sh-export-later": ("good", sh(f"GODEBUG={FATAL}; export GODEBUG; exec {T} -once"), True),
    "sh-not-exported": ("good", sh(f"GODEBUG={FATAL}; exec {T} -once"), False),
    "sh-set-in-front": ("good", sh(f"GODEBUG={FATAL} {T} -once"), True),
    "sh-set-in-front-of-exec": ("good", sh(f"GODEBUG={FATAL} exec {T} -once"), True),
    "sh-exported-already": (
        "good", {**sh(f"GODEBUG={FATAL}; exec {T} -once"), "env": env(GODEBUG="gctrace=0")}, True),
    "sh-over-image": ("bad", sh(f"export GODEBUG=gctrace=0; exec {T} -once"), False),
    "sh-emptied": ("bad", sh(f"export GODEBUG=; exec {T} -once"), False),
    "sh-unset": ("bad", sh(f"unset GODEBUG; exec {T} -once"), False),
    "sh-and": ("good", sh(f"cd / && export GODEBUG={FATAL} && exec {T} -once"), True),
    "sh-lines": ("good", sh(f"set -e\nexport GODEBUG={FATAL}\n\nexec {T} -once\n"), True),
    "sh-quotes": ("good", sh(f"export GODEBUG=\"{FATAL}\"; exec '{T}' -once"), True),
    "sh-comment": ("good", sh(f"# export GODEBUG={FATAL}\nexec {T} -once"), False),
    "sh-echo": ("good", sh(f"echo 'export GODEBUG={FATAL}' >/dev/null; exec {T} -once"), False),
    "sh-env": ("good", sh(f"exec env GODEBUG={FATAL} {T} -once"), True),
    "sh-export-two": ("good", sh(f"export A=1 GODEBUG={FATAL}; exec {T} -once"), True),
    "sh-ec": ("good", {"command": ["sh", "-ec", f"export GODEBUG={FATAL}; exec {T} -once"]}, True),
    "sh-c-in-args": (
        "good", {"command": ["sh"], "args": ["-c", f"export GODEBUG={FATAL}; {T} -once"]}, True),
    "sh-c-exec-args": ("good", {"command": [
        "sh", "-c", f'export GODEBUG={FATAL}; exec "$@"', "--", T, "-once"]}, True),
    "sh-of-pod": ("good", {**sh(f"export GODEBUG=$SET; exec {T} -once"), "env": env(SET=FATAL)}, True),
    "sh-of-image": ("base", sh(f'export GODEBUG="$SET"; exec {T} -once'), True),
    "sh-braces": ("base", sh("export GODEBUG=${SET}; exec " + f"{T} -once"), True),
    "sh-default": ("good", sh("export GODEBUG=${SET:-" + FATAL + "}; exec " + f"{T} -once"), True),
    "sh-kept": ("bad", sh("export GODEBUG=$GODEBUG,gctrace=0; exec " + f"{T} -once"), True),
    "sh-of-kubelet": ("good", {**sh(f"export GODEBUG=$(SET); exec {T} -once"), "env": env(SET=FATAL)}, True),
    "sh-in-a-subshell": ("good", sh(f"(export GODEBUG={FATAL}); exec {T} -once"), False),
    "env-sh": ("good", {"command": ["env", f"GODEBUG={FATAL}", "sh", "-c", f"exec {T} -once"]}, True),
}
# Where a static look may say "not known" instead, but never the wrong thing.
UNSURE = {"sh-default", "sh-c-exec-args", "sh-in-a-subshell", "sh-not-exported", "sh-kept", "sh-of-image",
          "sh-braces", "sh-of-pod", "sh-exported-already"}


def ask(webhook, shop, image, fields, **more):
    return webhook.ask(reviews.create(shop[image], **fields, **more))


@pytest.mark.parametrize("name", CASES)
def test_environment__as_a_kubelet_makes_it__the_answer_foretells_the_start(shop, webhook, name):
    image, fields, ends = CASES[name]
    assert really_dies(image, fields) == ends, "the case itself is wrong"
    decision = ask(webhook, shop, image, fields)
    if name in UNSURE and "GODEBUG" in decision.audit.get("unknown", ""):
        assert decision.allowed or ends
        return
    assert decision.allowed != ends, decision
    if ends:
        assert "TW201" in decision.message and FATAL in decision.message, decision


def test_environment__random_ones__the_answer_foretells_each_start(shop, webhook):
    seed = int(os.environ.get("TW_SEED", random.randrange(10**6)))
    print(f"TW_SEED={seed}")
    chance = random.Random(seed)
    names = ["A", "B", "SET", "GODEBUG"]
    parts = ["tls10", "server", "=1", "=0", FATAL, ",", "$", "$$", "$(", ")", "(", "gctrace=0",
             *(f"$({n})" for n in names), *(f"$$({n})" for n in names)]

    def text():
        return "".join(chance.choices(parts, k=chance.randrange(5)))
    for i in range(300 if os.environ.get("TW_FULL") else 100):
        image = chance.choice(list(IMAGE_ENV))
        fields = {"args": ["-once"],
                  "env": env(*((chance.choice(names), text()) for _ in range(chance.randrange(6))))}
        if chance.random() < 0.4:
            words = [f"{chance.choice(names)}={text()}" for _ in range(chance.randrange(3))]
            options = chance.choice([[], ["-i"], ["-u", "GODEBUG"]])
            fields["command"] = ["env", *options, *words, ENTRYPOINT]
        ends, decision = really_dies(image, fields), ask(webhook, shop, image, fields)
        assert decision.allowed != ends, (seed, i, image, fields, ends, decision)


# ---- what is not known ----

def not_known(decision):
    return decision.audit.get("unknown", "")


def source(kind, **fields):
    return [{"name": "GODEBUG", "valueFrom": {f"{kind}Ref": fields}}]


@pytest.mark.parametrize("fields", (
    {"envFrom": [{"configMapRef": {"name": "till-settings"}}]},
    {"envFrom": [{"secretRef": {"name": "till-settings", "optional": True}}]},
    {"envFrom": [{"prefix": "GO", "configMapRef": {"name": "till-settings"}}]},
))
def test_unknown__env_from_over_the_image__its_env_counts_and_the_rest_is_named(shop, webhook, fields):
    """docs/admission.md: a variable that the image sets counts as it stands."""
    decision = ask(webhook, shop, "bad", fields)
    assert not decision.allowed and "TW201" in decision.message, decision
    assert "till-settings" in not_known(decision), decision


@pytest.mark.parametrize("fields", (
    {"env": source("configMapKey", name="till-settings", key="godebug")},
    {"env": source("secretKey", name="till-settings", key="godebug")},
    {"env": source("fileKey", volumeName="v", path="env", key="godebug")},
    {"env": source("field", apiVersion="v1", fieldPath="status.podIP")},
    {"env": source("field", apiVersion="v1", fieldPath="spec.nodeName")},
    {"env": [*env(("X", "1")), {"name": "Y", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
             {"name": "GODEBUG", "value": "$(Y)"}]},
    {"envFrom": [{"configMapRef": {"name": "c"}}], "env": env(GODEBUG="$(ELSEWHERE)")},
))
def test_unknown__value_from_elsewhere__silent_but_named(shop, webhook, fields):
    """The image's GODEBUG would end it, but something that is not known may stand above it."""
    decision = ask(webhook, shop, "bad", fields)
    assert decision.allowed and "TW201" not in decision.rules(), decision
    assert "GODEBUG" in not_known(decision) + decision.told, decision
    assert "till" in not_known(decision), decision


@pytest.mark.parametrize("fields", (
    {"envFrom": [{"configMapRef": {"name": "c"}}], "env": env(GODEBUG=FATAL)},
    {"envFrom": [{"prefix": "APP_", "configMapRef": {"name": "c"}}]},
    {"env": [{"name": "OTHER", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]},
    {"env": [{"name": "GODEBUG", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
             {"name": "GODEBUG", "value": FATAL}]},
    {"envFrom": [{"configMapRef": {"name": "c"}}], "command": ["env", f"GODEBUG={FATAL}", ENTRYPOINT]},
))
def test_unknown__but_not_godebug__the_fatal_one_is_known(shop, webhook, fields):
    decision = ask(webhook, shop, "bad", fields)
    assert not decision.allowed and "TW201" in decision.message, decision


@pytest.mark.parametrize("path, place", (
    ("metadata.annotations['example.org/godebug']", {"annotations": {"example.org/godebug": FATAL}}),
    ("metadata.labels['godebug']", {"labels": {"godebug": "tls10server"}}),
    ("metadata.namespace", {"namespace": "tls10server"}),
))
def test_field_ref__of_the_pod_itself__known(shop, webhook, path, place):
    value = [{"name": "V", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}]
    tail = "" if "annotations" in place else "=1"
    decision = ask(webhook, shop, "good", {"env": [*value, *env(GODEBUG=f"$(V){tail}")]}, **place)
    assert not decision.allowed and "TW201" in decision.message, decision


def test_field_ref__name_of_the_pod__known_once_it_has_one(shop, webhook):
    value = [{"name": "V", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
             *env(GODEBUG="$(V)=1")]
    spec = pod_spec(container(shop["good"], env=value))
    assert not webhook.ask(review(pod(spec, name="tls10server"))).allowed
    assert webhook.ask(review(pod(spec, name="other"))).allowed
    unnamed = webhook.ask(review(reviews.pod_of_replicaset(spec, mutating=True)))
    assert unnamed.allowed and "GODEBUG" in not_known(unnamed) + unnamed.told, unnamed


def test_field_ref__annotation_that_is_not_there__empty(shop, webhook):
    value = source("field", apiVersion="v1", fieldPath="metadata.annotations['none']")
    decision = ask(webhook, shop, "bad", {"env": value})
    assert decision.allowed and "GODEBUG" not in not_known(decision), decision


def resource(name, of, **more):
    return {"name": name, "valueFrom": {"resourceFieldRef": {"resource": of, "divisor": "0", **more}}}


def test_resource_field__memory_limit_into_gomemlimit__known_and_fits(shop, webhook):
    limits = {"limits": {"memory": "1Gi", "cpu": "2"}, "requests": {"memory": "512Mi", "cpu": "250m"}}

    def rules(*variables, resources=limits):
        decision = ask(webhook, shop, "old", {"env": list(variables), "resources": resources})
        assert decision.allowed and "GOM" not in not_known(decision), decision
        return decision.rules() - {"TW401"}
    assert rules() == {"TW507", "TW508"}
    assert rules(resource("GOMEMLIMIT", "limits.memory")) == {"TW507"}
    assert rules(resource("GOMAXPROCS", "limits.cpu")) == {"TW508"}
    assert rules(resource("GOMEMLIMIT", "requests.memory"), resource("GOMAXPROCS", "requests.cpu")) == set()
    assert rules(resource("GOMEMLIMIT", "limits.memory", containerName="till")) == {"TW507"}
    assert rules({"name": "GOMEMLIMIT", "value": "4GiB"}, resource("GOMAXPROCS", "limits.cpu")) == {"TW508"}
    assert rules(resource("GOMEMLIMIT", "limits.memory", divisor="1Mi")) == {"TW507"}


def test_resource_field__no_such_limit__the_nodes_which_is_not_known(shop, webhook):
    decision = ask(webhook, shop, "old", {"env": [resource("GOMEMLIMIT", "limits.memory")]})
    assert decision.allowed and "TW508" not in decision.rules(), decision


@pytest.mark.parametrize("quantity, mebibytes", (
    ("1Gi", 1024), ("1.5Gi", 1536), ("0.5Gi", 512), ("1500M", 1430), ("1e9", 953), ("129e6", 123), ("1E9", 953),
    ("128974848", 123), ("128974848000m", 123), ("1G", 953), ("524288Ki", 512), (".5Gi", 512),
    ("1000000k", 953), ("100Gi", None), ("0", None), ("", None), ("1GB", None), ("-1Gi", None), ("1 Gi", None),
    ("999999999999999999999E", None),
))
def test_quantity__of_the_memory_limit__as_kubernetes_reads_it(shop, webhook, quantity, mebibytes):
    decision = ask(webhook, shop, "old", {"resources": {"limits": {"memory": quantity}}})
    told = [w for w in decision.warnings if "TW508" in w]
    assert len(told) == (mebibytes is not None), decision
    assert not told or f"{mebibytes} MiB" in told[0], told


def test_field_ref__in_a_template__the_pods_own_name_is_not_known_yet(shop, webhook):
    """The Deployment's name, or none, is not what its Pods will be called."""
    for path in ("metadata.name", "metadata.uid"):
        value = [{"name": "V", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}]
        one = container(shop["bad"], env=[*value, *env(GODEBUG="$(V)")])
        decision = webhook.ask(review(workload("Deployment", template_spec(one))))
        assert decision.allowed and "GODEBUG" in not_known(decision) + decision.told, decision
    value = [{"name": "V", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}}]
    one = container(shop["good"], env=[*value, *env(GODEBUG="$(V)=1")])
    made = workload("Deployment", template_spec(one), namespace="tls10server")
    assert not webhook.ask(review(made, namespace="tls10server")).allowed


def test_malformed_gomemlimit__from_the_pod__denied(shop, webhook):
    decision = ask(webhook, shop, "good", {"env": env(GOMEMLIMIT="2GB")})
    assert not decision.allowed and "TW501" in decision.message and "2GB" in decision.message


def test_programs_not_started__in_the_same_image__all_count(shop, webhook):
    """What a container runs may start the others: each Go program in the image is judged."""
    decision = ask(webhook, shop, "good", {"command": ["/bin/other"], "env": env(GODEBUG=FATAL)})
    assert not decision.allowed, decision
