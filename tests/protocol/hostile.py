"""Goal: a client written from the documents alone founds a clinic, talks in a
real group, and then does everything wrong that it can think of: each gets the
refusal that docs/protocol.md says, changes nothing, and nobody else notices.

usage: hostile.py BUILD-FOLDER [NAME...]
"""

import os
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
import mls  # noqa: E402
from client import (  # noqa: E402
    ACKNOWLEDGE, AGAIN, ANSWER, BLOB_BEGIN, BLOB_GET, BLOB_PUT, CASE,
    COUNTER, CREDIT, EXISTS, FETCH, FRAME_MAX, HELLO, KEY_COUNT, KEY_PUBLISH,
    LIMIT, MALFORMED, OPERATION, PING, PUSH, REFUSED, REVOKED, SUBMIT,
    SUBSCRIBE, VERSION, Reader, Refused, error, vec)
from follow import (  # noqa: E402
    CHAIN_FETCH, CLINIC, COMMIT, GROUP_CREATE, NACK, STALE, STATEMENT_PUT,
    group_state, refused)
from founding import (  # noqa: E402
    ASSIGN, AUTHORITY, CLOSE, COORDINATE, OPEN, RESET, REVOKE, UNASSIGN,
    Case, Chain, Clinic, Device, sha256, signed, subject_of)
from serving import tell  # noqa: E402
from zmtp import COMMAND, Closed  # noqa: E402

ALL_ONES, MEMBERSHIP = 2 ** 64 - 1, 0x0202
FROZEN, MEMBER = 1, 16
SETTINGS = """
    rate_requests = 1000000000; rate_messages = 1000000000;
    rate_bytes = "1 TiB";
"""


class World(Clinic):
    """Two who talk, a stranger to their case, and a neighbour."""

    def __init__(self, build):
        super().__init__(build, SETTINGS)
        self.a, self.b, self.c, self.d = (
            self.log_card(Device(self, rights=r))
            for r in (COORDINATE, 0, 0, 0))
        self.start()
        self.to_a, self.to_b, self.to_c, self.neighbour = (
            self.connect(d) for d in (self.a, self.b, self.c, self.d))
        for c in (self.to_a, self.to_b, self.to_c, self.neighbour):
            c.hello()
        self.counter = 0
        self.case, self.group = self.talk()

    def pair(self):
        """A case with both in its team, and a group of the first."""
        case = Case(self.to_a, self, self.a)
        case.assign(self.to_a, self.a, self.b)
        return case, mls.Group(case.group_id, self.a)

    def talk(self):
        """The same, and the other is added."""
        case, group = self.pair()
        create(self.to_a, case, group)
        package, leaf = mls.key_package(self.b)
        self.to_b.key_publish([(0, package)])
        assert self.to_a.key_claim(case.channel, [self.b.id]) == [
            (0, 0, package)]
        made = group.add(package, leaf, mls.marks(self.chain, case.chain))
        self.to_a.ask(COMMIT, case.channel + b"\1",
                      [made, mls.welcome(package)])
        group.merge()
        state = group_state(self.to_a, case.channel)
        assert (state["epoch"], state["confirmed"], state["commit"]) == (
            1, group.confirmed, sha256(made))
        assert state["flags"] == MEMBER
        self.commit = made
        return case, group

    def say(self, frame, channel=None, client=None, counter=None, **kw):
        """The code of one submission."""
        if counter is None:
            self.counter += 1
            counter = self.counter
        item = (channel or self.case.channel, counter, kw.get("flags", 0),
                kw.get("lifetime", 0), frame)
        return (client or self.to_a).submit([item])[0][0]

    def drain(self):
        for c in (self.to_a, self.to_b):
            c.acknowledge([(1, ALL_ONES)])

    def snapshot(self):
        """What nobody who is refused may have changed."""
        a, b, channel = self.to_a, self.to_b, self.case.channel
        return (a.hello()["counter"], a.hello()["waiting"],
                b.hello()["counter"], b.hello()["waiting"], b.key_count(),
                group_state(a, channel), chain_of(a, self.case.id),
                chain_of(a, CLINIC), [d["envelope"] for d in b.fetch(
                    0, 64)[1]])


def chain_of(client, chain):
    r, _ = client.ask(CHAIN_FETCH, chain + bytes(8) + b"\xff\xff")
    return r.data


def create(client, case, group, frames=None, generation=1):
    client.ask(GROUP_CREATE, case.channel + struct.pack(">I", generation),
               frames or [group.info(), group.tree()])


