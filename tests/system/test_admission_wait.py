"""What admission answers when an image was never scanned, and when the registry, the store or the
policy fails; and that it answers in time."""
import signal
import sqlite3
import threading
import time

import pytest

import faults
import images
import programs
import reviews
from many import Many
from programs import wait_for
from reviews import container, env, pod, pod_spec, review
from shop import CERTIFICATES, ENTRYPOINT, till, till_image
from stand import policy, tell

SPARE = 0.5  # seconds of the timeout that are not used
FATAL = env(GODEBUG="tls10server=1")


@pytest.fixture(scope="session")
def program():
    return till()


@pytest.fixture
def good(stand, folder, program):
    return stand.push(till_image(folder / "good", program).source)


@pytest.fixture
def bad(stand, folder, program):
    return stand.push(till_image(folder / "bad", program, GODEBUG="tls10server=1").source, tag="bad")


# ---- never scanned ----

def test_unscanned__wait__the_scan_is_made_and_its_verdict_told(stand, good, bad):
    door = stand.door()
    decision = door.decide(reviews.create(bad[1]), timeout=30)
    assert not decision.allowed and "TW201" in decision.message, decision
    decision = door.decide(reviews.create(good[1]), timeout=30)
    assert decision.allowed and decision.warnings == [], decision
    assert door.scans() == {bad[0]: ["done"], good[0]: ["done"]}


@pytest.mark.parametrize("mode, allowed, warned", (
    ("allow", True, False), ("deny", False, None)))
def test_unscanned__allow_or_deny__at_once_and_the_scan_goes_on(stand, bad, mode, allowed, warned):
    door, gate = stand.door(policy=policy(unscanned=mode)), stand.hold()
    decision = door.decide(reviews.create(bad[1]))
    assert decision.allowed == allowed and decision.seconds < 3, decision
    if not allowed:
        assert "container till" in decision.message and bad[1] in decision.message
        assert "scan" in decision.message
    gate.set()
    door.scanned(bad[0])
    decision = door.decide(reviews.create(bad[1]))
    assert not decision.allowed and "TW201" in decision.message
    assert door.scans() == {bad[0]: ["done"]}


@pytest.mark.parametrize("mode, allowed", (("allow", True), ("warn", True), ("deny", False)))
def test_unscanned__time_is_over__answer_by_unknown_and_the_scan_goes_on(stand, bad, mode, allowed):
    door, gate = stand.door(policy=policy(unknown=mode)), stand.hold()
    decision = door.decide(reviews.create(bad[1]), timeout=3)
    assert decision.allowed == allowed and 2 < decision.seconds < 3 - SPARE + 0.3, decision
    assert bool(decision.warnings) == (mode == "warn")
    assert "scan" in decision.audit["reason"], decision
    if mode != "allow":
        assert "till" in decision.told and "scan" in decision.told
    gate.set()
    door.scanned(bad[0])
    assert not door.decide(reviews.create(bad[1])).allowed
    assert door.scans() == {bad[0]: ["done"]}


def test_unscanned__own_limit_of_the_daemon__before_that_of_the_request(stand, bad):
    door, gate = stand.door("--admission-timeout=2"), stand.hold()
    decision = door.decide(reviews.create(bad[1]), timeout=30)
    assert decision.allowed and decision.seconds < 3, decision
    decision = door.decide(reviews.create(bad[1]), timeout=1)
    assert decision.seconds < 1, decision
    gate.set()


def test_unscanned__scan_of_a_push_is_running__joined(stand, good):
    door, gate = stand.door(), stand.hold()
    digest, reference = good
    tell(door, digest, reference)
    wait_for("the scan to run", lambda: stand.proxy.asked("/blobs/"))
    threading.Timer(1, gate.set).start()
    decision = door.decide(reviews.create(f"{reference}@{digest}"), timeout=30)
    assert decision.allowed and decision.warnings == [] and decision.seconds > 0.8
    assert door.scans() == {digest: ["done"]}


def test_unscanned__eight_containers_and_eight_pods_of_one_image__one_scan(stand, good):
    door, gate = stand.door(), stand.hold()
    digest, reference = good
    eight = [container(f"{reference}@{digest}" if i % 2 else reference, name=f"till-{i}") for i in range(8)]
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(
        door.decide(review(pod(pod_spec(*eight))), timeout=30))) for _ in range(8)]
    for thread in threads:
        thread.start()
    wait_for("the scan to run", lambda: stand.proxy.asked("/blobs/"))
    time.sleep(0.5)
    gate.set()
    for thread in threads:
        thread.join()
    assert [a.allowed for a in answers] == [True] * 8
    assert door.scans() == {digest: ["done"]}
    layers = [r.path for r in stand.proxy.asked("/blobs/")]
    assert len(layers) == len(set(layers)), layers


