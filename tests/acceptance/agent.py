"""An agent's socket, spoken to directly (docs/cli.md, section 6): for tests that
put many things before a vault, where a program for each would only be slow.
"""

import hashlib
import json
import os
import socket


class Refused(Exception):
    def __init__(self, error):
        super().__init__("%(exit)d: %(words)s" % error)
        self.exit = error["exit"]


def socket_of(runtime, home):
    real = os.path.realpath(home).encode()
    name = hashlib.blake2b(real, digest_size=16).hexdigest()[:16]
    return os.path.join(runtime, "rowan", name + ".sock")


class Agent:
    def __init__(self, runtime, home):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(300)
        self.s.connect(socket_of(runtime, home))
        self.f = self.s.makefile("rwb")
        self.last = 0

    def put(self, op, **args):
        self.last += 1
        self.f.write(json.dumps(dict(args, op=op, id=self.last)).encode() +
                     b"\n")
        return self.last

    def flush(self):
        self.f.flush()

    def take(self):
        """The next answer: its id, and what it says or how it was refused."""
        while True:
            line = self.f.readline()
            if not line:
                raise EOFError("the agent has gone away")
            got = json.loads(line)
            if "ok" in got:
                return got["id"], got["ok"]
            if "error" in got:
                return got["id"], Refused(got["error"])

    def call(self, op, **args):
        self.put(op, **args)
        self.flush()
        answer = self.take()[1]
        if isinstance(answer, Refused):
            raise answer
        return answer

    def each(self, requests, window=64):
        """Many requests, some in flight at once; the answers in order."""
        waiting, out = {}, {}
        for i, (op, args) in enumerate(requests):
            waiting[self.put(op, **args)] = i
            if len(waiting) >= window:
                self.flush()
                n, answer = self.take()
                out[waiting.pop(n)] = answer
        self.flush()
        while waiting:
            n, answer = self.take()
            out[waiting.pop(n)] = answer
        return [out[i] for i in range(len(out))]

    def close(self):
        self.f.close()
        self.s.close()
