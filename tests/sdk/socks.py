"""A SOCKS5 proxy (RFC 1928) as small as the tests need it, that can refuse,
hang or talk nonsense."""

import select
import socket
import struct
import threading

PASS, REFUSE, HANG, NONSENSE = range(4)


class Proxy(threading.Thread):
    def __init__(self, names=None):
        super().__init__(daemon=True)
        self.names = names or {}
        self.mode = PASS
        self.asked = []     # (kind of address, address, port)
        self.attempts = 0
        self.hanging = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = "socks5://127.0.0.1:%d" % self.port
        self.start()

    def run(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(s,),
                             daemon=True).start()

    def stop(self):
        self.listener.close()
        self.let_go()

    def let_go(self):
        """Those that hang are hung up on."""
        while self.hanging:
            self.hanging.pop().close()

    @staticmethod
    def take(s, n):
        data = b""
        while len(data) < n:
            more = s.recv(n - len(data))
            if not more:
                raise OSError("closed")
            data += more
        return data

    def request(self, s):
        version, methods = self.take(s, 2)
        assert version == 5 and 0 in self.take(s, methods)
        s.sendall(b"\5\0")
        version, command, _, kind = self.take(s, 4)
        assert (version, command) == (5, 1)
        if kind == 1:
            host = socket.inet_ntop(socket.AF_INET, self.take(s, 4))
        elif kind == 3:
            host = self.take(s, self.take(s, 1)[0]).decode()
        else:
            host = socket.inet_ntop(socket.AF_INET6, self.take(s, 16))
        port = struct.unpack(">H", self.take(s, 2))[0]
        self.asked.append((kind, host, port))
        return self.names.get(host, host), port

    def serve(self, s):
        self.attempts += 1
        if self.mode == HANG:
            self.hanging.append(s)
            return
        try:
            if self.mode == NONSENSE:
                s.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)
                s.close()
                return
            where = self.request(s)
            if self.mode == REFUSE:
                s.sendall(b"\5\5\0\1" + bytes(6))
                s.close()
                return
            other = socket.create_connection(where)
            s.sendall(b"\5\0\0\1" + bytes(6))
            self.pipe(s, other)
        except OSError:
            pass
        s.close()

    @staticmethod
    def pipe(a, b):
        to = {a: b, b: a}
        while True:
            for s in select.select([a, b], [], [])[0]:
                data = s.recv(65536)
                if not data:
                    a.close()
                    b.close()
                    return
                to[s].sendall(data)