def a_group_from_nothing(w):
    """Welcome, commit, message, nack, freeze and reset."""
    w.drain()
    case, group = w.talk()
    kinds = [d["kind"] for d in w.to_b.fetch(0, 64)[1]]
    assert kinds == [3]
    assert [d["kind"] for d in w.to_a.fetch(0, 64)[1]] == [2]
    sealed = group.private()
    assert w.say(sealed, case.channel) == 0
    found = w.to_b.fetch(0, 64)[1][-1]
    assert (found["kind"], found["envelope"]) == (1, sealed)

    def nack(of, epoch, generation=1):
        tbs = case.channel + struct.pack(">IQ", generation, epoch) + sha256(
            of)
        return tbs + signed(w.b.secret, b"nack", tbs)
    # The epoch that the commit ended, of the newest commit, with one's key.
    good = nack(w.commit, 0)
    for body, code in ((nack(w.commit, 1), STALE), (nack(b"", 0), STALE),
                       (nack(w.commit, 0, 9), STALE),
                       (nack(w.commit, 0, 0), MALFORMED),
                       (good[:-1] + bytes([good[-1] ^ 1]), REFUSED)):
        refused(code, w.to_b, NACK, body)
    refused(REFUSED, w.to_c, NACK, good)
    assert group_state(w.to_a, case.channel)["flags"] == MEMBER
    w.to_b.ask(NACK, good)
    assert group_state(w.to_a, case.channel)["flags"] == MEMBER | FROZEN
    found = w.to_a.fetch(0, 64)[1][-1]
    assert (found["kind"], found["envelope"]) == (4, w.b.id + good)
    refused(MEMBERSHIP, w.to_a, COMMIT, case.channel + b"\0",
            [group.remove(1, mls.marks(w.chain, case.chain))])
    assert w.say(group.private(), case.channel) == 0
    case.chain.put(w.to_a, RESET, bytes([2]) + struct.pack(">I", 2) +
                   os.urandom(16), [w.a])
    state = group_state(w.to_a, case.channel)
    assert (state["generation"], state["exists"]) == (2, False)
    assert w.say(group.private(), case.channel) == STALE


def who_must_go_goes_first(w):
    case, group = w.talk()
    marks = mls.marks(w.chain, case.chain)
    refused(REFUSED, w.to_a, COMMIT, case.channel + b"\0",
            [group.remove(1, marks)])
    case.chain.put(w.to_a, UNASSIGN, w.b.member + b"\2", [w.a])
    assert w.say(group.private(), case.channel) == MEMBERSHIP
    assert w.say(group.private(), case.channel, w.to_b, 1) == REFUSED
    refused(REFUSED, w.to_b, CASE, case.id)
    package, _ = mls.key_package(w.b)
    made = group.remove(1, mls.marks(w.chain, case.chain))
    refused(REFUSED, w.to_a, COMMIT, case.channel + b"\1",
            [made, mls.welcome(package)])
    w.to_a.ask(COMMIT, case.channel + b"\0", [made])
    group.merge()
    assert w.say(group.private(), case.channel) == 0
    # In a closed case nobody takes part.
    case.chain.put(w.to_a, CLOSE, b"\1", [w.a])
    refused(REFUSED, w.to_a, CASE, case.id)
    assert w.say(group.private(), case.channel) == REFUSED


def beginnings_are_judged(w):
    case, group = w.pair()
    gid, good = case.group_id, [group.info(), group.tree()]
    foreign = mls.Group(gid, w.b)
    for made in (mls.Group(os.urandom(16), w.a), foreign,
                 mls.Group(gid, w.a, epoch=1),
                 mls.Group(gid, w.a, confirmed=os.urandom(32)),
                 mls.Group(gid, w.a, extensions=mls.LAST_RESORT)):
        refused(REFUSED, w.to_a, GROUP_CREATE, case.channel + b"\0\0\0\1",
                [made.info(), made.tree()])
    for frames, code in (([group.info(signer=1), good[1]], REFUSED),
                         ([group.info(by=w.b), good[1]], REFUSED),
                         ([good[0], b"\1\2"], MALFORMED),
                         ([good[0] + b"\0", good[1]], MALFORMED),
                         ([good[0]], MALFORMED), (good + [b"x"], LIMIT)):
        refused(code, w.to_a, GROUP_CREATE, case.channel + b"\0\0\0\1",
                frames)
    refused(MALFORMED, w.to_a, GROUP_CREATE, case.channel + bytes(4), good)
    refused(STALE, w.to_a, GROUP_CREATE, case.channel + b"\0\0\0\2", good)
    refused(REFUSED, w.to_c, GROUP_CREATE, case.channel + b"\0\0\0\1", good)
    assert not group_state(w.to_a, case.channel)["exists"]
    create(w.to_a, case, group)
    create(w.to_a, case, group)
    refused(STALE, w.to_b, GROUP_CREATE, case.channel + b"\0\0\0\1",
            [foreign.info(), foreign.tree()])