def test_unscanned__forty_images_in_one_pod__all_are_scanned(stand):
    many = Many(stand.registry)
    door = stand.door("--workers=4")
    digests = [many.push(i) for i in range(40)]
    spec = pod_spec(*(container(f"{stand.proxy.host}/many/app:{i}@{d}", name=f"app-{i}")
                      for i, d in enumerate(digests)))
    decision = door.decide(review(pod(spec)), timeout=30)
    for digest in digests:
        door.scanned(digest)
    assert door.scans() == {d: ["done"] for d in digests}
    again = door.decide(review(pod(spec)))
    assert again.seconds < 2 and "reason" not in {k for k, v in again.audit.items() if v}, again
    assert decision.allowed == again.allowed


def test_dry_run__never_scanned__nothing_is_queued(stand, bad):
    door = stand.door()
    decision = door.decide(reviews.create(bad[1], dry_run=True), timeout=5)
    assert decision.allowed and decision.warnings, decision
    time.sleep(1)
    assert door.scans() == {} and not stand.proxy.asked("/blobs/")
    door.decide(reviews.create(bad[1]), timeout=30)
    assert not door.decide(reviews.create(bad[1], dry_run=True)).allowed


def test_tag__moved_since_it_was_resolved__counts_after_that_time(stand, good, folder, program):
    door = stand.door("--admission-tag-seconds=1")
    assert door.decide(reviews.create(good[1]), timeout=30).allowed
    worse = till_image(folder / "worse", program, GODEBUG="tls10server=1")
    digest, reference = stand.push(worse.source)
    assert reference == good[1]
    time.sleep(1.5)
    decision = door.decide(reviews.create(reference), timeout=30)
    assert not decision.allowed and digest in decision.audit["images"]


# ---- it cannot be told ----

@pytest.mark.parametrize("mode, allowed", (("allow", True), ("warn", True), ("deny", False)))
@pytest.mark.parametrize("image, word", (
    ("localhost:1/team/app:1", "localhost:1"),            # nobody there
    ("registry.example/team/app:1", "registry"),          # not one that may be asked
    ("redis", "docker.io"),                               # as that is
    ("Not//An:Image@", "Not//An:Image@"),
))
def test_unknown__of_each_kind__as_the_policy_says(stand, mode, allowed, image, word):
    door = stand.door(policy=policy(unknown=mode))
    decision = door.decide(reviews.create(image), timeout=6)
    assert decision.allowed == allowed and decision.seconds < 6 - SPARE + 0.3, decision
    assert (decision.warnings != []) == (mode == "warn")
    if mode != "allow":
        assert "till" in decision.told and word in decision.told, decision
    assert decision.audit["reason"]


def test_unknown__no_such_tag__named(stand, good):
    door = stand.door(policy=policy(unknown="deny"))
    decision = door.decide(reviews.create(good[1].replace(":1", ":none")), timeout=20)
    assert not decision.allowed and ":none" in decision.message, decision


def test_unknown__scan_fails__named(stand, good):
    stand.proxy.faults.append(faults.at("/blobs/", faults.status(404)))
    door = stand.door("--max-attempts=1", policy=policy(unknown="deny"))
    decision = door.decide(reviews.create(good[1]), timeout=20)
    assert not decision.allowed and decision.audit["reason"], decision
    assert decision.seconds < 19.5


def test_registry_silent__tag__answered_in_time(stand, good):
    door = stand.door(policy=policy(unknown="deny"))
    stand.proxy.faults.append(faults.silent)
    decision = door.decide(reviews.create(good[1]), timeout=4)
    assert not decision.allowed and decision.seconds < 4 - SPARE + 0.3, decision


def test_registry_stopped__digest_is_known__judged_as_ever(stand, good, bad):
    door = stand.door("--admission-tag-seconds=1", policy=policy(unknown="deny"))
    for digest, reference in (good, bad):
        door.decide(reviews.create(f"{reference}@{digest}"), timeout=30)
        door.scanned(digest)
    stand.registry.stop()
    stand.proxy.stop()
    time.sleep(1.5)  # past --admission-tag-seconds
    assert door.decide(reviews.create(f"{good[1]}@{good[0]}")).allowed
    decision = door.decide(reviews.create(f"{bad[1]}@{bad[0]}"))
    assert not decision.allowed and "TW201" in decision.message
    decision = door.decide(reviews.create(f"{good[1]}@{good[0]}", env=FATAL))
    assert not decision.allowed and "TW201" in decision.message


