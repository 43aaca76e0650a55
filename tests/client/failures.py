"""What goes wrong, with the real programs: no daemon, a locked vault, no right,
garbage, a full disk, transfers cut off on either side, an agent that is killed,
an old copy, an expired card. Each time: the right exit code, a hint that helps,
and nothing lost. usage: failures.py BUILD
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "acceptance"))
import agent  # noqa: E402
import clinic  # noqa: E402

k = clinic.Clinic(sys.argv[1], clock=True)
done = 0


def expect(who, code, pattern, *args, text=None, secs=300):
    """Exit code and words; an error has a hint, and drives no terminal."""
    global done
    p = who.run(*args, check=False, text=text, secs=secs)
    out = p.stdout + p.stderr
    if p.returncode != code or pattern not in out:
        raise clinic.Failed("%s %s: %d, not %d with %r:\n%s" % (
            who.name, " ".join(args), p.returncode, code, pattern, out))
    if code not in (0, 18):
        assert "error: " in p.stderr and "hint: " in p.stderr, p.stderr
    assert not any(c < " " and c not in "\n\t" for c in out), repr(out)
    done += 1
    return out


def begin():
    k.begin()
    people = [k.staff("coordinator", "clinic", "coordinate"),
              k.staff("worker", "advocacy", "enrol"),
              k.staff("other", "police")]
    watcher = k.witness("watcher")
    k.import_cards()
    k.start()
    watcher.run("agent", "stop")
    for p in people:
        p.current()
    c, w, o = people
    c.run("open", "police", "--alias", "bluebell")
    c.run("assign", "bluebell", c.number(w), "support,team", "--yes")
    c.run("assign", "bluebell", "me", "support", "--yes")
    c.run("assign", "bluebell", c.number(o), "team", "--yes")
    w.joined("1")
    c.joined("1")
    o.joined("1", "team")
    return people


def pass_file():
    return ("--passphrase-file", k.path("pass"))


def locked(w):
    expect(w, 0, "is locked", "lock")
    expect(w, 4, "hint: rowan unlock opens it", "inbox")
    expect(w, 4, "rowan unlock", "send", "1", "not said")
    with open(k.path("wrong"), "w") as f:
        f.write("wrong horse battery\n")
    os.chmod(k.path("wrong"), 0o600)
    expect(w, 5, "wrong passphrase", "unlock", "--passphrase-file",
           k.path("wrong"))
    expect(w, 9, "hint: check its name", "unlock", "--passphrase-file",
           "not there")
    expect(w, 0, "", "inbox", *pass_file())
    w.current()


def not_assigned(c, o):
    expect(o, 7, "not assigned", "read", "1")
    expect(o, 7, "rowan team writes", "send", "1", "hello")
    expect(o, 7, "the victim chooses", "diary", "1")
    expect(o, 7, "does not give the right", "open", "police")
    expect(o, 7, "right to enrol", "invite", "1")
    expect(c, 7, "right to enrol", "invite", "1")
    expect(o, 9, "there is no such case", "read", "99")


def garbage(w):
    p = subprocess.run([k.program("rowan"), "send", "1"], input=os.urandom(999),
                       env=dict(k.env, ROWAN_HOME=w.home), capture_output=True)
    assert p.returncode == 13 and b"not text" in p.stderr, p
    expect(w, 13, "hint: longer things go as a file", "send", "1",
           text="x" * 10485760)
    out = expect(w, 0, "", "chat", "1", text="from a pipe\n")
    assert "no connection" not in out and "Kept" not in out, out
    expect(w, 13, "nothing to send", "send", "1", text="\n")
    expect(w, 13, "not sent", "chat", "1", text="y" * 10485760)
    w.run("send", "1", "a line that is read with head")
    p = subprocess.run('"%s" read 1 --last 50 | head -n 1' %
                       k.program("rowan"), shell=True, text=True,
                       env=dict(k.env, ROWAN_HOME=w.home), capture_output=True)
    assert p.returncode == 0 and not p.stderr, p
    expect(w, 9, "hint: check its name", "attach", "1", "not there")
    expect(w, 9, "hint: check its name", "receipt", "verify", "not there",
           "--authority", "not there")
    authority = k.path("authority/authority.txt")
    expect(w, 14, "hint: leave it as it is", "receipt", "verify", authority,
           "--authority", authority)
    expect(w, 9, "hint: give the folder", "verify-bundle", k.path("authority"),
           "--authority", authority)
    expect(w, 13, "hint: put what is in it into one file", "attach", "1", "/")
    # A file name is a name and nothing else, on both ways.
    folder = k.path("worker.files")
    with open(os.path.join(folder, "a\nb"), "w") as f:
        f.write("in between")
    expect(w, 13, "name nobody could save", "attach", "1", "a\nb")
    for name in ("../../escape", "..", "a/b", "/etc/shadow", "x" * 300):
        code = w.code("attach", "1", "a\nb", "--name", name)
        assert code == 13, (name, code)
    expect(w, 0, "Sent", "attach", "1", "a\nb", "--name", "plain.txt")


def no_daemon(c, w):
    k.stop()
    k.until(lambda: w.status()["link"] != "current", "it is noticed")
    expect(w, 0, "leaves once there is a connection", "send", "1", "--wait",
           "0", "said without a daemon")
    expect(c, 0, "Signed and kept", "open", "health", "--alias", "kept")
    out = expect(c, 0, "Until then rowan cases does not list it", "open",
                 "health", "--alias", "another")
    assert "Next:" not in out, out
    for args in (("assign", "kept", "me", "team"), ("case", "kept"),
                 ("send", "kept", "hello"), ("recuse", "kept")):
        out = expect(c, 9, "has not reached the clinic yet", *args)
        assert "once rowan status says connected" in out, out
    expect(w, 0, "no connection: texts are kept", "chat", "1",
           text="kept from a pipe\n")
    expect(w, 18, "is there a network", "doctor")
    expect(w, 0, "no connection", "status")
    k.start()
    c.hears("1", "said without a daemon")
    assert c.texts("1").count("said without a daemon") == 1
    c.hears("1", "kept from a pipe")
    # What was signed meanwhile leaves by itself, in its own time.
    k.until(lambda: c.code("case", "kept") == 0, "the case is open")
    expect(c, 0, "takes part", "assign", "kept", "me", "team", "--yes")


def pieces(c, w):
    """A transfer cut off by the daemon's end, and by the agent's."""
    big = k.path("worker.files", "big.bin")
    with open(big, "wb") as f:
        f.write(os.urandom(8 * 1024 * 1024))
    cut = threading.Thread(target=lambda: (time.sleep(0.4),
                                           k.restart(kill=True)))
    cut.start()
    expect(w, 0, "Sent", "attach", "1", "big.bin", secs=180)
    cut.join()
    k.until(lambda: any(m.get("file") == "big.bin" for m in c.messages("1")),
            "the file is announced")
    number = str(max(m["number"] for m in c.messages("1")
                     if m.get("file") == "big.bin"))
    p = subprocess.Popen([k.program("rowan"), "get", number], text=True,
                         cwd=k.path("coordinator.files"), stderr=-1, stdout=-1,
                         env=dict(k.env, ROWAN_HOME=c.home))
    # The daemon says nothing more, so that it is cut in the middle.
    time.sleep(0.05)
    os.kill(k.daemon.pid, signal.SIGSTOP)
    time.sleep(0.1)
    try:
        kill_agent(c)
    finally:
        os.kill(k.daemon.pid, signal.SIGCONT)
    out, err = p.communicate(timeout=300)
    # Where it had not asked yet it finds the next one, locked.
    assert p.returncode in (0, 4, 15), (p.returncode, out, err)
    if p.returncode != 0:
        assert p.returncode == 4 or "error: the agent has gone away" in err, err
        expect(c, 0, "It is in", "get", number, *pass_file(), secs=180)
    else:
        c.run("unlock", *pass_file())
    with open(k.path("coordinator.files", "big.bin"), "rb") as f, \
            open(big, "rb") as g:
        assert f.read() == g.read()
    assert sorted(os.listdir(k.path("coordinator.files"))) == ["big.bin"]
    expect(c, 10, "nothing is overwritten", "get", number)


def kill_agent(who):
    pid = who.agent_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    # A command that begins now finds none, and starts another. Its command line
    # goes with its memory, its socket a while later.
    def gone():
        try:
            with open("/proc/%d/stat" % pid) as f:
                return f.read().rpartition(")")[2].split()[0] in "ZX"
        except OSError:
            return True
    k.until(gone, "it has gone")


def killed(c, w):
    """kill -9 in the middle of sending: what was taken comes, once."""
    taken, not_taken = [], []
    for i in range(12):
        if i % 4 == 2:
            kill_agent(w)
        p = w.run("send", "1", "--wait", "0", "killed %d" % i, *pass_file(),
                  check=False)
        if p.returncode == 0:
            taken.append("killed %d" % i)
        else:
            not_taken.append((i, p.returncode, p.stderr))
    assert not_taken == [], not_taken
    c.hears("1", taken[-1])
    assert [t for t in c.texts("1") if t.startswith("killed ")] == taken


def broken_off(c, w):
    """Ctrl-C takes nothing back that the agent has, and says so."""
    os.kill(k.daemon.pid, signal.SIGSTOP)
    try:
        p = subprocess.Popen([k.program("rowan"), "send", "1", "--wait", "300",
                              "broken off"], stderr=-1, text=True,
                             env=dict(k.env, ROWAN_HOME=w.home))
        k.until(lambda: "broken off" in w.texts("1"), "the agent has it")
        p.send_signal(signal.SIGINT)
        err = p.communicate(timeout=300)[1]
    finally:
        os.kill(k.daemon.pid, signal.SIGCONT)
    assert p.returncode == -signal.SIGINT, (p.returncode, err)
    assert "goes on by itself" in err and "hint: rowan read" in err, err
    c.hears("1", "broken off")


def two_at_once(w):
    """Two terminals find no agent: one starts it, both are answered."""
    w.run("agent", "stop")
    many = [subprocess.Popen([k.program("rowan"), "status", "--json"],
                             env=dict(k.env, ROWAN_HOME=w.home), stdout=-1,
                             stderr=-1) for _ in range(8)]
    for p in many:
        out, err = p.communicate(timeout=300)
        assert p.returncode == 0 and b'"locked":true' in out, (out, err)
    w.run("unlock", *pass_file())
    w.current()
    many = [subprocess.Popen([k.program("rowan"), "send", "1", "from both"],
                             env=dict(k.env, ROWAN_HOME=w.home), stdout=-1,
                             stderr=-1) for _ in range(8)]
    assert [p.wait(300) for p in many] == [0] * 8
    for p in many:
        p.communicate()


def private(w):
    """Whatever umask somebody has, the vault is theirs alone."""
    home = k.path("open.home")
    env = dict(k.env, ROWAN_HOME=home)
    subprocess.run('umask 0; exec "%s" setup --authority "%s" --agency police '
                   '--request "%s" --passphrase-file "%s"' % (
                       k.program("rowan"), k.path("authority/authority.txt"),
                       k.path("open.request"), k.path("pass")), shell=True,
                   env=env, check=True, capture_output=True)
    for folder, _, names in os.walk(home):
        assert os.stat(folder).st_mode & 0o77 == 0, folder
        for n in names:
            mode = os.stat(os.path.join(folder, n)).st_mode
            assert mode & 0o77 == 0, (n, oct(mode))
    subprocess.run([k.program("rowan"), "agent", "stop", "-q"], env=env)


def no_room_to_witness(c, small):
    """A witness says what it lacks, cosigns nothing, and goes on."""
    env = dict(k.env, ROWAN_HOME=os.path.join(small, "watcher"))
    there = clinic.Person.__new__(clinic.Person)
    there.clinic, there.name, there.home = k, "watcher", env["ROWAN_HOME"]
    shutil.copytree(k.people["watcher"].home, there.home)
    there.run("unlock", *pass_file())
    there.current()
    said = k.path("watcher.said")

    def says(words, times=1):
        k.until(lambda: open(said).read().count(words) >= times,
                "the witness says %r %d times" % (words, times), 60)
    with open(said, "w") as f:
        p = subprocess.Popen([k.program("rowan"), "witness", "--every", "1"],
                             env=env, stdin=subprocess.DEVNULL, stdout=f,
                             stderr=f)
    try:
        says("cosigned: ")
        filled = os.path.join(small, "filled")
        fill(filled)
        c.run("send", "1", "there is no room to witness it")
        says("the disk is full", 2)
        before = open(said).read().count("cosigned: ")
        os.unlink(filled)
        c.run("send", "1", "there is room to witness it")
        says("cosigned: ", before + 1)
        assert p.poll() is None
    finally:
        p.terminate()
        p.wait(60)
        there.run("agent", "stop", check=False)


def full_disk(c, w):
    """On a file system of its own that has no room left."""
    small = k.path("small")
    os.mkdir(small)
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs",
             small], capture_output=True).returncode != 0:
        print("  failures: no full disk: this needs the right to mount")
        return
    w.run("agent", "stop")
    try:
        shutil.copytree(w.home, os.path.join(small, "home"))
        there = clinic.Person.__new__(clinic.Person)
        there.clinic, there.name = k, w.name
        there.home = os.path.join(small, "home")
        there.run("unlock", *pass_file())
        there.current()
        filled = os.path.join(small, "filled")
        fill(filled)
        out = expect(there, 12, "the disk is full", "send", "1", "no room")
        assert "hint: make room" in out, out
        for i in range(30):
            c.run("send", "1", "while it was full %d" % i)
        expect(there, 0, "", "inbox")
        code = there.code("doctor")
        assert code == 18, code
        os.unlink(filled)
        there.hears("1", "while it was full 29")
        got = [t for t in there.texts("1") if t.startswith("while it was")]
        assert got == ["while it was full %d" % i for i in range(30)], got
        assert "no room" not in there.texts("1")
        expect(there, 0, "Sent", "send", "1", "there is room again")
        c.hears("1", "there is room again")
        assert "no room" not in c.texts("1")
        there.run("agent", "stop")
        shutil.rmtree(w.home)
        shutil.copytree(there.home, w.home)
        shutil.rmtree(there.home)
        no_room_to_witness(c, small)
    finally:
        subprocess.run([k.program("rowan"), "agent", "stop", "-q"],
                       env=dict(k.env, ROWAN_HOME=os.path.join(small, "home")))
        subprocess.run(["umount", small], check=True)
    w.run("unlock", *pass_file())
    w.current()


def fill(path):
    with open(path, "wb") as f:
        try:
            while True:
                f.write(b"\0" * 65536)
                f.flush()
        except OSError:
            pass
        try:
            while True:
                os.write(f.fileno(), b"\0" * 512)
        except OSError:
            pass


def old_copy(c, w):
    """A home folder that was copied, used, and put back."""
    w.run("agent", "stop")
    shutil.copytree(w.home, k.path("copy"))
    w.run("unlock", *pass_file())
    w.current()
    w.run("send", "1", "after the copy was made")
    c.hears("1", "after the copy was made")
    w.run("agent", "stop")
    shutil.rmtree(w.home)
    shutil.copytree(k.path("copy"), w.home)
    w.run("unlock", *pass_file())
    k.until(lambda: w.code("send", "1", "on old keys", "--wait", "1") == 17,
            "the old copy is found out")
    out = expect(w, 17, "hint: ", "send", "1", "on old keys")
    assert "rowan readmit" in out, out
    expect(w, 18, "readmit", "doctor")
    assert "on old keys" not in c.texts("1")
    expect(w, 0, "taken in anew", "readmit")
    k.until(lambda: w.code("send", "1", "taken in again", "--wait", "1") == 0,
            "taken in anew")
    c.hears("1", "taken in again")


def its_own(w, o):
    """Receipts are of one's own; a device that revokes itself is told so."""
    w.run("team", "1", "of mine there is one")
    o.hears("1", "of mine there is one", "team")
    expect(o, 9, "no receipt of this", "receipt", "get",
           "#%d" % o.messages("1", "team")[-1]["number"])
    o.run("devices")
    expect(o, 16, "the device you sit at", "revoke", "1", "--no-input")
    # The daemon may hang up before it has said so.
    o.current()
    out = expect(o, 0, "", "revoke", "1", "--yes")
    assert "Revoked." in out or "once the clinic has it" in out, out
    k.until(lambda: o.code("team", "1", "hello") == 8, "it is told so")
    expect(o, 8, "revoked", "team", "1", "hello")


