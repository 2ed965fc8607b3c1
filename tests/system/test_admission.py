"""Admission of each kind of object, in the shapes that an API server sends, by programs of today's Go."""
import copy

import pytest

import apiserver
import reviews
from reviews import container, env, pod, pod_of_replicaset, pod_spec, review, template_spec, update, workload
from shop import TILL, put_index, till, till_image

FATAL = env(GODEBUG="tls10server=1")
TEMPLATES = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job",
             "CronJob", "PodTemplate", "Rollout")


def assert_denied(decision, shop, name="till", image="good", rule="TW201", digest=None):
    """403, with everything that a person needs: where, what, why."""
    assert not decision.allowed, decision
    digest = digest or shop.digest[image]
    for part in (f"container {name}", shop.tag(image), digest[:19], "policy shop", rule, "critical", TILL,
                 "go1.27.", "tls10server=1"):
        assert part in decision.message, (part, decision.message)
    assert decision.audit["decision"] == "deny"
    assert decision.audit["policy"] == "shop"
    assert f"{name}={shop.registry.host}/shop/{image}" in decision.audit["images"]
    assert digest in decision.audit["images"]
    assert rule in decision.audit["findings"]


def assert_silent(decision):
    assert decision.allowed and decision.warnings == [], decision


# ---- Pods ----

def test_pod__created_by_kubectl_run__denied_with_what_a_person_needs(shop, webhook):
    assert_denied(webhook.ask(reviews.create(shop["good"], env=FATAL)), shop)


def test_pod__nothing_against_it__allowed_without_a_word(shop, webhook):
    decision = webhook.ask(reviews.create(shop["good"]))
    assert_silent(decision)
    assert decision.audit["decision"] == "allow"
    assert shop.digest["good"] in decision.audit["images"]


@pytest.mark.parametrize("mutating", (False, True))
def test_pod__of_a_replicaset__denied_with_and_without_a_name(shop, webhook, mutating):
    made = pod_of_replicaset(pod_spec(container(shop["good"], env=FATAL)), mutating)
    assert_denied(webhook.ask(review(made, user=reviews.CONTROLLER)), shop)
    made = pod_of_replicaset(pod_spec(container(shop["good"])), mutating)
    assert_silent(webhook.ask(review(made, user=reviews.CONTROLLER)))


def test_pod__image_by_tag_or_digest_alone__the_same_decision(shop, webhook):
    assert_denied(webhook.ask(reviews.create(shop.tag("bad"))), shop, image="bad")
    by_digest = f"{shop.registry.host}/shop/bad@{shop.digest['bad']}"
    decision = webhook.ask(reviews.create(by_digest))
    assert not decision.allowed and "TW201" in decision.message, decision
    assert f"till={by_digest}" in decision.audit["images"], decision


def test_pod__image_env_is_fatal_and_the_pods_mends_it__allowed(shop, webhook):
    assert_denied(webhook.ask(reviews.create(shop["bad"])), shop, image="bad")
    assert webhook.ask(reviews.create(shop["bad"], env=env(GODEBUG=""))).allowed
    assert webhook.ask(reviews.create(shop["bad"], env=env(GODEBUG="http2debug=0"))).allowed


def test_pod__findings_below_fail_on__allowed_with_a_warning_each(shop, webhook):
    decision = webhook.ask(reviews.create(shop["good"], env=env(GODEBUG="gctrace=1")))
    assert decision.allowed and decision.audit["decision"] == "warn", decision
    assert len([w for w in decision.warnings if "TW204" in w and "medium" in w]) == 1, decision
    assert "TW204" in decision.audit["findings"]


@pytest.mark.parametrize("place", ("containers", "initContainers"))
def test_pod__one_of_several_containers_is_bad__named(shop, webhook, place):
    good = [container(shop["good"], name=f"good-{i}") for i in range(3)]
    bad = container(shop["good"], name="worse", env=FATAL)
    spec = pod_spec(*good, **({} if place == "containers" else {"initContainers": [bad]}))
    if place == "containers":
        spec["containers"].insert(1, bad)
    assert_denied(webhook.ask(review(pod(spec))), shop, name="worse")


def test_pod__native_sidecar__is_looked_at(shop, webhook):
    sidecar = container(shop["good"], name="proxy", env=FATAL, restartPolicy="Always")
    spec = pod_spec(container(shop["good"]), initContainers=[sidecar])
    assert_denied(webhook.ask(review(pod(spec))), shop, name="proxy")


def test_pod__image_volume__is_looked_at_and_its_programs_are_not_started(shop, webhook):
    """What lies in a volume has no environment of its own: it is named, as known image."""
    volume = {"name": "tools", "image": {"reference": shop["bad"], "pullPolicy": "IfNotPresent"}}
    spec = pod_spec(container(shop["good"]), volumes=[volume])
    decision = webhook.ask(review(pod(spec)))
    assert shop.digest["bad"] in decision.audit["images"], decision
    assert "tools" in decision.audit["images"], decision


