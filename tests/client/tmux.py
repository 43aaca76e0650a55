"""Driven in tmux as a person would: two people at two terminals, side by side,
with the real programs; what stands on the screen is what they see. Skipped, in
words, where there is no tmux. usage: tmux.py BUILD
"""

import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "acceptance"))
import clinic  # noqa: E402

if shutil.which("tmux") is None:
    print("  tmux: not driven, for there is no tmux here")
    sys.exit(0)
k = clinic.Clinic(sys.argv[1])
SECONDS = 180  # until something must be on the screen, however slow it is


def tmux(*args, check=True):
    env = dict(k.env, TERM="xterm-256color", SHELL="/bin/sh")
    env.pop("TMUX", None)
    env.pop("NO_COLOR", None)
    p = subprocess.run(["tmux", "-f", "/dev/null", "-S", k.path("tmux"),
                        *args], env=env, text=True, capture_output=True,
                       timeout=SECONDS)
    if check and p.returncode != 0:
        raise clinic.Failed("tmux %r: %s" % (args, p.stderr))
    return p.stdout


class Desk:
    """A terminal of one's own with a shell in it."""

    def __init__(self, name, program, columns=80, rows=24, **env):
        self.name = name
        words = ["%s=%s" % v for v in env.items()]
        tmux("new-session", "-d", "-s", name, "-x", str(columns), "-y",
             str(rows), "env", "PS1=%s$ " % name, "ENV=", *words, "sh")
        # The short name that a person types.
        self.type("alias rowan=%s" % k.program(program))

    def keys(self, *names):
        tmux("send-keys", "-t", self.name, *names)

    def write(self, text):
        tmux("send-keys", "-t", self.name, "-l", text)

    def type(self, text):
        self.write(text)
        self.keys("Enter")

    def screen(self, *more):
        return tmux("capture-pane", "-p", "-t", self.name, *more)

    def sees(self, *wanted, gone=()):
        """All of it in this order, wherever lines are folded, and nothing of
        ${gone}."""
        end = time.time() + SECONDS
        while True:
            text = self.screen()
            flat, at = " ".join(text.split()), 0
            for w in wanted:
                at = flat.find(w, at)
                if at < 0:
                    break
                at += len(w)
            if at >= 0 and not any(g in flat for g in gone):
                return text
            if time.time() > end:
                raise clinic.Failed("%s never sees %r without %r:\n%s" % (
                    self.name, wanted, gone, text))
            time.sleep(0.05)

    def clear(self):
        self.type("clear")
        self.sees(self.name + "$")

    def size(self, columns, rows):
        tmux("resize-window", "-t", self.name, "-x", str(columns), "-y",
             str(rows))


def begin():
    k.begin()
    c = k.staff("coordinator", "clinic", "coordinate")
    w = k.staff("worker", "advocacy")
    k.import_cards()
    k.start()
    for p in (c, w):
        p.current()
        p.run("name", {"coordinator": "Cora", "worker": "Wim"}[p.name])
    c.number(w)
    return c, w


def day(c, w):
    cora = Desk("cora", "rowan", ROWAN_HOME=c.home)
    wim = Desk("wim", "rowan", ROWAN_HOME=w.home)
    # A referral, and who takes part: asked, and answered at the keyboard.
    cora.type("rowan open police --alias bluebell")
    cora.sees("The first referral by police", "Case 1, ", "Next: rowan people")
    cora.type("rowan open polce")
    cora.sees("Do you mean police?", "[yes/no]")
    cora.type("no")
    cora.sees("error: nothing was done", "cora$")
    cora.clear()
    cora.type("rowan assign bluebell me team,support --yes")
    cora.sees("takes part", "cora$")
    cora.type("rowan people")
    cora.sees("(advocacy)", "cora$")
    cora.type("rowan assign bluebell %s team,support" % c.number(w)[:8])
    cora.sees("(advocacy), caseworker take part in: team,support?",
              "[yes/no]")
    cora.type("yes")
    cora.sees("takes part: team,support", "cora$")
    c.joined("1", "team")
    w.joined("1", "team")
    return cora, wim