def commits_are_judged(w):
    before, group, channel = w.snapshot(), w.group, w.case.channel
    tag, none = os.urandom(32), vec(b"") + b"\0"
    data = mls.marks(w.chain, w.case.chain)

    def commit(code, frame, client=w.to_a, adds=b"\0"):
        refused(code, client, COMMIT, channel + adds, [frame])
    commit(MALFORMED, b"x")
    commit(MALFORMED, b"", adds=b"\2")
    for epoch in (0, 2, ALL_ONES):
        commit(STALE, group.public(w.a, 0, none, epoch=epoch, data=data,
                                   tag=tag))
    for leaf in (7, 2 ** 32 - 1):
        commit(REFUSED, group.public(w.a, leaf, none, data=data, tag=tag))
    commit(REFUSED, group.public(w.a, 0, none, data=data, tag=tag))
    commit(REFUSED, group.public(w.b, 1, none, data=data, tag=tag))
    commit(REFUSED, group.public(w.a, 0, none, data=data, tag=tag), w.to_c)
    commit(REFUSED, group.public(w.a, 0, vec(b"word"), mls.APPLICATION))
    commit(REFUSED, group.public(w.a, 0, b"\0\3\0\0\0\1", mls.PROPOSAL))
    commit(REFUSED, group.private(kind=mls.COMMIT))
    assert w.snapshot() == before


def envelopes_are_judged(w):
    g, channel = w.group, w.case.channel
    before, counter = w.snapshot(), w.counter + 1
    for frame, code in (
            (b"x", MALFORMED), (g.private() + b"\0", MALFORMED),
            (g.private()[:-1], MALFORMED), (g.private()[:40], MALFORMED),
            (g.private(wire=9), MALFORMED), (g.private(kind=0), MALFORMED),
            (b"\0\2" + g.private()[2:], VERSION),
            (g.private(epoch=0), STALE), (g.private(epoch=2), STALE),
            (g.private(epoch=ALL_ONES), STALE),
            (g.private(group_id=os.urandom(16)), STALE),
            (g.private(group_id=bytes(300)), LIMIT),
            (g.private(kind=mls.COMMIT), REFUSED), (g.info(), REFUSED),
            (mls.key_package(w.a)[0], REFUSED), (w.commit, REFUSED)):
        got = w.say(frame, counter=counter)
        assert got == code, "%04x, not %04x" % (got, code)
    for where in (os.urandom(16), bytes(16)):
        assert w.say(g.private(), where, counter=counter) == REFUSED
    assert w.say(g.private(), client=w.to_c, counter=2 ** 63 - 1) == REFUSED
    assert w.to_c.hello()["counter"] == 0
    for number in (2 ** 63, ALL_ONES):
        assert w.say(g.private(), counter=number) == LIMIT
    assert w.say(g.private(), counter=counter, lifetime=2 ** 32 - 1) == LIMIT
    for body, frames, code in (
            (channel + struct.pack(">QBI", 0, 0, 0), [g.private()],
             MALFORMED),
            (channel + struct.pack(">QBI", counter, 2, 0), [g.private()],
             MALFORMED),
            (channel + struct.pack(">QBI", counter, 0, 0), [bytes(66561)],
             LIMIT)):
        refused(code, w.to_a, SUBMIT, vec(body), frames)
    assert w.snapshot() == before
    # Taken; then again with other bytes, or for another channel: once.
    assert w.say(g.private(), counter=counter) == 0
    after = w.snapshot()
    assert after != before
    for where, frame in ((None, g.private()), (os.urandom(16), b"x")):
        assert w.say(frame, where, counter=counter) == 0
        assert w.to_a.logged == [(ALL_ONES, 0, bytes(32))]
    assert w.snapshot() == after
    w.counter = counter + 1000
    assert w.say(g.private(), counter=w.counter) == 0
    assert w.say(g.private(), counter=w.counter - 256) == COUNTER
    assert w.say(g.private(), counter=w.counter - 255) == 0