def test_pod__mirror_of_a_static_one__decided_like_any_other(shop, webhook):
    """The kubelet runs it whatever is said here; the answer is for those who look."""
    notes = {"kubernetes.io/config.mirror": "8a7f", "kubernetes.io/config.hash": "8a7f",
             "kubernetes.io/config.seen": "2026-11-20T08:15:42.1Z", "kubernetes.io/config.source": "file"}
    node = {"username": "system:node:worker-1", "groups": ["system:nodes", "system:authenticated"]}
    made = pod(pod_spec(container(shop["good"]), nodeName="worker-1"), name="till-worker-1", annotations=notes)
    assert_silent(webhook.ask(review(made, user=node)))


def test_pod__being_deleted__allowed(shop, webhook):
    made = pod(pod_spec(container(shop["bad"])), deletionTimestamp="2026-11-20T09:00:00Z",
               deletionGracePeriodSeconds=30, finalizers=["example.org/wait"])
    changed = update(made, lambda p: p["metadata"].pop("finalizers"))
    assert_silent(webhook.ask(changed))
    assert_silent(webhook.ask(update(made, lambda p: p["spec"]["containers"][0].update(image=shop["loud"]))))


# ---- changes of Pods ----

def test_pod_update__labels_only__allowed_whatever_runs(shop, webhook):
    old = pod(pod_spec(container(shop["bad"])))
    assert_silent(webhook.ask(update(old, lambda p: p["metadata"]["labels"].update(seen="yes"))))


def test_pod_update__image_of_one_container__is_about_that_one(shop, webhook):
    old = pod(pod_spec(container(shop["bad"], name="first"), container(shop["good"], name="second")))
    worse = update(old, lambda p: p["spec"]["containers"][1].update(image=shop["loud"]))
    decision = webhook.ask(worse)
    assert not decision.allowed and "container second" in decision.message
    assert "container first" not in decision.message and "TW205" in decision.message
    better = update(old, lambda p: p["spec"]["containers"][0].update(image=shop["good"]))
    assert_silent(webhook.ask(better))


def test_pod_update__limits_in_place__the_container_is_new(shop, webhook):
    """pods/resize is no Pod's start; a container whose resources changed is looked at in an UPDATE."""
    old = pod(pod_spec(container(shop["good"])))
    resize = update(old, lambda p: p["spec"]["containers"][0].update(
        resources={"limits": {"memory": "1Gi"}}), sub="resize")
    assert_silent(webhook.ask(resize))


def test_pod_update__image_of_an_init_container__is_looked_at(shop, webhook):
    old = pod(pod_spec(container(shop["good"]), initContainers=[container(shop["good"], name="first")]))
    change = update(old, lambda p: p["spec"]["initContainers"][0].update(image=shop["bad"]))
    assert_denied(webhook.ask(change), shop, name="first", image="bad")


@pytest.mark.parametrize("old", (None, {}, {"spec": None}, {"spec": {"containers": None}}))
def test_update__old_object_is_missing_or_senseless__all_is_new(shop, webhook, old):
    for made in (pod(pod_spec(container(shop["bad"]))),
                 workload("Deployment", template_spec(container(shop["bad"])))):
        assert_denied(webhook.ask(review(made, "UPDATE", old)), shop, image="bad")


def debug_container(image, name="debugger-x7k2p", **fields):
    it = container(image, name=name, stdin=True, tty=True, targetContainerName="till", **fields)
    it.pop("volumeMounts")
    return it


def test_ephemeral_container__of_kubectl_debug__only_it_is_looked_at(shop, webhook):
    old = pod(pod_spec(container(shop["bad"])))

    def debug(**fields):
        added = debug_container(shop["good"], **fields)
        return update(old, lambda p: p["spec"].update(ephemeralContainers=[added]),
                      sub="ephemeralcontainers")
    assert_silent(webhook.ask(debug()))
    assert_denied(webhook.ask(debug(env=FATAL)), shop, name="debugger-x7k2p")


def test_ephemeral_container__there_already__not_looked_at_again(shop, webhook):
    old = pod(pod_spec(container(shop["good"]),
                       ephemeralContainers=[debug_container(shop["bad"], name="debugger-old")]))
    assert_silent(webhook.ask(update(
        old, lambda p: p["spec"]["ephemeralContainers"].append(debug_container(shop["good"])),
        sub="ephemeralcontainers")))


# ---- workloads ----

@pytest.mark.parametrize("kind", TEMPLATES)
def test_workload__of_each_kind__its_template_counts(shop, webhook, kind):
    assert_denied(webhook.ask(review(workload(kind, template_spec(container(shop["good"], env=FATAL))))), shop)
    assert_silent(webhook.ask(review(workload(kind, template_spec(container(shop["good"]))))))