def conversation(cora, wim):
    for desk in (cora, wim):
        desk.clear()
        desk.type("rowan chat 1 --channel team")
        desk.sees("- team:", "Ctrl-C leaves, /help", "connected", ">")
    cora.write("Is anybody the")
    cora.sees("> Is anybody the")
    cora.write("rre")
    cora.keys("BSpace", "BSpace")
    cora.write("e?")
    cora.sees("> Is anybody there?")
    cora.keys("Enter")
    wim.sees("Cora (clinic)", "Is anybody there?")
    wim.type("Yes, I am. caf\u00e9 \u6771\u4eac")
    cora.sees("Is anybody there?", "Wim (advocacy)",
              "Yes, I am. caf\u00e9 \u6771\u4eac")
    # What was read is said to have been.
    cora.sees("- read", "Is anybody there?")
    # Nobody's words drive the other's screen.
    wim.type("x\u202ey\u200bz")
    cora.sees("x<U+202E>y<U+200B>z")
    # Another size while it goes on: nothing typed is lost.
    cora.write("still writing")
    cora.size(36, 10)
    cora.sees("connected", "> still writing")
    assert all(len(r) <= 36 for r in cora.screen().split("\n"))
    cora.size(100, 30)
    cora.sees("Is anybody there?", "Yes, I am.", "> still writing")
    cora.keys("Enter")
    wim.sees("still writing")
    # What is older, and back.
    for i in range(12):
        wim.type("line %d" % i)
    wim.sees("line 11", gone=("Is anybody there?",))
    for _ in range(4):
        wim.keys("PageUp")
    wim.sees("Is anybody there?", "older; Page Down")
    for _ in range(6):
        wim.keys("PageDown")
    wim.sees("line 11", "Ctrl-C leaves, /help")
    cora.sees("line 11")
    # Sent and left at once: it is not lost, and nothing stays on the screen.
    wim.type("the last word")
    wim.keys("C-c")
    wim.sees("wim$", gone=("line 11", "Is anybody there?"))
    assert "line 11" not in wim.screen("-S", "-"), "it can be scrolled to"
    cora.sees("the last word")
    cora.type("/quit")
    cora.sees("cora$", gone=("the last word",))


def away(wim):
    """Locked, and asked for the passphrase, which nobody sees."""
    wim.clear()
    wim.type("rowan lock")
    wim.sees("The vault is locked.", "wim$")
    wim.type("rowan read 1 --channel team --last 2")
    wim.sees("Passphrase:")
    wim.type("not this one")
    wim.sees("error: wrong passphrase", "wim$")
    wim.clear()
    wim.type("rowan read 1 --channel team --last 1")
    wim.sees("Passphrase:")
    wim.type(clinic.PASSPHRASE)
    text = wim.sees("you", "the last word", "wim$")
    assert clinic.PASSPHRASE not in text and "not this one" not in text, text


def files(cora, wim, c, w):
    """One goes over, is fetched, and is whole."""
    data = os.urandom(300000)
    with open(k.path("photo.jpg"), "wb") as f:
        f.write(data)
    cora.clear()
    cora.type("rowan attach 1 %s --channel team" % k.path("photo.jpg"))
    cora.sees("Sent.", "cora$")
    w.hears("1", "", "team")
    number = k.until(lambda: [m["number"] for m in w.messages("1", "team")
                              if m.get("file") == "photo.jpg"], "it came")[0]
    wim.clear()
    wim.type("rowan get %d --out %s" % (number, k.path("got.jpg")))
    wim.sees("It is in", "wim$", gone=("fetching",))
    with open(k.path("got.jpg"), "rb") as f:
        assert f.read() == data


def progress():
    """A transfer that stands still half way: the bar is there to be seen, and
    Ctrl-C leaves it to the agent. On the stand-in, which can stand still."""
    home = k.path("still")
    with open(k.path("world"), "w") as f:
        json.dump({"stop_at": 50, "cases": [{"victim": "Vic", "support": [
            {"from": 99, "file": "film.mp4", "size": 100}]}]}, f)
    env = dict(ROWAN_HOME=home, ROWAN_DOUBLE=k.path("world"))
    subprocess.run([k.program("tests/client/rowan"), "setup", "-q",
                    "--passphrase-file", k.path("pass"), "--answer",
                    "/dev/null"], env=dict(k.env, **env), capture_output=True)
    desk = Desk("still", "tests/client/rowan", columns=60, **env)
    try:
        desk.type("rowan read 1")
        desk.sees("[file] film.mp4, 100 bytes; rowan get 1")
        desk.type("rowan get 1 --out %s" % k.path("film"))
        desk.sees("fetching [###############...............] 50 %")
        desk.keys("C-c")
        desk.sees("you no longer wait for it, but it goes on by itself",
                  "hint: the same command shows how far", "still$",
                  gone=("fetching [",))
    finally:
        subprocess.run([k.program("tests/client/rowan"), "agent", "stop",
                        "-q"], env=dict(k.env, **env))


def story():
    c, w = begin()
    try:
        cora, wim = day(c, w)
        conversation(cora, wim)
        away(wim)
        files(cora, wim, c, w)
        progress()
    finally:
        tmux("kill-server", check=False)
    return "tmux: two people at two terminals, as they see it"


k.tell(story)
