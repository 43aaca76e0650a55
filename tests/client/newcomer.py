"""Somebody who has never seen it, at a terminal, with the real programs: from
rowan setup to a first answered message. Whatever they type was said by the
program before: a command that nothing on the screen has named is a failure.
usage: newcomer.py BUILD
"""

import os
import re
import struct
import sys
import time

import pexpect
import pyte

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "acceptance"))
import clinic  # noqa: E402

k = clinic.Clinic(sys.argv[1])
SECRET = "my own long passphrase"
told = "rowan"  # all they know: the program's name


class Run:
    """One command, typed because ${said} was on the screen."""

    def __init__(self, words, said=None, columns=90):
        global told
        said = said or "rowan " + " ".join(words)
        # A word in capitals is one's own: FILE, CODE, 1.
        assert said.strip() in " ".join(told.split()), (
            "nobody said %r in:\n%s" % (said, told))
        self.screen = pyte.Screen(columns, 60)
        self.stream = pyte.ByteStream(self.screen)
        self.text = ""
        self.p = pexpect.spawn(
            k.program("rowan"), words, dimensions=(60, columns), timeout=120,
            cwd=k.path("desk"), env=dict(k.env, ROWAN_HOME=k.path("new"),
                                         TERM="vt220"))

    def take(self, secs=0.05):
        global told
        try:
            data = self.p.read_nonblocking(65536, secs)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.stream.feed(data)
        text = data.decode(errors="replace").replace("\r", "")
        self.text += text
        told += text
        return True

    def sees(self, pattern, secs=180):
        end = time.time() + secs
        while True:
            # What an ended one has said last is still to be taken.
            over = not self.p.isalive()
            came = self.take()
            m = re.search(pattern, " ".join(self.text.split()))
            if m:
                return m
            if time.time() > end or (over and not came):
                raise AssertionError("never said: %r\n%s" % (
                    pattern, self.text))

    def type(self, text):
        self.p.send(text + "\n")

    def end(self, code=0):
        end = time.time() + 180
        while self.p.isalive() and time.time() < end:
            self.take(0.1)
        while self.take(0.1):
            pass
        assert not self.p.isalive(), self.text
        assert self.p.exitstatus == code, (self.p.exitstatus, self.text)
        for row in self.screen.display:
            assert len(row.rstrip()) <= self.screen.columns
        return " ".join(self.text.split())


def qr_of(screen):
    """The modules of the drawn code, dark ones True."""
    rows = []
    for line in screen.display:
        if not re.match(r"^[\u2588\u2580\u2584 ]+$", line) or not line.strip():
            continue
        line = line.rstrip().ljust(screen.columns)
        rows.append([c in " \u2584" for c in line])
        rows.append([c in " \u2580" for c in line])
    return rows


def finder(m, y, x):
    want = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001",
            "1111111"]
    return all(m[y + j][x + i] == (want[j][i] == "1")
               for j in range(7) for i in range(7))


def is_code(m):
    """Finder patterns in three corners, and a size that codes have."""
    for quiet in range(1, 8):
        for size in range(21, 90, 4):
            if len(m) < quiet + size:
                continue
            end = quiet + size - 7
            if finder(m, quiet, quiet) and finder(m, quiet, end) and \
                    finder(m, end, quiet):
                return size
    return 0


def begin():
    os.mkdir(k.path("desk"))
    k.begin()
    k.start()
    r = Run([], "rowan")
    r.sees("rowan setup make it yours")
    r.end()


