"""Three agencies' witnesses, each at its own pace, stand on one checkpoint each
time the one who looks most seldom has cosigned: three of three; and two of
three when that one has gone. usage: witnesses.py BUILD
"""

import json
import re
import subprocess
import sys
import threading

import clinic

k = clinic.Clinic(sys.argv[1])


class Witness:
    """rowan witness, until it is stopped; or once at a time."""

    def __init__(self, name, pace):
        self.person = k.witness(name)
        self.key, self.p, self.pace = None, None, pace
        self.sizes = []  # what it says it cosigned

    def start(self):
        self.err = open(k.path(self.person.name + ".err"), "w+")
        self.p = subprocess.Popen(
            [k.program("rowan"), "witness", "--json", "--every",
             str(self.pace)], env=dict(k.env, ROWAN_HOME=self.person.home),
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.err)
        threading.Thread(target=self.hear, args=(self.p,),
                         daemon=True).start()

    def hear(self, p):
        for line in p.stdout:
            self.take(json.loads(line))

    def goes_on(self):
        """Unless somebody stops it, a witness looks for ever."""
        if self.p is not None and self.p.poll() is not None:
            self.err.seek(0)
            raise clinic.Failed("%s: rowan witness has ended with %d: %s" % (
                self.person.name, self.p.returncode, self.err.read()))

    def take(self, said):
        self.sizes.append(said["size"])
        self.key = said["key"]

    def once(self):
        self.take(self.person.json("witness", "--once"))
        return self.sizes[-1]

    def stop(self):
        if self.p is not None:
            self.p.terminate()
            self.p.wait(180)
        self.p = None


def policy(name, rule, witnesses):
    with open(k.path(name), "w") as f:
        for i, w in enumerate(witnesses):
            f.write("witness w%d %s\n" % (i, w.key))
        f.write("group all %s %s\nquorum all\n" % (
            rule, " ".join("w%d" % i for i in range(len(witnesses)))))


def stands(auditor, name):
    """How large what the policy's witnesses stand on is; 0: nothing yet."""
    p = auditor.run("audit", "verify", "--json", "--policy", k.path(name),
                    check=False)
    assert p.returncode in (0, 11), (p.returncode, p.stderr)
    if p.returncode == 11:
        return 0, set()
    got = json.loads(p.stdout)
    return got["size"], {name + "+" for name in re.findall(
        "^\u2014 (rowan-witness/[0-9a-f]{32}) ", got["checkpoint"], re.M)}


def meet(auditor, often, seldom):
    """Once it has spoken the others come to it, without another word: to its
    last one, or, if its agent had looked on its own just before, to that. What
    they all stand on now."""
    before = stands(auditor, "three")[0]
    seldom.once()
    everybody = often + [seldom]

    def met():
        for w in often:
            w.goes_on()
        now, words = stands(auditor, "three")
        if now <= before:
            return 0
        for w in everybody:
            assert any(w.key.startswith(x) for x in words), (w.key, words)
        return now
    return k.until(met, lambda: "all of them stand on more than %d: %r" % (
        before, [w.sizes for w in everybody]))


def run():
    k.begin()
    auditor = k.staff("auditor", "clinic", "audit")
    often = [Witness("police", 1), Witness("probation", 4)]
    seldom = Witness("health", None)
    everybody = often + [seldom]
    k.import_cards()
    k.start()
    try:
        for p in [auditor] + [w.person for w in everybody]:
            p.current()
        for w in often:
            w.start()
        k.until(lambda: all(w.key for w in often), "each cosigns")
        seldom.once()
        policy("three", "all", everybody)
        policy("two", "2", everybody)
        for _ in range(4):
            meet(auditor, often, seldom)
        # A daemon that was killed knows what they stood on.
        k.restart(kill=True)
        for w in everybody:
            w.person.current()
        met = meet(auditor, often, seldom)
        # One is gone: for a minute it is waited for, and then three there are
        # no more.
        last, sizes = seldom.sizes[-1], [0]

        def goes_on():
            size, words = stands(auditor, "two")
            assert len(words) >= 2, words
            if size > max(last, sizes[-1]):
                sizes.append(size)
            return len(sizes) > 4
        k.until(goes_on, "two of three go on: %r" % sizes, 300)
        assert met <= stands(auditor, "three")[0] <= last
        # And it comes back.
        meet(auditor, often, seldom)
        for w in often:
            w.goes_on()
            assert w.sizes == sorted(w.sizes), w.sizes
    finally:
        for w in often:
            w.stop()
    return "three witnesses at their own pace stand on one checkpoint"


k.tell(run)
