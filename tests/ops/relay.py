"""A clinic whose relay is looked after: rowanctl, backups, the machine's
clock, the next keys. For the stories here; everything else is clinic's.
"""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "acceptance"))
import clinic  # noqa: E402


class Relay(clinic.Clinic):
    def __init__(self, build, clock=False, backups=False):
        super().__init__(build, clock=clock)
        self.conf = self.path("daemon/rowand.conf")
        if backups:
            os.mkdir(self.path("backups"), 0o700)
            self.extra = ('backup_dir = "%s";\nbackup_key = "%s";\n'
                          % (self.path("backups"), self.path("backup.pub")))

    def ctl(self, *args, check=True):
        return self.run("rowanctl", "--config", self.conf, *args, check=check)

    def rows(self, *args, check=True):
        return json.loads(self.ctl("--json", *args, check=check).stdout)["rows"]

    def health(self, name):
        """Exit code and row of one check."""
        p = self.ctl("--json", "health", check=False)
        (row,) = [r for r in json.loads(p.stdout)["rows"] if r["check"] == name]
        return p.returncode, row

    def later(self, seconds):
        """The machine's clock goes on, and somebody vouches for it."""
        self.move(seconds)
        self.until(lambda: self.ctl("clock", "accept",
                                    check=False).returncode == 0,
                   "the clock is accepted")

    # ---- docs/operations.md, "Changing the keys of the relay"

    def next_keys(self, on=True):
        """The settings that name them, or none."""
        with open(self.conf) as f:
            lines = [x for x in f.read().splitlines() if "_next" not in x]
        if on:
            lines += ['transport_key_next = "%s";'
                      % self.path("next/curve-key-next"),
                      'log_key_next = "%s";' % self.path("next/log-key-next"),
                      'listen_next = [ "%s" ];' % self.at(2)]
        with open(self.conf, "w") as f:
            f.write("\n".join(lines) + "\n")

    def next_card(self, book):
        """The authority signs it: the statement is in its book."""
        (now,) = [r["public"] for r in self.rows("key", "show")
                  if r["key"] == "current"]
        p = self.ctl("key", "request", "--next", "clinic")
        with open(self.path("next.request"), "w") as f:
            f.write(p.stdout)
        self.authority("daemon", "--listen", "%s,%s@%s,%s" % (
            self.at(2), now, self.at(0), self.at(0)), "--enrol", self.at(1),
            "--fingerprint",
            re.search(r"fingerprint: ([0-9a-f ]+)", p.stderr).group(1),
            book, self.path("next.request"))
