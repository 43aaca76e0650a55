"""rowan in a pseudo-terminal, screen by screen: the conversation, tables that
fit, a question, a passphrase that is not shown. usage: screens.py ROWAN
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pexpect
import pyte

rowan = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp()
env = dict(os.environ, ROWAN_HOME=work + "/home", XDG_RUNTIME_DIR=work,
           ROWAN_DOUBLE=work + "/world", TZ="UTC", LC_ALL="C.UTF-8",
           TERM="vt220", NO_COLOR="1")
for name in ("COLUMNS", "LINES", "ROWAN_ASKPASS"):
    env.pop(name, None)
with open(work + "/world", "w") as f:
    json.dump({"enrolled": False, "staff": [
        {"name": "Sam", "agency": "police"}], "cases": [
        {"victim": "Vic", "support": [
            {"from": 99, "text": "Are you there?", "ago": 7200},
            {"from": 0, "text": "Yes.", "ago": 3600},
            {"from": 99, "text": "gate \u6771\u4eac \u202e\x1b[2J",
             "ago": 600}]}]}, f)


class Terminal:
    def __init__(self, *args, rows=12, columns=60, term="vt220"):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.p = pexpect.spawn(rowan, list(args), env=dict(env, TERM=term),
                               dimensions=(rows, columns), timeout=180)
        self.raw = b""

    def read(self, wait=0.05):
        try:
            data = self.p.read_nonblocking(65536, wait)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            return False
        self.raw += data
        self.stream.feed(data)
        return True

    def rows(self):
        # pyte keeps a cell after each wide character.
        return [line.rstrip() for line in self.screen.display]

    def shows(self, *wanted, secs=180):
        """Each as a row of its own, in this order."""
        end = time.time() + secs
        while True:
            self.read()
            rows = [r.strip() for r in self.rows()]
            at = 0
            for w in wanted:
                if w not in rows[at:]:
                    break
                at = rows.index(w, at) + 1
            else:
                return
            if time.time() > end:
                raise AssertionError("never shown: %r\n%s" % (
                    wanted, "\n".join(self.rows())))

    def comes_to(self, right, secs=180):
        """Until it is drawn whole: what ${right} makes of its rows is true."""
        end = time.time() + secs
        while not right(self.rows()):
            assert time.time() < end, self.rows()
            self.read()

    def has(self, wanted, secs=180):
        """Somewhere in a row, once it is drawn whole."""
        self.comes_to(lambda shown: any(wanted in r for r in shown), secs)

    def type(self, text):
        self.p.send(text)

    def end(self, code=0):
        while self.p.isalive():
            self.read(0.1)
        while self.read(0.1):
            pass
        self.p.wait() if self.p.isalive() else None
        assert self.p.exitstatus == code, (self.p.exitstatus, self.rows())


def first_steps():
    t = Terminal("setup", rows=24, columns=80)
    t.shows("New passphrase:")
    t.type("correct horse battery\n")
    t.shows("The same again:")
    t.type("correct horse battery\n")
    t.shows("Invite (as scanned or typed):")
    t.type("ROWAN:X\n")
    t.shows("Code: 12345 67890")
    t.type("maybe\n")
    t.shows("please answer yes or no")
    t.type("yes\n")
    t.shows("Waiting for them to confirm ...")
    t.end()
    assert b"correct horse" not in t.raw


def tables_fit():
    # As rows where that fits.
    for columns, case in ((80, "430f1afe"), (58, "430f\u2026")):
        t = Terminal("inbox", rows=8, columns=columns)
        t.end()
        head, row = t.rows()[:2]
        assert head.split()[:4] == ["#", "CASE", "REFERRED", "BY"], head
        assert row.split()[1][:4] == case[:4] and case[-1] in row, row
    # Else as blocks, whole, and no line is longer than the terminal.
    for args, columns, wanted in (
            (("inbox",), 44, ("# 1", "CASE 430f1afe", "SUPPORT 2")),
            (("inbox",), 20, ("# 1", "CASE 430f1afe", "SUPPORT 2")),
            (("case", "1"), 40, ("WHO Vic (victim)", "ROLE caseworker")),
            (("devices",), 40, ("STATE valid",)),
            (("status",), 20, ("Daemon: connected,", "missing")),
            (("doctor",), 40, ("good the state folder is yours alone",)),
            (("doctor",), 24, ("good the state folder", "is yours alone")),
            (("report", "2026-01-01", "2026-01-31", "--exact"), 40,
             ("Referrals from 2026-01-01 to 2026-01-31,", "by agency"))):
        t = Terminal(*args, rows=60, columns=columns)
        # The world's clock stands still: the doctor says so.
        t.end(18 if args[0] == "doctor" else 0)
        rows = [" ".join(r.split()) for r in t.rows()]
        for w in wanted:
            assert w in rows, (args, w, rows)
        lines = t.raw.decode().replace("\r", "").split("\n")
        assert all(len(x) <= columns for x in lines), (args, lines)


def conversation():
    t = Terminal("chat", "1")
    t.shows("Case 430f1afe - support: Sam (police), Vic (victim)")
    t.shows("#1  10:35  Vic (victim)", "Are you there?", "Yes.",
            "#3  12:25  Vic (victim)")
    t.has("<U+202E><U+001B>[2J")
    assert b"\xe2\x80\xae" not in t.raw
    t.shows(">")
    # Letters come as they are typed; a mistake is taken back.
    t.type("Hold on, caf\u00e9x\x7f?")
    t.shows("> Hold on, caf\u00e9?")
    t.type("\x01\x1b[C\x1b[3~")
    t.shows("> Hld on, caf\u00e9?")
    t.type("\x05\r")
    t.shows("Hld on, caf\u00e9?", "You asked: Hld on, caf\u00e9?")
    t.shows(">")
    # A command is for the program; a mistake in it reaches nobody.
    t.has(" Ctrl-C leaves, /help ")
    for wrong in ("/hlep", "  /exit", "/help me", "/"):
        t.type(wrong + "\r")
        t.shows("error: not sent, for it is no command: " + wrong.strip(),
                "/help lists the commands; begin with // to send a text that",
                "begins with a slash.", ">")
    t.type(" /help \r")
    t.shows("/quit or Ctrl-C leaves, and on an empty line Ctrl-D.", ">")
    t.type("//gate open?\r")
    t.shows("You asked: /gate open?")
    t.shows(">")
    t.type("kept in the line")
    t.shows("> kept in the line")
    # Smaller, and nothing is lost or broken.
    t.screen.resize(6, 30)
    t.p.setwinsize(6, 30)
    t.shows("> kept in the line")
    for row in t.rows():
        assert len(row) <= 30
    t.type("\x03")
    t.end()
    rows = [r.strip() for r in t.rows()]
    assert "Hld on, caf\u00e9?" not in rows, "the conversation stays behind"
    assert b"thrown away" in t.raw


def every_size():
    """Wide characters and long words, however small: nothing is cut off or
    written over, and the line one writes on stays the last."""
    wide = "\u6771\u4eac" * 12
    for rows, columns in ((7, 20), (12, 40), (24, 80), (50, 132)):
        t = Terminal("chat", "1", rows=rows, columns=columns)
        t.shows(">")
        t.type(wide + "x" * 30 + " \u05d0\u05d1 e\u0301 end\r")

        def whole(shown):
            said = "".join(r.strip() for r in shown)
            return [r for r in shown if r][-1:] == [">"] and all(
                w in said for w in ["\u05d0\u05d1"] + (
                    ["You asked: ", wide, "x" * 30] if rows > 7 else []))
        t.comes_to(whole)
        # What is typed and does not fit moves along, whole characters at a
        # time.
        t.type(wide + "|")
        t.has("\u4eac|")
        assert len(t.rows()) == rows
        t.type("\x03")
        t.end()


def plain_words_for_plain_terminals():
    t = Terminal("chat", "1", term="dumb", rows=90, columns=70)
    t.shows("* Each line is a message. /quit or Ctrl-D leaves, /help says more.")
    t.type("line by line?\n")
    t.shows("You asked: line by line?")
    assert b"\x1b" not in t.raw
    t.type("\x04")
    t.end()


def read_out():
    """Groups with a check each, no line longer than the terminal."""
    t = Terminal("invite", "1", "--no-qr", "--no-wait", rows=12, columns=80)
    t.end()
    assert t.rows()[:3] == [
        "074EA9 0GZ7H5 CQD4X% GSQN0% E921BK SXG686 J1C1Z+ SXFEW: ZCD3J8 "
        "P3QJTB",
        "TX9WRT J6586+ Z3NDSU KNGMAK A8CY3P ABH07A F810/% ENROLY .CLIN0 "
        "IC.EXN", "AMPLEG :7411B"], t.rows()
    # Nor is a group broken on a narrow one.
    t = Terminal("invite", "1", "--no-qr", "--no-wait", rows=30, columns=40)
    t.end()
    assert t.rows()[:2] == ["074EA9 0GZ7H5 CQD4X% GSQN0% E921BK",
                            "SXG686 J1C1Z+ SXFEW: ZCD3J8 P3QJTB"], t.rows()


def locked():
    t = Terminal("lock")
    t.end()
    t = Terminal("read", "1", rows=24)
    t.shows("Passphrase:")
    t.type("wrong horse battery\n")
    t.shows("error: wrong passphrase")
    t.end(5)


for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda n, frame: sys.exit(128 + n))
try:
    for scene in (first_steps, tables_fit, conversation, every_size,
                  plain_words_for_plain_terminals, read_out, locked):
        scene()
    print("  screens: 7 scenes as drawn")
finally:
    subprocess.run([rowan, "agent", "stop", "-q"], env=env)
    shutil.rmtree(work)