def set_up():
    r = Run(["setup"])
    for question in ("New passphrase:", "The same again:"):
        r.sees(question)
        r.type(SECRET)
    r.sees("rowan setup --authority authority.txt --agency CODE")
    r.sees("Invite")
    r.type("")
    assert "without an invite" in r.end(13)
    r = Run(["setup", "--authority", k.path("authority/authority.txt"),
             "--agency", "advocacy", "--rights", "enrol,coordinate"],
            "rowan setup --authority authority.txt --agency CODE")
    r.sees("Send card.request to the clinic's authority")
    print_ = r.sees("fingerprint: ([0-9a-f ]{39})").group(1)
    r.end()
    # The authority, elsewhere: read to them over another line.
    # Their clock is a little ahead: so the daemon lets the card in later.
    with open(k.path("clock"), "wb") as f:
        f.write(struct.pack("=q", 4))
    k.env.update(ROWAN_TEST_CLOCK=k.path("clock"), LD_PRELOAD=os.path.join(
        k.build, "tests/acceptance/clock_preload.so"))
    k.authority("sign", "--fingerprint", print_, k.path("authority"),
                k.path("desk", "card.request"))
    for name in ("ROWAN_TEST_CLOCK", "LD_PRELOAD"):
        k.env.pop(name)
    k.run("rowanctl", "--socket", k.path("daemon/control"), "cards", "import",
          k.path("authority/statements.txt"))
    r = Run(["setup", "--answer", "card.request.answer"],
            "rowan setup --answer FILE")
    r.sees("This device is enrolled. What now?")
    r.end()
    Run(["name", "Sam"], "rowan name 'Sam'").end()
    k.until(lambda: "connected, nothing" in Run(["status"]).end(), "connected")


def first_case():
    Run(["cases"]).end()
    r = Run(["open", "police"])
    number = r.sees("Case ([0-9]+), [0-9a-f]{32}").group(1)
    r.sees("rowan people, then rowan assign %s PERSON support,team" % number)
    r.end()
    Run(["people"]).sees("1 [^ ]+ \\(advocacy\\)")
    # Too early: and it says what is missing.
    r = Run(["invite", number], "rowan invite 1")
    r.sees("hint: a coordinator assigns: rowan assign CASE PERSON support")
    r.end(7)
    r = Run(["assign", number, "1", "support,team"],
            "rowan assign %s PERSON support,team" % number)
    r.sees("The victim sees who")
    r.sees("\\[yes/no\\]")
    r.type("yes")
    r.end()
    return number


def first_word(number):
    r = Run(["invite", number], "rowan invite 1")
    r.sees("Waiting for them")
    # Groups of five, each with the character that checks it.
    typed = r.sees("((?:[0-9A-Z.:/+*$%-]{2,6} ){20,})Whoever has").group(1)
    size = is_code(qr_of(r.screen))
    assert size >= 29, "\n".join(r.screen.display)
    phone = k.victim("phone")
    phone.say("enrol " + typed)
    code = phone.sees(r"theirs first: ([0-9 ]+[0-9])").group(1)
    assert r.sees("Code: ([0-9]+ [0-9]+)").group(1) == code
    r.sees("every digit\\?")
    r.type("yes")
    r.sees("rowan assign CASE victim support")
    r.end()

    def asked():
        """The victim's card may be in the clinic's chain a moment later."""
        r = Run(["assign", number, "victim", "support"],
                "rowan assign CASE victim support")
        while r.p.isalive() and "[yes/no]" not in r.text:
            r.take()
        return r if "[yes/no]" in r.text else None
    r = k.until(asked, "the victim can be assigned")
    r.type("yes")
    r.end()
    phone.sees("conversation is ready")
    phone.say("write Is anybody there?")
    k.until(lambda: " 1 " in Run(["inbox"]).end(), "it is in the inbox")
    r = Run(["read", number], "rowan read 1")
    r.sees("Is anybody there\\?")
    r.end()
    r = Run(["send", number], "rowan send 1")
    r.sees("Ctrl-D")
    r.type("Yes: I am Sam.")
    r.p.sendeof()
    r.sees("Sent")
    r.end()
    phone.sees("new message")
    phone.say("read 2")
    phone.sees("Yes: I am Sam")
    phone.who("Sam")
    phone.say("write Thank you.")
    k.until(lambda: "Thank you." in Run(["read", number], "rowan read 1")
            .end(), "the answer")


def story():
    # Whom nobody made by setup's options: here for their last words.
    newcomer = clinic.Person(k, "new")
    k.people["new"] = newcomer
    begin()
    set_up()
    first_word(first_case())
    return "newcomer: from rowan setup to an answered message by what it says"


k.tell(story)