def packages_are_judged(w):
    before, now = w.snapshot(), int(time.time())
    good, _ = mls.key_package(w.b)
    last, _ = mls.key_package(w.b, mls.LAST_RESORT)

    def item(package, flags=0):
        return bytes([flags]) + vec(package)
    torn = good[:-1] + bytes([good[-1] ^ 1])
    for items, code in (
            ([], MALFORMED), ([item(b"")], MALFORMED),
            ([item(good, 2)], MALFORMED), ([item(b"x" * 1280)], MALFORMED),
            ([item(b"x" * 1281)], LIMIT), ([item(good)] * 17, LIMIT),
            ([item(last, 1)] * 2, MALFORMED), ([item(good, 1)], REFUSED),
            ([item(last)], REFUSED), ([item(good + b"\0")], MALFORMED),
            ([item(torn)], REFUSED), ([item(good), item(torn)], REFUSED),
            ([item(mls.welcome(good))], MALFORMED),
            ([item(mls.key_package(w.a)[0])], REFUSED),
            ([item(mls.key_package(w.b, suite=b"\0\1\0\1")[0])], REFUSED),
            *(([item(mls.key_package(w.b, lifetime=t)[0])], REFUSED)
              for t in ((now - 9, now + 30 * 86400), (now - 9, now - 5),
                        (now + 900, now + 9000)))):
        refused(code, w.to_b, KEY_PUBLISH, vec(b"".join(items)))
    assert w.to_a.key_claim(w.case.channel, [w.a.id]) == [(REFUSED, 0, b"")]
    for client, where in ((w.to_a, os.urandom(16)),
                          (w.to_c, w.case.channel)):
        try:
            client.key_claim(where, [w.b.id])
            raise AssertionError("claimed")
        except Refused as e:
            assert e.code == REFUSED
    assert w.snapshot() == before


def statements_are_judged(w):
    before, chain, now = w.snapshot(), w.case.chain, int(time.time())
    body = w.case.assigning(w.b.member)
    good = chain.statement(ASSIGN, body, [w.a])
    other, no_channel = Chain(w, os.urandom(16)), w.case.opening()[:11]
    for statement, code in (
            (b"", MALFORMED), (good[:-1], MALFORMED),
            (good + b"\0", MALFORMED), ((good * 40)[:8193], LIMIT),
            (b"\0\2" + good[2:], VERSION),
            (good[:-1] + bytes([good[-1] ^ 1]), REFUSED),
            (chain.statement(ASSIGN, body, [w.b]), REFUSED),
            (chain.statement(ASSIGN, body, []), MALFORMED),
            (chain.statement(ASSIGN, body, [w.a, AUTHORITY]), MALFORMED),
            (chain.statement(ASSIGN, body, [w.a], number=0), MALFORMED),
            (chain.statement(ASSIGN, body, [w.a], number=1), STALE),
            (chain.statement(ASSIGN, body, [w.a], number=ALL_ONES), REFUSED),
            (chain.statement(ASSIGN, body, [w.a], previous=bytes(32)),
             REFUSED),
            (chain.statement(ASSIGN, body, [w.a], time=now + 900), REFUSED),
            (chain.statement(ASSIGN, body, [w.a], time=now - 900), REFUSED),
            (chain.statement(ASSIGN, w.case.assigning(w.b.member, 9, 8),
                             [w.a]), MALFORMED),
            (chain.statement(ASSIGN, w.case.assigning(w.b.member, 8, 9),
                             [w.a]), REFUSED),
            (chain.statement(ASSIGN, w.case.assigning(os.urandom(16)),
                             [w.a]), REFUSED),
            (chain.statement(99, b"", [w.a]), MALFORMED),
            (chain.statement(REVOKE, w.b.id + b"\1" + bytes(16), [w.a]),
             MALFORMED),
            (other.statement(CLOSE, b"\1", [w.a]), REFUSED),
            (other.statement(OPEN, no_channel + b"\0", [w.a]), MALFORMED),
            (other.statement(OPEN, w.case.opening(), [w.a]), EXISTS)):
        refused(code, w.to_a, STATEMENT_PUT, vec(statement))
    assert w.snapshot() == before
    # One signature more than it needs does no harm.
    more = chain.statement(ASSIGN, body, [AUTHORITY, w.a])
    w.to_a.ask(STATEMENT_PUT, vec(more))
    chain.take(more)


def ranges(*pairs, credit=0):
    return vec(b"".join(struct.pack(">QQ", *p) for p in pairs)) + (
        struct.pack(">I", credit))