@pytest.mark.parametrize("kind", TEMPLATES)
def test_workload_update__template_as_before__allowed_whatever_runs(shop, webhook, kind):
    old = workload(kind, template_spec(container(shop["bad"])))

    def scale(it):
        it["metadata"]["generation"] = 2
        it["metadata"]["labels"]["seen"] = "yes"
        if "replicas" in it.get("spec", {}):
            it["spec"]["replicas"] = 5
    assert_silent(webhook.ask(update(old, scale)))


@pytest.mark.parametrize("kind", TEMPLATES)
def test_workload_update__another_template__all_its_containers_count(shop, webhook, kind):
    old = workload(kind, template_spec(container(shop["bad"]), container(shop["good"], name="second")))

    def second(it):
        template = it.get("template") or it["spec"].get("template") or \
            it["spec"]["jobTemplate"]["spec"]["template"]
        template["spec"]["containers"][1]["args"] = ["-once"]
    assert_denied(webhook.ask(update(old, second)), shop, image="bad")


@pytest.mark.parametrize("name", ("deployment", "job", "cronjob"))
def test_workload__as_kubectl_posts_it__before_any_default(shop, webhook, name):
    made = reviews.kubectl(name, shop["bad"])
    made["metadata"]["namespace"] = "shop"
    assert_denied(webhook.ask(review(made)), shop, image="bad")
    assert_silent(webhook.ask(review(reviews.kubectl(name, shop["good"]))))


def test_workload__asked_for_in_an_older_version__the_converted_one_counts(shop, webhook):
    """matchPolicy: Equivalent. Where nothing converts it, the old group is looked at too."""
    made = workload("Deployment", template_spec(container(shop["bad"])))
    old = {"group": "extensions", "version": "v1beta1", "kind": "Deployment"}
    assert_denied(webhook.ask(review(made, requestKind=old)), shop, image="bad")
    made["apiVersion"] = "extensions/v1beta1"
    assert_denied(webhook.ask(review(made, requestKind=old)), shop, image="bad")
    as_old = review(made, requestKind=old)
    as_old["request"]["kind"] = old
    assert_denied(webhook.ask(as_old), shop, image="bad")


def test_other_kinds__with_a_template_of_something_else__allowed(shop, webhook):
    made = workload("Rollout", {"url": "https://example.org", "containers": "none"})
    decision = webhook.ask(review(made))
    assert decision.allowed, decision
    made = workload("Rollout", {"url": "https://example.org"})
    assert_silent(webhook.ask(review(made)))


def test_workload__without_a_template__allowed(shop, webhook):
    assert_silent(webhook.ask(review(workload("ReplicationController", None))))
    assert_silent(webhook.ask(review(workload("Rollout", None))))
    empty = workload("Deployment", template_spec(container("")))
    decision = webhook.ask(review(empty))  # `image` may be empty in templates, a mutating webhook sets it
    assert decision.allowed, decision


def test_other_kinds__without_containers__allowed(shop, webhook):
    config = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "c", "namespace": "shop"},
              "data": {"GODEBUG": "tls10server=1"}}
    assert_silent(webhook.ask(review(config)))
    scale = {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {"name": "till"},
             "spec": {"replicas": 3}, "status": {"replicas": 2, "selector": "app=till"}}
    assert_silent(webhook.ask(review(scale, "UPDATE", scale, sub="scale")))


# ---- what is let through unseen ----

@pytest.mark.parametrize("kind", ("Pod", *TEMPLATES))
def test_delete__of_each_kind__allowed(shop, webhook, kind):
    old = pod(pod_spec(container(shop["bad"]))) if kind == "Pod" else \
        workload(kind, template_spec(container(shop["bad"])))
    assert_silent(webhook.ask(review(None, "DELETE", old)))


def test_delete__of_a_collection__without_old_object__allowed(shop, webhook):
    assert_silent(webhook.ask(review(None, "DELETE", None, kind="Pod", name="")))


def test_status__of_a_pod_that_may_not_run__allowed(shop, webhook):
    old = pod(pod_spec(container(shop["bad"])))
    change = update(old, lambda p: p["status"].update(phase="Running"), sub="status")
    assert_silent(webhook.ask(change))


def test_connect__exec_into_a_pod__allowed(shop, webhook):
    options = {"kind": "PodExecOptions", "apiVersion": "v1", "stdin": True, "stdout": True,
               "tty": True, "container": "till", "command": ["env", "GODEBUG=tls10server=1", "till"]}
    assert_silent(webhook.ask(review(options, "CONNECT", sub="exec", name="till")))


# ---- where the Pod will run ----