def test_registry_stopped__tag__by_its_last_push_with_a_warning(stand, good, bad):
    door = stand.door("--admission-tag-seconds=1", policy=policy(unknown="deny"))
    for pushed in (good, bad):
        tell(door, *pushed)
        door.scanned(pushed[0])
    stand.proxy.stop()
    stand.registry.stop()
    decision = door.decide(reviews.create(good[1]), timeout=8)
    assert decision.allowed and len(decision.warnings) == 1, decision
    assert "the last that the tag is known" in decision.warnings[0] and good[0] in decision.audit["images"]
    assert not door.decide(reviews.create(bad[1]), timeout=8).allowed
    never = door.decide(reviews.create(good[1].replace(":1", ":2")), timeout=8)
    assert not never.allowed and never.seconds < 8 - SPARE + 0.3, never


# ---- without a Pod ----

def test_verdict__of_an_image_whose_command_sets_a_variable__as_of_a_pod(stand, folder, program):
    image = till_image(folder / "command", program)
    image.umoci("config", "--clear", "config.entrypoint", "--config.entrypoint", "env", "--config.entrypoint",
                "GODEBUG=tls10server=1", "--config.entrypoint", ENTRYPOINT)
    digest, reference = stand.push(image.source)
    door = stand.door()
    decision = door.decide(reviews.create(reference), timeout=30)
    assert not decision.allowed and "TW201" in decision.message, decision
    status, verdict = door.ask(f"/v1/verdict?image={reference}")
    assert (status, verdict["digest"], verdict["decision"]) == (200, digest, "deny"), verdict
    assert [finding["rule"] for finding in verdict["findings"]] == ["TW201"]


# ---- whoever asks for names without end ----

