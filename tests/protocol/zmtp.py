"""ZMTP 3.1 with CURVE (ZeroMQ RFC 37 and 26), without libzmq.

For what libzmq's client hides or does not let one do: that the daemon closes
a connection, and what it says when it refuses one.
"""

import ctypes
import os
import socket
import struct
import time

from client import Client

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0

MORE, COMMAND = 1, 2


def size_t(data):
    return ctypes.c_ulonglong(len(data))


def box_pair():
    """Public and secret key, X25519."""
    secret, public = os.urandom(32), ctypes.create_string_buffer(32)
    sodium.crypto_scalarmult_base(public, secret)
    return public.raw, secret


def shared(public, secret):
    key = ctypes.create_string_buffer(32)
    assert sodium.crypto_box_beforenm(key, public, secret) == 0
    return key.raw


def box(key, nonce, data):
    out = ctypes.create_string_buffer(len(data) + 16)
    sodium.crypto_box_easy_afternm(out, data, size_t(data), nonce, key)
    return out.raw


def unbox(key, nonce, data):
    out = ctypes.create_string_buffer(max(1, len(data) - 16))
    assert sodium.crypto_box_open_easy_afternm(
        out, data, size_t(data), nonce, key) == 0
    return out.raw[:len(data) - 16]


class Closed(Exception):
    """The daemon has ended the connection; what it said with it."""


def prop(name, value):
    return struct.pack(">B", len(name)) + name + struct.pack(
        ">I", len(value)) + value


class Wire(Client):
    """One connection, that of Client, and its bytes."""

    # pylint: disable=super-init-not-called
    def __init__(self, address, server, pair, identity=b"", timeout=20):
        self.request_id, self.logged, self.pushes, self.answers = 0, [], [], {}
        self.input, self.nonce = b"", 2
        self.tcp = socket.create_connection(address, timeout)
        self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.handshake(server, pair, identity)

    def close(self):
        self.tcp.close()

    # --- bytes and frames ---

    def write(self, data):
        try:
            self.tcp.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as e:
            raise Closed("") from e

    def read(self, n):
        while len(self.input) < n:
            try:
                data = self.tcp.recv(1 << 18)
            except ConnectionResetError as e:
                raise Closed("") from e
            if not data:
                raise Closed("")
            self.input += data
        head, self.input = self.input[:n], self.input[n:]
        return head

    @staticmethod
    def frame(flags, body):
        if len(body) < 256:
            return struct.pack(">BB", flags, len(body)) + body
        return struct.pack(">BQ", flags | 2, len(body)) + body

    def read_frame(self):
        flags = self.read(1)[0]
        return self.read(struct.unpack(">Q", self.read(8))[0] if flags & 2
                         else self.read(1)[0])

    def handshake(self, server, pair, identity):
        self.write(b"\xff" + bytes(8) + b"\x7f\3\1" +
                   b"CURVE".ljust(20, b"\0") + bytes(32))
        assert self.read(64)[12:17] == b"CURVE"
        public, secret = box_pair()
        key, one = shared(server, secret), struct.pack(">Q", 1)
        self.write(self.frame(4, b"\5HELLO\1\0" + bytes(72) + public + one +
                              box(key, b"CurveZMQHELLO---" + one, bytes(64))))
        said = self.read_frame()
        assert said[:8] == b"\7WELCOME"
        welcome = unbox(key, b"WELCOME-" + said[8:24], said[24:])
        self.key = shared(welcome[:32], secret)
        fresh, two = os.urandom(16), struct.pack(">Q", 2)
        vouch = box(shared(welcome[:32], pair[1]), b"VOUCH---" + fresh,
                    public + server)
        self.write(self.frame(4, b"\x08INITIATE" + welcome[32:] + two + box(
            self.key, b"CurveZMQINITIATE" + two,
            pair[0] + fresh + vouch + prop(b"Socket-Type", b"DEALER") +
            prop(b"Identity", identity))))
        said = self.read_frame()
        if said[:6] == b"\5ERROR":
            raise Closed(said[7:].decode())
        assert said[:6] == b"\5READY"

    # --- messages ---

    def seal(self, flags, data):
        self.nonce += 1
        nonce = struct.pack(">Q", self.nonce)
        return b"\7MESSAGE" + nonce + box(
            self.key, b"CurveZMQMESSAGEC" + nonce,
            struct.pack(">B", flags) + data)

    def send_frames(self, frames):
        last = len(frames) - 1
        self.write(b"".join(self.frame(0, self.seal(
            MORE if i < last else 0, f)) for i, f in enumerate(frames)))

    def receive_frames(self):
        frames = []
        while True:
            try:
                said = self.read_frame()
            except socket.timeout:
                return None
            data = unbox(self.key, b"CurveZMQMESSAGES" + said[8:16],
                         said[16:])
            if data[0] & COMMAND:
                if data[1:6] == b"\4PING":
                    self.write(self.frame(0, self.seal(
                        COMMAND, b"\4PONG" + data[8:])))
                continue
            frames.append(data[1:])
            if not data[0] & MORE:
                return frames

    def ended(self):
        """Wait until the daemon ends this connection."""
        try:
            while self.receive_frames() is not None:
                pass
        except Closed:
            return True
        return False

    def silent(self, seconds):
        """Nothing comes for so long; what came before is set aside."""
        until, before = time.monotonic() + seconds, len(self.pushes)
        old = self.tcp.gettimeout()
        while (left := until - time.monotonic()) > 0:
            self.tcp.settimeout(left)
            frames = self.receive_frames()
            if frames is not None:
                self.sort((*struct.unpack(">HHQ", frames[0]), frames[1],
                           frames[2:]))
        self.tcp.settimeout(old)
        return len(self.pushes) == before
