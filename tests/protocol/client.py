"""A client written from docs/protocol.md alone.

Shares no line with the project's own encoders and decoders. Speaks through
libzmq by ctypes; knows nothing of the daemon but what the document says.
"""

import ctypes
import struct

_zmq = ctypes.CDLL("libzmq.so.5", use_errno=True)
_zmq.zmq_ctx_new.restype = ctypes.c_void_p
_zmq.zmq_socket.restype = ctypes.c_void_p
_zmq.zmq_socket.argtypes = [ctypes.c_void_p, ctypes.c_int]
_zmq.zmq_setsockopt.argtypes = [
    ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
_zmq.zmq_getsockopt.argtypes = [
    ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
_zmq.zmq_connect.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
_zmq.zmq_send.argtypes = [
    ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
_zmq.zmq_recv.argtypes = [
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_zmq.zmq_close.argtypes = [ctypes.c_void_p]
_zmq.zmq_ctx_term.argtypes = [ctypes.c_void_p]

DEALER, SNDMORE = 5, 2
LINGER, RCVMORE, RCVTIMEO, SNDTIMEO, IPV6 = 17, 13, 27, 28, 42
CURVE_PUBLICKEY, CURVE_SECRETKEY, CURVE_SERVERKEY = 48, 49, 50
FRAME_MAX = 262144

HELLO, PING, NEXT_KEY = 0x0001, 0x0002, 0x0003
KEY_PUBLISH, KEY_CLAIM, KEY_COUNT = 0x0010, 0x0011, 0x0012
SUBMIT, SUBSCRIBE, CREDIT, PUSH, FETCH, ACKNOWLEDGE = range(0x0020, 0x0026)
BLOB_BEGIN, BLOB_PUT, BLOB_STATUS, BLOB_GET, BLOB_DELETE = range(
    0x0030, 0x0035)
DEVICES, CASE = 0x0040, 0x0041
CASES_ALL, REVOCATION, RESTORED = 0x0104, 0x0105, 0x0106
COSIGN, ERASED = 0x0407, 0x0408
ANSWER = 0x8000

AGAIN, QUOTA, FULL, HELD = 0x0101, 0x0102, 0x0103, 0x0104
COUNTER = 0x0203
(MALFORMED, LIMIT, VERSION, OPERATION, REFUSED, EXISTS,
 REVOKED) = range(0x0301, 0x0308)


class Refused(Exception):
    """An error answer."""

    def __init__(self, code, retry_ms):
        super().__init__("code %04x, retry after %d ms" % (code, retry_ms))
        self.code, self.retry_ms = code, retry_ms


# --- section 3: the encoding ---

def vec(data):
    """A vector: its header and its bytes."""
    n = len(data)
    if n < 64:
        return struct.pack(">B", n) + data
    if n < 16384:
        return struct.pack(">H", 0x4000 | n) + data
    return struct.pack(">I", 0x80000000 | n) + data


class Reader:
    """Takes apart what vec and struct.pack put together, strictly."""

    def __init__(self, data):
        self.data = data

    def take(self, n):
        assert len(self.data) >= n, "torn"
        head, self.data = self.data[:n], self.data[n:]
        return head

    def get(self, form):
        values = struct.unpack(">" + form, self.take(
            struct.calcsize(">" + form)))
        return values[0] if len(values) == 1 else values

    def bool(self):
        value = self.get("B")
        assert value in (0, 1)
        return value == 1

    def vec(self):
        kind = self.data[0] >> 6
        assert kind < 3
        size = 1 << kind
        head = int.from_bytes(self.take(size), "big")
        n = head & ((1 << (8 * size - 2)) - 1)
        assert n >= (0, 64, 16384)[kind], "not minimal"
        return self.take(n)

    def items(self):
        inner = Reader(self.vec())
        while inner.data:
            yield inner

    def end(self):
        assert not self.data, "trailing bytes"


def error(r, ok=False):
    """An Error; returns its two fields."""
    code, retry_ms = r.get("HI")
    assert (ok and code == 0) or 1 <= code >> 8 <= 3
    assert retry_ms == 0 or code >> 8 == 1
    return code, retry_ms


# --- sections 1 and 2: transport and messages ---

class Client:
    """One connection of one device."""

    def __init__(self, endpoint, server_public, public, secret,
                 timeout_ms=120000):
        self.context = ctypes.c_void_p(_zmq.zmq_ctx_new())
        self.socket = ctypes.c_void_p(_zmq.zmq_socket(self.context, DEALER))
        self.request_id = 0
        self.logged = []
        self.pushes = []
        self.answers = {}
        for option, value in ((LINGER, 0), (RCVTIMEO, timeout_ms),
                              (SNDTIMEO, timeout_ms), (IPV6, 1)):
            self.option(option, struct.pack("=i", value))
        self.option(CURVE_SERVERKEY, server_public)
        self.option(CURVE_PUBLICKEY, public)
        self.option(CURVE_SECRETKEY, secret)
        assert _zmq.zmq_connect(self.socket, endpoint.encode()) == 0

    def option(self, option, value):
        assert _zmq.zmq_setsockopt(
            self.socket, option, value, len(value)) == 0

    def close(self):
        _zmq.zmq_close(self.socket)
        _zmq.zmq_ctx_term(self.context)

    def send_frames(self, frames):
        for i, frame in enumerate(frames):
            more = SNDMORE if i + 1 < len(frames) else 0
            assert _zmq.zmq_send(
                self.socket, frame, len(frame), more) == len(frame)

    def receive_frames(self):
        """All frames of one message, or None when none came in time."""
        frames = []
        buffer = ctypes.create_string_buffer(FRAME_MAX)
        more = ctypes.c_int(1)
        while more.value:
            n = _zmq.zmq_recv(self.socket, buffer, FRAME_MAX, 0)
            if n < 0 and not frames:
                return None
            assert 0 <= n <= FRAME_MAX
            frames.append(buffer.raw[:n])
            size = ctypes.c_size_t(ctypes.sizeof(more))
            _zmq.zmq_getsockopt(self.socket, RCVMORE, ctypes.byref(more),
                                ctypes.byref(size))
        return frames

    def send(self, op, body=b"", frames=(), version=None, request_id=None):
        if version is None:
            version = 0 if op == HELLO else 1
        if request_id is None:
            self.request_id += 1
            request_id = self.request_id
        self.send_frames([struct.pack(">HHQ", version, op, request_id),
                          body, *frames])
        return request_id

    def receive(self):
        """One message: version, operation, id, body, opaque frames."""
        frames = self.receive_frames()
        assert frames is not None, "no answer in time"
        assert len(frames) >= 2 and len(frames[0]) == 12
        return (*struct.unpack(">HHQ", frames[0]), frames[1], frames[2:])

    def push(self):
        """The next push, decoded, as a list of deliveries."""
        while not self.pushes:
            self.sort(self.receive())
        return self.pushes.pop(0)

    def sort(self, message):
        version, op, request_id, body, frames = message
        if op == PUSH:
            assert version == 1
            self.pushes.append((request_id, deliveries(body, frames)))
        else:
            self.answers[request_id] = message

    def wait(self, request_id, op):
        """The answer to a request, or Refused."""
        while request_id not in self.answers:
            self.sort(self.receive())
        version, got, _, body, frames = self.answers.pop(request_id)
        if got == ANSWER:
            assert not frames
            r = Reader(body)
            code, retry_ms = error(r)
            r.end()
            raise Refused(code, retry_ms)
        assert got == op | ANSWER and version == 1
        return Reader(body), frames

    def ask(self, op, body=b"", frames=(), **kw):
        return self.wait(self.send(op, body, frames, **kw), op)

    # --- section 7: the operations ---

    def hello(self, lowest=1, highest=1):
        r, _ = self.ask(HELLO, struct.pack(">HH", lowest, highest))
        names = ("message_bytes envelopes credit rate_messages rate_bytes "
                 "mailbox key_packages lifetime lifetime_max blob_bytes "
                 "blob_lifetime_max hold_max").split()
        a = {"version": r.get("H"), "now": r.get("Q"),
             "doubtful": r.bool(), "counter": r.get("Q"),
             "waiting": r.get("I")}
        a["limits"] = dict(zip(names, r.get("IHIIQIHIIQII")))
        a["overhead"] = r.get("I")
        a["buckets"] = [i.get("I") for i in r.items()]
        r.end()
        return a

    def ping(self):
        r, _ = self.ask(PING)
        now, doubtful = r.get("Q"), r.bool()
        r.end()
        return now, doubtful

    def next_key(self):
        r, _ = self.ask(NEXT_KEY)
        port, key = r.get("H"), r.take(32)
        r.end()
        return port, key

    def restored(self, given):
        r, _ = self.ask(RESTORED, struct.pack(">B", given))
        answer = r.bool(), r.vec()
        r.end()
        return answer

    def revocation(self):
        r, _ = self.ask(REVOCATION)
        statement = r.vec()
        r.end()
        return statement

    def cases_all(self):
        """All cases with the number of their newest statement."""
        found, start = {}, 0
        while True:
            r, _ = self.ask(CASES_ALL, struct.pack(">Q", start))
            page = [(i.take(16), i.get("Q")) for i in r.items()]
            assert page == sorted(dict(page).items())
            more, start = r.bool(), r.get("Q")
            r.end()
            found.update(page)
            assert more == (start != 0)
            if not more:
                return found

    def key_publish(self, packages):
        body = vec(b"".join(struct.pack(">B", flags) + vec(data)
                            for flags, data in packages))
        return stock(self.ask(KEY_PUBLISH, body)[0])

    def key_count(self):
        return stock(self.ask(KEY_COUNT)[0])

    def key_claim(self, channel, devices):
        r, _ = self.ask(KEY_CLAIM, channel + vec(b"".join(sorted(devices))))
        results = []
        for i in r.items():
            code, _ = error(i, True)
            results.append((code, *((i.get("B"), i.vec()) if code == 0
                                    else (0, b""))))
        r.end()
        return results

    def submit(self, items):
        """items: (channel, counter, flags, lifetime, envelope)."""
        body = vec(b"".join(channel + struct.pack(
            ">QBI", counter, flags, lifetime)
            for channel, counter, flags, lifetime, _ in items))
        r, _ = self.ask(SUBMIT, body, [i[4] for i in items])
        results, self.logged = [], []
        for i in r.items():
            results.append(error(i, True))
            if results[-1][0] == 0:
                self.logged.append((i.get("Q"), i.get("Q"), i.take(32)))
                assert self.logged[-1][1] or not any(self.logged[-1][2])
        r.end()
        assert len(results) == len(items)
        return results

    def subscribe(self, after, credit):
        request_id = self.send(SUBSCRIBE, struct.pack(">QI", after, credit))
        r, _ = self.wait(request_id, SUBSCRIBE)
        waiting = r.get("I")
        r.end()
        return request_id, waiting

    def credit(self, credit):
        self.ask(CREDIT, struct.pack(">I", credit))[0].end()

    def fetch(self, after, most):
        r, frames = self.ask(FETCH, struct.pack(">QH", after, most))
        more = r.bool()
        return more, deliveries(r.data, frames)

    def acknowledge(self, ranges, credit=0, quiet=False):
        body = vec(b"".join(struct.pack(">QQ", *i) for i in ranges))
        body += struct.pack(">I", credit)
        if quiet:
            self.send(ACKNOWLEDGE, body, request_id=0)
            return None
        r, _ = self.ask(ACKNOWLEDGE, body)
        waiting = r.get("I")
        r.end()
        return waiting

    def blob_begin(self, channel, blob, size, lifetime=0, hold_until=0):
        r, _ = self.ask(BLOB_BEGIN, channel + blob + struct.pack(
            ">QIQ", size, lifetime, hold_until))
        return self.next_chunk(r)

    def blob_put(self, blob, first, chunks):
        r, _ = self.ask(BLOB_PUT, blob + struct.pack(">I", first), chunks)
        return self.next_chunk(r)

    @staticmethod
    def next_chunk(r):
        following = r.get("I")
        r.end()
        return following

    def blob_status(self, blob):
        r, _ = self.ask(BLOB_STATUS, blob)
        status = dict(zip("size next expires hold_until".split(),
                          r.get("QIQQ")))
        r.end()
        return status

    def blob_get(self, blob, first, most):
        r, frames = self.ask(BLOB_GET, blob + struct.pack(
            ">IH", first, most))
        size, got = r.get("QI")
        r.end()
        assert got == first and 1 <= len(frames) <= most
        return size, frames

    def blob_delete(self, blob):
        self.ask(BLOB_DELETE, blob)[0].end()

    def devices(self, ids):
        r, _ = self.ask(DEVICES, vec(b"".join(sorted(ids))))
        found = []
        for i in r.items():
            code, _ = error(i, True)
            if code != 0:
                found.append({"code": code})
                continue
            found.append({"code": 0, "member": i.take(16),
                          "role": i.get("B"), "flags": i.get("B"),
                          "agency": i.vec(), "card": i.vec()})
        r.end()
        return found

    def case(self, case_id):
        r, _ = self.ask(CASE, case_id)
        state, channels = r.get("B"), []
        for i in r.items():
            channel, (kind, generation) = i.take(16), i.get("BI")
            ids = [d.take(16) for d in i.items()]
            assert ids == sorted(set(ids)) and ids
            channels.append((channel, kind, generation, ids))
        r.end()
        return state, channels


def stock(r):
    answer = r.get("H"), r.bool(), r.bool()
    r.end()
    return answer


def deliveries(body, frames):
    r, found = Reader(body), []
    for i, item in enumerate(r.items()):
        sequence = item.get("Q")
        channel = item.take(16)
        kind, flags, received = item.get("BBQ")
        assert kind in (1, 2, 3, 4) and flags in (0, 1)
        assert not found or sequence > found[-1]["sequence"]
        found.append({"sequence": sequence, "channel": channel,
                      "kind": kind, "flags": flags, "received": received,
                      "envelope": frames[i]})
    r.end()
    assert len(found) == len(frames)
    return found
