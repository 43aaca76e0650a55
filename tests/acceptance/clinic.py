"""A clinic of real programs for acceptance tests and the demonstration: an
offline authority, rowand, staff with rowan and an agent each, victims with
the companion. Everything lives in one temporary folder and is gone at the end;
only processes that were started here are ended.

The clock of all of them can be moved: a preloaded library adds what stands in
the file "clock" to what the kernel says.
"""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "client"))
import answers  # noqa: E402

PASSPHRASE = "correct horse battery staple"


ENDS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


class Failed(Exception):
    pass


def own_address():
    """A loopback address that no other process has while this one lives: so
    no port on it is ever another's."""
    pid = os.getpid()
    return "127.%d.%d.%d" % (64 | pid >> 16, pid >> 8 & 255, pid & 255)


def interrupted(number, frame):
    raise SystemExit(128 + number)


class Clinic:
    made = 0

    def __init__(self, build, config="", clock=False):
        self.build = os.path.abspath(build)
        self.dir = tempfile.mkdtemp(prefix="rowan-clinic.")
        self.people = {}
        self.victims = []
        self.daemon = None
        self.offset = 0
        self.last = ""  # what was run, and what came of it
        self.extra = config
        Clinic.made += 1
        self.host = own_address()
        self.ports = 7000 + 10 * Clinic.made, 7001 + 10 * Clinic.made
        # Whoever ends a test early leaves nothing running.
        for number in ENDS:
            signal.signal(number, interrupted)
        self.said = lambda who, args: None
        for name in ("run", "daemon", "daemon/state", "tmp"):
            os.mkdir(self.path(name), 0o700)
        with open(self.path("pass"), "w") as f:
            f.write(PASSPHRASE + "\n")
        os.chmod(self.path("pass"), 0o600)
        self.env = dict(os.environ, XDG_RUNTIME_DIR=self.path("run"),
                        TMPDIR=self.path("tmp"), TZ="UTC",
                        LC_ALL="C.UTF-8", NO_COLOR="1")
        for name in ("ROWAN_ASKPASS", "ROWAN_HOME", "NOTIFY_SOCKET"):
            self.env.pop(name, None)
        if clock:
            self.write_clock()
            self.env["ROWAN_TEST_CLOCK"] = self.path("clock")
            self.env["LD_PRELOAD"] = os.path.join(
                self.build, "tests/acceptance/clock_preload.so")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def at(self, n):
        """The daemon's endpoint: 0 for members, 1 for enrolment, 2 to use."""
        return "tcp://%s:%d" % (self.host, self.ports[0] + n)

    rowand = "rowand"  # or what runs in its place

    def program(self, name):
        return os.path.join(self.build, name)

    # ---- the clock ----

    def write_clock(self):
        with open(self.path("clock.new"), "wb") as f:
            f.write(struct.pack("=q", self.offset))
        os.rename(self.path("clock.new"), self.path("clock"))

    def now(self):
        return int(time.time()) + self.offset

    def move(self, seconds):
        """Everybody's clock goes on at once."""
        self.offset += seconds
        with open(self.path("clock"), "r+b") as f:
            f.write(struct.pack("=q", self.offset))

    # ---- the authority and the daemon ----

    def run(self, program, *args, home=None, check=True, text=None, secs=300,
            cwd=None):
        env = dict(self.env)
        if home is not None:
            env["ROWAN_HOME"] = home
        try:
            p = subprocess.run([self.program(program), *args], env=env,
                               text=True,
                               input=text if text is not None else "",
                               capture_output=True, timeout=secs,
                               cwd=cwd or self.dir)
        except subprocess.TimeoutExpired as e:
            raise Failed("%s %s: no end in %d s: %r %r" % (
                program, " ".join(args), secs, e.stdout, e.stderr))
        self.last = "%s %s: exit code %d\n%s%s" % (
            program, " ".join(args), p.returncode, p.stdout[-1500:],
            p.stderr[-1500:])
        if check and p.returncode != 0:
            raise Failed("%s %s: exit code %d\n%s%s" % (
                program, " ".join(args), p.returncode, p.stdout, p.stderr))
        if program == "rowan" and "--json" in args and p.returncode == 0:
            answers.check_output(args, p.stdout)
        return p

    def authority(self, *args, check=True):
        return self.run("rowan", "authority", *args, "--passphrase-file",
                        self.path("pass"), check=check)

    def begin(self, *card):
        """Keys, the authority, the daemon's card (options of authority
        daemon); nothing runs yet."""
        for key in ("store-key", "curve-key", "log-key"):
            self.run("rowand", "--new-key", self.path("daemon", key))
        with open(self.path("daemon/rowand.conf"), "w") as f:
            f.write('listen = [ "%s" ];\nlisten_enrol = [ "%s" ];\n'
                    % (self.at(0), self.at(1)))
            for name, value in (("state_dir", "state"),
                                ("store_key", "store-key"),
                                ("transport_key", "curve-key"),
                                ("log_key", "log-key")):
                f.write('%s = "%s";\n' % (name, self.path("daemon", value)))
            f.write('authority = "%s";\ncontrol = "%s";\n'
                    "clock_need_sync = false;\n%s\n" % (
                        self.path("authority/authority.txt"),
                        self.path("daemon/control"), self.extra))
        self.authority("create", self.path("authority"))
        p = self.run("rowand", "--config", self.path("daemon/rowand.conf"),
                     "--card-request", self.path("authority/authority.txt"),
                     "clinic")
        with open(self.path("daemon.request"), "w") as f:
            f.write(p.stdout)
        print_ = re.search(r"fingerprint: ([0-9a-f ]+)", p.stderr).group(1)
        self.authority("daemon", "--listen", self.at(0), "--enrol",
                       self.at(1), "--fingerprint", print_, *card,
                       self.path("authority"), self.path("daemon.request"))

    def start(self, *options):
        self.log = open(self.path("daemon/log"), "a")
        ready, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        theirs.close()
        ready.close()
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if os.path.exists(self.path("daemon/notify")):
            os.unlink(self.path("daemon/notify"))
        notify.bind(self.path("daemon/notify"))
        notify.settimeout(300)
        env = dict(self.env, NOTIFY_SOCKET=self.path("daemon/notify"))
        self.daemon = subprocess.Popen(
            [self.program(self.rowand), *options, "--config",
             self.path("daemon/rowand.conf")], env=env, stdout=self.log,
            stderr=self.log, stdin=subprocess.DEVNULL)
        try:
            while b"READY=1" not in notify.recv(4096):
                pass
        except socket.timeout:
            raise Failed("rowand does not start:\n" +
                         open(self.path("daemon/log")).read())
        finally:
            notify.close()

    def stop(self, kill=False):
        if self.daemon is None:
            return
        self.daemon.kill() if kill else self.daemon.terminate()
        self.daemon.wait(180)
        self.daemon = None
        self.log.close()

    def restart(self, kill=False):
        self.stop(kill)
        self.start()

    def import_cards(self):
        running = self.daemon is not None
        self.stop()
        self.run("rowand", "--config", self.path("daemon/rowand.conf"),
                 "--import", self.path("authority/statements.txt"))
        if running:
            self.start()

    # ---- people ----

    def staff(self, name, agency, rights="", *more):
        p = Person(self, name)
        self.people[name] = p
        made = p.run("setup", "--authority",
                     self.path("authority/authority.txt"), "--agency", agency,
                     "--rights", rights, "--request",
                     self.path(name + ".request"), "--passphrase-file",
                     self.path("pass"), *more)
        print_ = re.search(r"fingerprint: ([0-9a-f ]+)", made.stdout).group(1)
        self.authority("sign", "--fingerprint", print_,
                       self.path("authority"), self.path(name + ".request"))
        p.run("setup", "--answer", self.path(name + ".request.answer"))
        p.run("config", "lock_minutes", "0")
        return p

    def witness(self, name, online=True):
        """An agency's, carded by files; offline it has nowhere to go."""
        p = Person(self, name)
        self.people[name] = p
        made = p.run("setup", "--witness", "--authority",
                     self.path("authority/authority.txt"), "--agency",
                     "police", "--request", self.path(name + ".request"),
                     "--passphrase-file", self.path("pass"))
        print_ = re.search(r"fingerprint: ([0-9a-f ]+)", made.stdout).group(1)
        self.authority("sign", "--fingerprint", print_,
                       self.path("authority"), self.path(name + ".request"))
        if not online:
            p.run("config", "endpoint", "tcp://127.0.0.1:1")
            p.run("agent", "stop")
            p.run("unlock", "--passphrase-file", self.path("pass"))
        p.run("setup", "--answer", self.path(name + ".request.answer"))
        p.run("config", "lock_minutes", "0")
        return p

    def victim(self, name):
        v = Victim(self, name)
        self.victims.append(v)
        return v

    def until(self, what, why, secs=180):
        end = time.monotonic() + secs
        self.last = "nothing was run"
        while True:
            got = what()
            if got:
                return got
            if self.daemon is not None and self.daemon.poll() is not None:
                raise Failed("rowand has ended with %d" %
                             self.daemon.returncode)
            if time.monotonic() > end:
                raise Failed("did not happen in %d s: %s; at last %s" % (
                    secs, why() if callable(why) else why, self.last))
            time.sleep(0.1)

    def tell(self, story):
        """The whole of a test: what the story returns is said. Of one that
        does not hold, the last words of everybody. KEEP=1 leaves the clinic
        running."""
        try:
            print("  " + story())
        except BaseException as e:
            if not isinstance(e, SystemExit):
                self.last_words()
            raise
        finally:
            self.end("KEEP" in os.environ)

    def last_words(self):
        """Where everybody stands, so that a cause is found without the clinic
        itself: what a machine shows elsewhere is only this."""
        print("=== %s does not hold; %s, load %s" % (
            os.path.basename(sys.argv[0]), time.strftime(
                "%H:%M:%S UTC", time.gmtime()),
            " ".join("%.1f" % x for x in os.getloadavg())))
        if os.path.exists(self.path("daemon/log")):
            with open(self.path("daemon/log"), errors="replace") as f:
                print("--- rowand, %s\n%s" % (
                    "not started" if self.daemon is None else
                    "running" if self.daemon.poll() is None else
                    "ended with %d" % self.daemon.returncode,
                    f.read()[-6000:]))
        for v in self.victims:
            print("--- %s\n%s" % (v.name, v.out[-2000:]))
        for p in self.people.values():
            print("--- %s\n%s" % (p.name, p.last_words()))
        sys.stdout.flush()

    def end(self, keep=False):
        # To tidy up is not broken off.
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)
        for v in self.victims:
            v.close() if keep else v.kill()
        if keep:
            return
        for p in self.people.values():
            p.run("agent", "stop", "-q", check=False)
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


