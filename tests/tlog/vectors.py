#!/usr/bin/env python3
"""Vectors for the log, computed from the definitions alone.

RFC 6962 section 2.1 is written out as it stands there, on lists of bytes;
leaves, commitments and salts as docs/log.md has them. Nothing here shares a
line with the C code. Prints the file tests/tlog/vectors.txt:

    root SIZE HASH
    inclusion LEAF SIZE HASH...
    consistency OLD SIZE HASH...
    salt NUMBER SALT
    opening NUMBER LEAF OPENING

Leaf number i of the trees is i as eight bytes, little end first, cut to i mod
nine bytes.
"""
import hashlib
import struct


def leaf_data(i):
    return struct.pack("<Q", i)[: i % 9]


def sha(data):
    return hashlib.sha256(data).digest()


def mth(d):
    """MTH(D[n]) of section 2.1."""
    n = len(d)
    if n == 0:
        return sha(b"")
    if n == 1:
        return sha(b"\0" + d[0])
    k = split(n)
    return sha(b"\1" + mth(d[:k]) + mth(d[k:]))


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m, d):
    """PATH(m, D[n]) of section 2.1.1."""
    n = len(d)
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return path(m, d[:k]) + [mth(d[k:])]
    return path(m - k, d[k:]) + [mth(d[:k])]


def proof(m, d):
    """PROOF(m, D[n]) of section 2.1.2."""
    return subproof(m, d, True)


def subproof(m, d, whole):
    n = len(d)
    if m == n:
        return [] if whole else [mth(d)]
    k = split(n)
    if m <= k:
        return subproof(m, d[:k], whole) + [mth(d[k:])]
    return subproof(m - k, d[k:], False) + [mth(d[:k])]


def derive(label, key, number):
    """Label and number as BLAKE2b's personalization and salt, no message."""
    return hashlib.blake2b(
        b"", digest_size=32, key=key, person=label,
        salt=struct.pack(">QQ", number, 0)).digest()


def leaf_salt(secret, number):
    return derive(b"rowan leaf salt", secret, number)


def vector(data):
    n = len(data)
    if n < 64:
        return bytes([n]) + data
    assert n < 16384
    return struct.pack(">H", 0x4000 | n) + data


def opening(number, hour, act, reads):
    secret = bytes(range(32))
    salt = leaf_salt(secret, number)
    time_salt = sha(b"time %d" % number)
    exact_time = 1763985600 + 1234 + number
    time = exact_time - exact_time % 3600 if hour else exact_time
    exact = bytes(32)
    if hour:
        exact = derive(b"rowan leaf time", time_salt, exact_time)
    content = hashlib.blake2b(
        b"content %d" % number, digest_size=32).digest()
    detail = bytes([act, 2 if hour else 1]) + struct.pack(">Q", time) + exact
    detail += struct.pack(">HH", 0x20, 0) + bytes([0xd1]) * 16
    detail += bytes([0xca]) * 16 + bytes([0xc1]) * 16
    detail += struct.pack(">Q", 42 + number) + content
    detail += vector(b"".join(struct.pack(">Q", r) for r in reads))
    commitment = hashlib.blake2b(
        salt + detail, digest_size=32, person=b"rowan leaf").digest()
    leaf = bytes([1, act, 2 if hour else 1]) + struct.pack(">Q", time)
    leaf += commitment
    o = vector(detail) + salt
    o += b"\1" + struct.pack(">Q", exact_time) + time_salt if hour else b"\0"
    return leaf, o


def main():
    sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 100, 255, 256, 257, 1000]
    for n in sizes + [4095, 10000]:
        d = [leaf_data(i) for i in range(n)]
        print("root", n, mth(d).hex())
    for n in [1, 2, 3, 5, 7, 8, 13, 64, 100, 257]:
        d = [leaf_data(i) for i in range(n)]
        for m in sorted({0, n // 3, n // 2, n - 1}):
            print("inclusion", m, n, *[h.hex() for h in path(m, d)])
        for m in sorted({1, n // 3 + 1, n // 2 + 1, n}):
            if m <= n:
                print("consistency", m, n, *[h.hex() for h in proof(m, d)])
    for number in [0, 1, 7, 1 << 40]:
        print("salt", number, leaf_salt(bytes(range(32)), number).hex())
    for number, hour, act, reads in [
            (0, True, 1, []), (1, False, 2, [0]), (2, False, 2, [0, 1, 2**33]),
            (7, True, 3, []), (300, False, 9, [])]:
        leaf, o = opening(number, hour, act, reads)
        print("opening", number, leaf.hex(), o.hex())


main()