def numbers_at_their_edge(w):
    w.say(w.group.private())
    before = w.snapshot()
    for body, code in (
            (ranges(), MALFORMED), (ranges((0, 9)), MALFORMED),
            (ranges((9, 8)), MALFORMED), (ranges((1, 2), (3, 4)), MALFORMED),
            (ranges((1, 5), (3, 9)), MALFORMED),
            (ranges((8, 9), (1, 2)), MALFORMED),
            (ranges((1, ALL_ONES), (1, 3)), MALFORMED),
            (ranges((1, ALL_ONES), (0, 0)), MALFORMED),
            (ranges(*((i, i) for i in range(1, 131, 2))), LIMIT),
            (ranges((1, ALL_ONES), credit=1025), LIMIT),
            (ranges((1, ALL_ONES), credit=2 ** 32 - 1), LIMIT)):
        refused(code, w.to_b, ACKNOWLEDGE, body)
        # Without an answer it is refused all the same.
        w.to_b.send(ACKNOWLEDGE, body, request_id=0)
        assert w.to_b.receive()[1:3] == (ANSWER, 0)
    # What is not in this mailbox: nothing, or another's.
    w.to_b.ask(ACKNOWLEDGE, ranges((1 << 62, ALL_ONES)))
    w.to_c.ask(ACKNOWLEDGE, ranges((1, ALL_ONES)))
    for op, body, code in (
            (FETCH, struct.pack(">QH", 0, 0), MALFORMED),
            (FETCH, struct.pack(">QH", 0, 65), LIMIT),
            (SUBSCRIBE, struct.pack(">QI", 0, 1025), LIMIT),
            (CREDIT, struct.pack(">I", 0), MALFORMED),
            (CREDIT, struct.pack(">I", 2 ** 32 - 1), LIMIT),
            (PUSH, b"", OPERATION), (PING | ANSWER, b"", OPERATION),
            (ANSWER, b"", OPERATION)):
        refused(code, w.to_b, op, body)
    assert w.to_b.fetch(ALL_ONES, 64) == (False, [])
    assert w.snapshot() == before


def blobs_at_their_edge(w):
    blob, channel, chunk = os.urandom(16), w.case.channel, bytes(65536)
    w.to_a.blob_begin(channel, blob, 2 * 65536 + 1)
    w.to_a.blob_put(blob, 1, [chunk])

    def begin(size=9, life=0, hold=0, channel=channel, blob=None):
        return channel + (blob or os.urandom(16)) + struct.pack(
            ">QIQ", size, life, hold)

    def put(code, first, *chunks, client=w.to_a):
        refused(code, client, BLOB_PUT, blob + struct.pack(">I", first),
                chunks)
    for client, body, code in (
            (w.to_a, begin(0), MALFORMED), (w.to_a, begin(ALL_ONES), LIMIT),
            (w.to_a, begin(life=2 ** 32 - 1), LIMIT),
            (w.to_a, begin(hold=ALL_ONES), LIMIT), (w.to_c, begin(), REFUSED),
            (w.to_a, begin(channel=os.urandom(16)), REFUSED),
            (w.to_a, begin(blob=blob), EXISTS),
            (w.to_b, begin(2 * 65536 + 1, blob=blob), EXISTS),
            (w.to_c, begin(blob=blob), REFUSED)):
        refused(code, client, BLOB_BEGIN, body)
    for bad in ([], [b""], [chunk[1:]], [chunk, b"x"]):
        put(MALFORMED, 0, *bad)
    put(LIMIT, 0, *[chunk] * 9)
    put(LIMIT, 3, chunk)
    put(LIMIT, 2 ** 32 - 1, chunk, chunk)
    put(REFUSED, 0, chunk, client=w.to_b)
    for client, first, most, code in (
            (w.to_b, 0, 0, MALFORMED), (w.to_b, 0, 9, LIMIT),
            (w.to_b, 0, 1, AGAIN), (w.to_b, 3, 1, LIMIT),
            (w.to_b, 2 ** 32 - 1, 8, LIMIT), (w.to_c, 1, 1, REFUSED)):
        refused(code, client, BLOB_GET, blob + struct.pack(
            ">IH", first, most))
    # What is there stays as it is.
    assert w.to_a.blob_put(blob, 1, [b"\xff" * 65536]) == 0
    assert w.to_b.blob_get(blob, 1, 8) == (2 * 65536 + 1, [chunk])
    assert w.to_b.blob_status(blob)["next"] == 0