class Person:
    """Somebody of staff: rowan with a home of their own."""

    def __init__(self, clinic, name):
        self.clinic, self.name = clinic, name
        self.home = clinic.path(name)
        os.mkdir(clinic.path(name + ".files"))

    def run(self, *args, check=True, text=None, secs=300):
        self.clinic.said(self.name, args)
        return self.clinic.run("rowan", *args, home=self.home, check=check,
                               text=text, secs=secs,
                               cwd=self.clinic.path(self.name + ".files"))

    def agent_pid(self):
        """Of the agent that serves this home; None where none runs."""
        for pid in os.listdir("/proc"):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    words = f.read().split(b"\0")
            except OSError:
                continue
            if words[1:3] == [b"agent", b"run"] and \
                    self.home.encode() in words:
                return int(pid)
        return None

    def last_words(self):
        """Where they stand, and what their agent was told last."""
        pid = self.agent_pid()
        words = ["no agent runs" if pid is None else "the agent runs"]
        try:
            now = self.run("status", "--json", check=False, secs=20)
            words.append((now.stdout or now.stderr).strip())
            last = json.loads(now.stdout).get("cursor", 0)
            if last > 0:
                words.append(self.run(
                    "listen", "--json", "--after", str(max(0, last - 12)),
                    "--count", str(min(last, 12)), check=False,
                    secs=20).stdout.strip())
        except (Failed, OSError, ValueError) as e:
            words.append(str(e))
        return "\n".join(words)

    def code(self, *args, text=None):
        """The exit code alone."""
        return self.run(*args, check=False, text=text).returncode

    def json(self, *args, text=None):
        return json.loads(self.run(*args, "--json", text=text).stdout)

    def status(self):
        return self.json("status")

    def current(self):
        """Connected; a command makes the agent try at once, not status."""
        def now():
            self.run("config", "lock_minutes", "--json", check=False)
            return self.status().get("link") == "current"
        self.clinic.until(now, self.name + " is connected")

    def number(self, other):
        """A colleague, by the id that stays when numbers change."""
        member = other.status()["member"]

        def find():
            for p in self.json("people")["people"]:
                if p["member"] == member:
                    return member
            return None
        return self.clinic.until(find, "%s knows %s" % (self.name, other.name))

    def channel(self, case, kind="support"):
        for c in self.json("case", case)["channels"]:
            if c["kind"] == kind:
                return c
        return None

    def joined(self, case, kind="support"):
        def find():
            p = self.run("case", case, "--json", check=False)
            if p.returncode != 0:
                return False
            return any(c["kind"] == kind and c.get("joined")
                       for c in json.loads(p.stdout)["channels"])
        self.clinic.until(find, "%s is in %s" % (self.name, kind))

    def messages(self, case, kind="support", last=1000):
        return self.json("read", case, "--channel", kind, "--last", str(last),
                         "--keep")["messages"]

    def texts(self, case, kind="support"):
        return [m.get("text", "") for m in self.messages(case, kind)
                if m["type"] in ("text", "attachment", "diary")]

    def hears(self, case, text, kind="support", secs=180):
        self.clinic.until(lambda: text in self.texts(case, kind),
                          "%s reads %r" % (self.name, text), secs)