def untold(c, w):
    """What was kept and came to nobody is told by the inbox until somebody has
    read it; what does not come to everybody is not merely sent."""
    os.kill(k.daemon.pid, signal.SIGSTOP)
    try:
        expect(w, 0, "Kept", "team", "1", "--wait", "0", "to nobody")
    finally:
        os.kill(k.daemon.pid, signal.SIGCONT)
    said = "of yours was not sent, or not to everybody: " \
        "rowan read 1 --channel team"
    k.until(lambda: said in w.run("inbox").stderr, "the inbox says so")
    assert said in w.run("inbox").stderr
    out = expect(w, 0, "NOT SENT", "read", "1", "--channel", "team", "--keep")
    assert "to nobody" in out and said in w.run("inbox").stderr, out
    w.run("read", "1", "--channel", "team")
    assert said not in w.run("inbox").stderr
    assert "to nobody" not in w.run("read", "1", "--channel", "team").stdout
    expect(c, 0, "takes part", "assign", "bluebell", "me", "team", "--yes")
    c.joined("1", "team")
    k.until(lambda: sum(p["present"] for p in w.channel("1", "team")["people"])
            == 2, "who is there is known")
    out = expect(w, 0, "It does not reach", "team", "1", "-q", "not to all")
    assert "(police)" in out and "another way" in out, out
    c.hears("1", "not to all", "team")
    out = expect(w, 0, ", not to ", "read", "1", "--channel", "team",
                 "--last", "1")
    assert "(police)" in out and "not to all" in out, out
    assert said not in w.run("inbox").stderr