@pytest.mark.parametrize("kind", ("Pod", "Deployment", "CronJob"))
def test_channel__of_namespace_or_labels__may_run_what_stable_may_not(shop, webhook, kind):
    def ask(namespace="shop", **labels):
        labels = {"app": "till", **labels}
        one = container(shop["loud"])
        made = pod(pod_spec(one), namespace=namespace, labels=labels) if kind == "Pod" else \
            workload(kind, template_spec(one), namespace, labels)
        return webhook.ask(review(made, namespace=namespace))
    refused = ask()
    assert not refused.allowed and "TW205" in refused.message
    assert_silent(ask(namespace="beta-3"))
    assert_silent(ask(tier="canary"))
    assert not ask(namespace="not-beta-3", tier="stable").allowed


def test_channel__namespace_only_in_the_request__counts(shop, webhook):
    made = pod(pod_spec(container(shop["loud"])))
    made["metadata"].pop("namespace")
    assert_silent(webhook.ask(review(made, namespace="beta-1")))
    assert not webhook.ask(review(made, namespace="shop")).allowed


def test_limits__of_the_container__wake_the_rules_of_the_pod(shop, webhook):
    def rules(**limits):
        return webhook.ask(reviews.create(shop["old"], resources={"limits": limits})).rules()
    plain = webhook.ask(reviews.create(shop["old"])).rules()
    assert plain == {"TW401"}  # Debian's Go has no security fixes any more
    assert rules(cpu="500m") == {"TW401", "TW507"}
    assert rules(memory="1Gi") == {"TW401", "TW508"}
    assert rules(cpu="2", memory="512Mi") == {"TW401", "TW507", "TW508"}
    assert rules(memory="64Gi") == {"TW401"}
    assert rules(cpu="lots", memory="-1") <= {"TW401"}


def test_platforms__picked_by_the_node_selector__else_the_worst(shop, webhook, tmp_path):
    arm = till_image(tmp_path / "arm", till(arch="arm64"))
    arm.umoci("config", "--architecture", "arm64")
    digests = {"amd64": shop.digest["bad"], "arm64": shop.registry.push(arm.source, "shop/bad:arm")}
    index = put_index(shop.registry, "shop/bad", "both", digests)
    image = f"{shop.registry.host}/shop/bad:both@{index}"

    def ask(**spec):
        return webhook.ask(reviews.create(image, spec=spec), timeout=30)
    assert not ask().allowed
    assert ask(nodeSelector={"kubernetes.io/arch": "arm64"}).allowed
    assert ask(nodeSelector={"kubernetes.io/arch": "arm64", "kubernetes.io/os": "linux"}).allowed
    assert not ask(nodeSelector={"kubernetes.io/arch": "amd64"}).allowed
    assert not ask(os={"name": "linux"}).allowed


# ---- many ----

def test_pod__sixty_containers_with_warnings__the_limits_of_kubernetes_hold(shop, webhook):
    debug = env(GODEBUG="gctrace=1,schedtrace=1000,scheddetail=1,inittrace=1,http2debug=2,mmap=1")
    many = [container(shop["good"], name=f"till-with-quite-a-long-name-{i:02d}", env=debug)
            for i in range(60)]
    decision = webhook.ask(review(pod(pod_spec(*many))))
    assert decision.allowed and 5 < len(decision.warnings), decision


def test_pod__words_in_chinese_or_with_controls__warnings_stay_printable(shop, webhook):
    strange = env(GODEBUG="gctrace=1,\u4f60\u597d=1,a\u0007b\n=\u001b[31m1,\u0085=1")
    decision = webhook.ask(reviews.create(shop["good"], name="till", env=strange))
    assert decision.allowed and decision.warnings, decision


def test_pod__warnings_of_several_severities__worst_first(shop, webhook):
    mixed = env(GODEBUG="mmap=1,gctrace=1")
    decision = webhook.ask(reviews.create(shop["old"], env=mixed))
    named = [s for w in decision.warnings for s in apiserver.SEVERITIES if s in w]
    assert "medium" in named and "low" in named, decision


def test_denied__also_has_lesser_findings__the_worst_is_told_first(shop, webhook):
    decision = webhook.ask(reviews.create(shop["bad"], env=env(GODEBUG="gctrace=1,tls10server=1")))
    assert not decision.allowed
    assert decision.message.index("TW201") < (decision.message.find("TW204") % 10**9)


def test_same_pod_twice__same_answer_but_for_the_uid(shop, webhook):
    one = reviews.create(shop["bad"])
    two = copy.deepcopy(one)
    two["request"]["uid"] = "705ab4f5-6393-11e8-b7cc-42010a800002"
    first, second = webhook.ask(one), webhook.ask(two)
    assert (first.message, first.warnings, first.audit) == (second.message, second.warnings, second.audit)
