"""A daemon in a folder of its own that tests speak with, and how they are told."""

import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile


def die_with_parent():
    """A test that fails half way leaves no daemon behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def own_address():
    """A loopback address that no other process has while this one lives: so
    no port on it is ever another's."""
    pid = os.getpid()
    return "127.%d.%d.%d" % (64 | pid >> 16, pid >> 8 & 255, pid & 255)


HOST = own_address()
free_ports = itertools.count(7410)


class Serving:
    """The folder, the daemon, its two ports, and whoever is connected."""

    def __init__(self, build):
        self.rowand, self.daemon, self.open = build + "/rowand", None, []
        self.folder = tempfile.mkdtemp(prefix="stranger.")
        self.state = self.folder + "/state"
        os.mkdir(self.state, 0o700)
        self.ports = next(free_ports), next(free_ports)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="ascii") as f:
            f.write(text)
        return path

    def serve(self, conf):
        with open(self.folder + "/log", "wb") as log:
            self.daemon = subprocess.Popen(  # pylint: disable=R1732
                [self.rowand, "--config", conf], stderr=log, stdout=log,
                preexec_fn=die_with_parent)

    def close(self):
        for c in self.open:
            c.close()
        self.daemon.send_signal(signal.SIGTERM)
        code = self.daemon.wait(120)
        with open(self.folder + "/log", encoding="utf-8") as f:
            log = f.read()
        shutil.rmtree(self.folder)
        assert code == 0, "rowand left with %d: %s" % (code, log)


def tell(name, world, tests, between=lambda: None):
    """Those of the tests that the command line names, or all."""
    chosen = [t for t in tests
              if len(sys.argv) < 3 or t.__name__ in sys.argv[2:]]
    try:
        for test in chosen:
            test(world)
            between()
            print("  ok  " + test.__name__)
    finally:
        world.close()
    print("  %s: %d passed" % (name, len(chosen)))