class Victim:
    """The companion, a line at a time."""

    def __init__(self, clinic, name):
        self.clinic, self.name = clinic, name
        self.out = ""
        self.open()

    def open(self):
        self.p = subprocess.Popen(
            [self.clinic.program("companion"),
             self.clinic.path(self.name + ".vault")],
            env=self.clinic.env, cwd=self.clinic.dir, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.ear = threading.Thread(target=self.hear, args=(self.p,),
                                    daemon=True)
        self.ear.start()
        self.say("a phone passphrase")

    def hear(self, p):
        for line in p.stdout:
            self.out += line

    def say(self, line):
        try:
            self.p.stdin.write(line + "\n")
            self.p.stdin.flush()
        except BrokenPipeError:
            raise Failed("%s: the companion has gone:\n%s" % (
                self.name, self.out))

    def sees(self, pattern, secs=180, since=0):
        """What the phone shows; the match."""
        def seen():
            gone = not self.ear.is_alive()
            found = re.search(pattern, self.out[since:])
            if gone and not found:
                raise Failed("%s: the companion has gone before %r:\n%s" % (
                    self.name, pattern, self.out))
            return found
        return self.clinic.until(seen, lambda: "%s sees %r in:\n%s" % (
            self.name, pattern, self.out), secs)

    def who(self, *words):
        """Asked until all of them are shown: names come a moment later."""
        def shown():
            since = self.mark()
            self.say("who")
            time.sleep(0.5)
            return all(w in self.out[since:] for w in words)
        self.clinic.until(shown, "%s sees who: %r" % (self.name, words))

    def mark(self):
        return len(self.out)

    def kill(self):
        self.p.kill()
        self.p.wait()

    def close(self):
        if self.p.poll() is None:
            try:
                self.p.stdin.close()
                self.p.wait(20)
            except (OSError, subprocess.TimeoutExpired):
                self.p.kill()
        self.p.wait()


def enrol(clinic, registrar, case, victim, coordinator=None):
    """An invite, the codes compared aloud, and the coordinator lets in."""
    made = registrar.json("invite", case, "--no-wait")
    victim.say("enrol " + made["text"])
    here = registrar.json("invite-code", made["invite"])["code"]
    there = victim.sees(r"theirs first: ([0-9 ]+[0-9])").group(1)
    # It is still said to who asks later.
    if registrar.json("invite-code", made["invite"])["code"] != here:
        raise Failed("the code is forgotten")
    if here != there:
        raise Failed("the codes differ: %s, %s" % (here, there))
    registrar.run("confirm", made["invite"], "--same")
    victim.sees(r"This device is set up")
    if coordinator is not None:
        # The coordinator is told by a person, not at the same moment.
        time.sleep(1.5)
        clinic.until(lambda: coordinator.code(
            "assign", case, "victim", "support", "--yes") == 0,
            "the victim is let in")
    return made