def idle(w):
    """Unused for long, asleep or not: the next one who comes finds it locked."""
    w.run("unlock", *pass_file())
    w.run("config", "lock_minutes", "5")
    expect(w, 0, "", "inbox")
    k.move(301)
    expect(w, 4, "rowan unlock", "inbox")
    expect(w, 0, "", "inbox", *pass_file())
    w.run("config", "lock_minutes", "0")


def expired(c, w):
    k.move(366 * 86400)
    k.run("rowanctl", "--socket", k.path("daemon/control"), "clock", "accept")
    k.until(lambda: w.code("send", "1", "--wait", "1", "too late") == 8,
            "its end is noticed")
    out = expect(w, 8, "expired", "send", "1", "too late")
    assert "hint: " in out and "authority" in out, out
    expect(w, 18, "the card is valid", "doctor")
    # Nor is it another trouble to somebody who comes the day after.
    w.run("agent", "stop")
    w.run("unlock", *pass_file())
    for args in (("send", "1", "too late"), ("team", "1", "too late"),
                 ("attach", "1", k.path("pass")), ("name", "Sam"), ("invite", "1"),
                 ("assign", "1", "1", "team"), ("recuse", "1"),
                 ("open", "police")):
        expect(w, 8, "hint: ask the authority to renew it", *args)
    k.until(lambda: w.status()["link"] == "refused", "it is not let in")
    expect(w, 8, "hint: ask the authority to renew it", "send", "1", "late")
    expect(w, 0, "card has expired; ask the authority", "status")
    expect(w, 18, "WRONG the card is valid", "doctor")
    # What came can be read still.
    expect(w, 0, "", "inbox")
    expect(w, 0, "", "read", "1")


def story():
    c, w, o = begin()
    scenes = (lambda: locked(w), lambda: not_assigned(c, o),
              lambda: garbage(w), lambda: full_disk(c, w),
              lambda: no_daemon(c, w),
              lambda: pieces(c, w), lambda: killed(c, w),
              lambda: broken_off(c, w),
              lambda: two_at_once(w), lambda: private(w),
              lambda: old_copy(c, w), lambda: its_own(w, o),
              lambda: untold(c, w), lambda: idle(w),
              lambda: expired(c, w))
    for scene in scenes:
        t = time.time()
        scene()
        if len(sys.argv) > 2:
            print(scene.__code__.co_names, round(time.time() - t, 1),
                  flush=True)
    return "failures: %d refusals in words, nothing lost" % done


k.tell(story)