def one_subscription(w):
    w.drain()
    one, two = w.connect(w.b), w.connect(w.b)
    one.hello()
    two.hello()
    for _ in range(5):
        assert w.say(w.group.private()) == 0
    one.subscribe(0, 1)
    assert len(one.push()[1]) == 1 and one.silent(.2)
    two.credit(1024)
    assert two.silent(.1) and one.silent(.1)
    two.subscribe(0, 2)
    assert len(two.push()[1]) == 2
    one.credit(1024)
    assert one.silent(.2) and two.silent(.1)
    # However much is granted, no more than the limit is outstanding: what
    # waits goes with the first grant, the limit with the others.
    most, got = two.hello()["limits"]["credit"], 0
    for _ in range(300):
        two.send(CREDIT, struct.pack(">I", 1024), request_id=0)
    two.acknowledge([(ALL_ONES, ALL_ONES)])  # so they have been applied
    channel, frame = w.case.channel, w.group.private()
    for _ in range(most // 64 + 1):
        w.to_a.submit([(channel, w.counter + i + 1, 0, 0, frame)
                       for i in range(64)])
        w.counter += 64
    while got < most:
        got += len(two.push()[1])
    two.silent(.3)
    got += sum(len(items) for _, items in two.pushes)
    assert got <= most + 3, got
    two.close()
    one.close()
    w.drain()


def many_at_once(w):
    """A thousand requests unread: some answers are lost, nothing else is."""
    c = w.connect(w.c)
    c.ask(KEY_COUNT)  # before hello
    c.hello()
    c.hello(1, 9)
    ids = [c.send(PING) for _ in range(1000)]
    c.silent(.5)
    c.ask(PING)
    assert c.answers and set(c.answers) <= set(ids)
    for lowest, highest, version, code in (
            (0, 1, 0, MALFORMED), (2, 1, 0, MALFORMED),
            (2, 65535, 0, VERSION), (1, 1, 65535, VERSION)):
        request_id = c.send(HELLO, struct.pack(">HH", lowest, highest),
                            version=version)
        while (got := c.receive())[2] != request_id:
            pass
        assert got[1] == ANSWER and error(Reader(got[3]))[0] == code
    c.ask(PING)
    c.close()


def connections_end(w):
    def on(device=w.c):
        c = w.connect(device)
        c.hello()
        return c
    # The largest frame, and one byte more.
    c = on()
    refused(MALFORMED, c, PING, bytes(FRAME_MAX))
    c.send(PING, bytes(FRAME_MAX + 1))
    assert c.ended()
    c = on()
    c.write(c.frame(0, b"\0\0not sealed"))
    assert c.ended()
    c = on()
    c.write(c.frame(4, b"\4PING\0\0"))
    assert c.ended()
    c = on()
    again = c.frame(0, c.seal(COMMAND, b"\4PING\0\0"))
    c.write(again + again)
    assert c.ended()
    c = w.connect(w.c, identity=b"routed")
    try:
        c.hello()
        raise AssertionError("served")
    except Closed:
        pass
    try:
        w.connect(None)
        raise AssertionError("let in")
    except Closed as e:
        assert str(e) == "400"
    # The ninth closes the first, and no other.
    many = [on() for _ in range(8)]
    w.to_c.close()
    w.to_c = on()
    assert many[0].ended()
    for c in many[1:]:
        c.ping()
        c.close()


def the_revoked_are_shut_out(w):
    c = w.connect(w.c)
    c.hello()
    statement = w.chain.put(
        w.to_a, REVOKE, w.c.id + b"\1" + bytes(16), [w.a], subject_of(w.c))
    assert c.ended()
    c = w.connect(w.c)
    for op, version in ((HELLO, 0), (PING, 1), (KEY_COUNT, 1)):
        body = struct.pack(">HH", 1, 1) if op == HELLO else b""
        c.send(op, body, version=version)
        assert error(Reader(c.receive()[3]))[0] == REVOKED
    assert c.revocation() == statement
    try:
        w.connect(w.c, port=1)
        raise AssertionError("let in")
    except Closed as e:
        assert str(e) == "400"


TESTS = (a_group_from_nothing, who_must_go_goes_first, beginnings_are_judged,
         commits_are_judged, envelopes_are_judged, packages_are_judged,
         statements_are_judged, numbers_at_their_edge, blobs_at_their_edge,
         one_subscription, many_at_once, connections_end,
         the_revoked_are_shut_out)


def main():
    world = World(sys.argv[1])
    tell("a hostile client", world, TESTS, lambda: world.neighbour.ping())


if __name__ == "__main__":
    main()
