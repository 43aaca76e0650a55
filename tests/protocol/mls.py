"""MLS (RFC 9420) as far as a delivery service can see it.

Trees, signatures and transcripts are as they must be; everything that only a
member could open is random.
"""

import hashlib
import os
import struct
import time

from client import vec
from founding import sign
from zmtp import box_pair

SUITE = struct.pack(">HH", 1, 3)  # mls10, 0x0003
PUBLIC, PRIVATE, WELCOME, GROUP_INFO, KEY_PACKAGE = range(1, 6)
APPLICATION, PROPOSAL, COMMIT = 1, 2, 3
CAPABILITIES = b"".join(map(vec, (b"\0\1", b"\0\3", b"", b"", b"\0\1")))
LAST_RESORT = b"\0\x0a\0"


def digest(data):
    return hashlib.sha256(data).digest()


def labelled(device, label, content):
    return vec(sign(device.secret, vec(b"MLS 1.0 " + label) + vec(content)))


def message(kind, body):
    return struct.pack(">HH", 1, kind) + body


def leaf_node(device, lifetime=None, commit=None):
    """From a key package, or ${commit}: group id, index and parent hash."""
    now = int(time.time())
    leaf = vec(box_pair()[0]) + vec(device.sign_key) + b"\0\1" + vec(
        device.chain) + CAPABILITIES
    behind = b""
    if commit is None:
        leaf += b"\1" + struct.pack(">QQ", *(
            lifetime or (now - 3600, now + 27 * 86400)))
    else:
        leaf += b"\3" + vec(commit[2])
        behind = vec(commit[0]) + struct.pack(">I", commit[1])
    leaf += vec(b"")
    return leaf + labelled(device, b"LeafNodeTBS", leaf + behind)


def key_package(device, extensions=b"", suite=SUITE, lifetime=None):
    """The message, and the leaf in it."""
    leaf = leaf_node(device, lifetime)
    tbs = suite + vec(box_pair()[0]) + leaf + vec(extensions)
    return message(KEY_PACKAGE, tbs + labelled(
        device, b"KeyPackageTBS", tbs)), leaf


def welcome(package):
    ref = digest(vec(b"MLS 1.0 KeyPackage Reference") + vec(package[4:]))
    return message(WELCOME, SUITE[2:] + vec(
        vec(ref) + vec(os.urandom(32)) + vec(os.urandom(64))) +
                   vec(os.urandom(300)))


class Group:
    """Of one member, and of two after add()."""

    def __init__(self, group_id, creator, epoch=0, confirmed=b"",
                 extensions=b""):
        self.id, self.epoch = group_id, epoch
        self.confirmed, self.extensions = confirmed, extensions
        self.creator, self.nodes = creator, [leaf_node(creator)]
        self.tag = os.urandom(32)
        self.interim = digest(confirmed + vec(self.tag))

    def tree_hash(self, at=None):
        if at is None:
            at = len(self.nodes) // 2
        if at % 2 == 0:
            return digest(b"\1" + struct.pack(">I", at // 2) + b"\1" +
                          self.nodes[at])
        own = b"\1" + self.nodes[at] if self.nodes[at] else b"\0"
        return digest(b"\2" + own + vec(self.tree_hash(0)) +
                      vec(self.tree_hash(2)))

    def tree(self):
        return vec(b"".join(b"\1" + bytes([1 + i % 2]) + n
                            for i, n in enumerate(self.nodes)))

    def context(self):
        return SUITE + vec(self.id) + struct.pack(">Q", self.epoch) + vec(
            self.tree_hash()) + vec(self.confirmed) + vec(self.extensions)

    def info(self, signer=0, by=None):
        tbs = self.context() + vec(b"") + vec(self.tag) + struct.pack(
            ">I", signer)
        return message(GROUP_INFO, tbs + labelled(
            by or self.creator, b"GroupInfoTBS", tbs))

    def private(self, size=1100, kind=APPLICATION, epoch=None, group_id=None,
                wire=PRIVATE):
        """An application message, which nobody can open."""
        return message(wire, vec(group_id or self.id) + struct.pack(
            ">QB", self.epoch if epoch is None else epoch, kind) + vec(b"") +
                       vec(os.urandom(28)) + vec(os.urandom(size - 100)))

    def public(self, sender, leaf, content, kind=COMMIT, epoch=None,
               data=b"", tag=b""):
        framed = vec(self.id) + struct.pack(
            ">QBI", self.epoch if epoch is None else epoch, 1, leaf) + vec(
                data) + bytes([kind]) + content
        signature = labelled(sender, b"FramedContentTBS",
                             struct.pack(">HH", 1, PUBLIC) + framed +
                             self.context())
        self.confirming = struct.pack(">H", PUBLIC) + framed + signature
        return message(PUBLIC, framed + signature + (
            vec(tag) if tag else b"") + vec(os.urandom(32)))

    def path(self, sibling, others):
        """The creator's new leaf and the root above it."""
        key, phash = box_pair()[0], b""
        if sibling is not None:
            phash = digest(vec(key) + vec(b"") + vec(sibling))
        leaf = leaf_node(self.creator, commit=(self.id, 0, phash))
        secrets = (vec(os.urandom(32)) + vec(os.urandom(48))) * others
        above = vec(key) + vec(secrets) if sibling is not None else b""
        return leaf, vec(key) + vec(b"") + vec(b""), b"\1" + leaf + vec(above)

    def add(self, package, leaf, data):
        """A commit that adds a second member; it counts after merge()."""
        sibling = digest(b"\1" + struct.pack(">I", 1) + b"\1" + leaf)
        own, root, path = self.path(sibling, 0)
        return self.commit(vec(b"\1\0\1" + package[4:]) + path,
                           [own, root, leaf], data)

    def remove(self, leaf, data):
        own, _, path = self.path(None, 0)
        return self.commit(vec(b"\1\0\3" + struct.pack(">I", leaf)) + path,
                           [own], data)

    def commit(self, content, nodes, data):
        tag = os.urandom(32)
        made = self.public(self.creator, 0, content, data=data, tag=tag)
        self.staged = nodes, digest(self.interim + self.confirming), tag
        return made

    def merge(self):
        self.nodes, self.confirmed, self.tag = self.staged
        self.interim = digest(self.confirmed + vec(self.tag))
        self.epoch += 1


def marks(clinic, case):
    """ChainHeads: a commit's authenticated data."""
    return struct.pack(">HQ", 1, clinic.number) + clinic.head + struct.pack(
        ">Q", case.number) + case.head