def test_names_without_end__denials_stay_and_come_in_time(stand, bad, folder, program):
    """unknown: warn lets through what cannot be told; so nobody may make it so for others."""
    door = stand.door("--admission-tag-seconds=1", policy=policy(unknown="warn"))
    assert not door.decide(reviews.create(bad[1]), timeout=30).allowed
    never = stand.push(till_image(folder / "never", program, GODEBUG="tls10server=1").source, tag="never")
    door.decide(reviews.create(never[1].replace(":never", f"@{never[0]}")), timeout=30)
    stand.proxy.faults.append(lambda request: "/manifests/made-up" in request.path and time.sleep(0.05))

    def flood(number):
        for turn in range(2):
            made = pod(pod_spec(*(container(f"{stand.proxy.host}/shop/till:made-up-{number}-{turn}-{i}", name=f"c{i}")
                                  for i in range(1000))))
            door.decide(review(made), timeout=6)
    threads = [threading.Thread(target=flood, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    asked = 0
    while asked < 4 or any(thread.is_alive() for thread in threads):
        decision = door.decide(reviews.create(bad[1]))
        assert not decision.allowed and "TW201" in decision.message and decision.seconds < 8, decision
        asked += 1
        time.sleep(1)
    for thread in threads:
        thread.join()
    # Its tag was never asked for.
    assert not door.decide(reviews.create(never[1])).allowed


def test_tag_and_digest__asked_for__moves_no_tag(stand, good, bad):
    door = stand.door(policy=policy(unknown="deny"))
    tell(door, *good)
    door.scanned(good[0])
    decision = door.decide(reviews.create(f"{good[1]}@{bad[0]}"), timeout=30)
    assert not decision.allowed and "TW201" in decision.message, decision
    current = door.ask("/v1/images?current=true")[1]["items"]
    assert [(image["tag"], image["digest"]) for image in current] == [("1", good[0])]


# ---- the policy ----

def test_policy__not_enforced__allowed_with_the_reason_as_a_warning(stand, bad):
    door = stand.door(policy=policy(enforce="false", unknown="deny"))
    decision = door.decide(reviews.create(bad[1]), timeout=30)
    assert decision.allowed and "TW201" in decision.warnings[0], decision
    assert decision.audit["decision"] in ("deny", "warn"), decision  # the record says what would have been
    decision = door.decide(reviews.create("localhost:1/team/app:1"), timeout=5)
    assert decision.allowed and decision.warnings, decision


def test_policy__broken_after_start__the_one_before_judges_and_it_is_told(stand, bad, good):
    door = stand.door(policy=policy())
    door.decide(reviews.create(bad[1]), timeout=30)
    door.decide(reviews.create(good[1]), timeout=30)
    door.policy.write_text("admission: {enforce: maybe}")
    door.process.send_signal(signal.SIGHUP)
    wait_for("the refusal", lambda: "stays so" in door.log())
    assert not door.decide(reviews.create(bad[1])).allowed
    decision = door.decide(reviews.create(good[1]))
    assert decision.allowed and "policy" in decision.told, decision
    assert "policy" in decision.audit["reason"], decision
    door.policy.write_text(policy())
    door.process.send_signal(signal.SIGHUP)
    wait_for("the end of it", lambda: door.decide(reviews.create(good[1])).warnings == [])


def test_policy__changed__holds_for_the_next_request(stand, bad):
    door = stand.door(policy=policy())
    assert not door.decide(reviews.create(bad[1]), timeout=30).allowed
    door.policy.write_text(policy(more="severity: {TW201: low}\n"))
    door.process.send_signal(signal.SIGHUP)
    wait_for("the new policy", lambda: door.decide(reviews.create(bad[1])).allowed)


def test_policy__waiver_of_the_image__allowed_and_not_counted(stand, bad, good):
    waiver = ("waivers: [{rule: TW201, image: '*/shop/till:*', reason: its clients are replaced, who: alice,"
              " until: 2999-12-31}]\n")
    door = stand.door(policy=policy(more=waiver))
    assert door.decide(reviews.create(bad[1]), timeout=30).allowed
    assert door.decide(reviews.create(good[1], env=FATAL), timeout=30).allowed


# ---- the store ----

def test_store_locked__by_another_process__answered_in_time(stand, good, bad):
    """A backup that holds the store: what is known is judged; a new image cannot be queued."""
    door = stand.door(policy=policy(unknown="deny"))
    door.decide(reviews.create(good[1]), timeout=30)
    door.scanned(good[0])
    (store,) = [p for p in door.data.iterdir() if p.read_bytes()[:15] == b"SQLite format 3"]
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        decision = door.decide(reviews.create(f"{good[1]}@{good[0]}"), timeout=4)
        assert decision.allowed and decision.seconds < 4 - SPARE + 0.3, decision
        decision = door.decide(reviews.create(f"{bad[1]}@{bad[0]}"), timeout=4)
        assert not decision.allowed and "TW201" not in decision.message, decision
        assert decision.seconds < 4 - SPARE + 0.3, decision
    finally:
        other.execute("ROLLBACK")
        other.close()
    decision = door.decide(reviews.create(f"{bad[1]}@{bad[0]}"), timeout=30)
    assert not decision.allowed and "TW201" in decision.message, decision


def test_restart__what_was_scanned__is_known_without_a_registry(stand, bad):
    door = stand.door()
    door.decide(reviews.create(f"{bad[1]}@{bad[0]}"), timeout=30)
    assert door.stop() == 0
    stand.proxy.stop()
    door.start()
    decision = door.decide(reviews.create(f"{bad[1]}@{bad[0]}"))
    assert not decision.allowed and "TW201" in decision.message
    assert decision.seconds < 1


def test_stopping__requests_that_wait__get_their_answer(stand, good):
    door, gate = stand.door("--grace=1"), stand.hold()
    answers = []

    def ask():
        answers.append(door.decide(reviews.create(good[1]), timeout=20))
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_for("the scan to run", lambda: stand.proxy.asked("/blobs/"))
    began = time.monotonic()
    assert door.stop() == 0 and time.monotonic() - began < 5
    for thread in threads:
        thread.join()
    gate.set()
    assert [a.allowed for a in answers] == [True] * 4 and all(a.seconds < 10 for a in answers), answers


def test_incomplete_scan__as_the_policy_says_of_incomplete(stand, folder):
    broken = folder / "broken.tar"
    broken.write_bytes(b"no archive")
    (folder / "broken").mkdir()
    image = images.new(folder / "broken")
    image.add(CERTIFICATES, CERTIFICATES)
    programs.run("umoci", "raw", "add-layer", "--image", f"{image.layout}:1", broken)
    _, reference = stand.push(image.source)
    door = stand.door(policy=policy(more="severity: {TW901: low}\nincomplete: deny\n"))
    assert not door.decide(reviews.create(reference), timeout=30).allowed
    door.policy.write_text(policy(more="severity: {TW901: low}\nincomplete: warn\n"))
    door.process.send_signal(signal.SIGHUP)
    wait_for("the new policy", lambda: door.decide(reviews.create(reference)).allowed)
    assert door.decide(reviews.create(reference)).warnings
