"""A line between the network that calls this and another network namespace: packets of a TUN pair are carried over,
later by a delay and no faster than a rate; what does not fit the queue is dropped, as a router would.

usage: far-link.py NAMESPACE ADDRESS_HERE ADDRESS_THERE DELAY_MS BYTES_A_SECOND QUEUE_BYTES

Says `up` when it carries, and ends when its stdin does. One process a direction.
"""
import collections, fcntl, os, select, struct, subprocess, sys, time

namespace, here, there, delay, rate, room = sys.argv[1], sys.argv[2], sys.argv[3], *map(float, sys.argv[4:7])
delay /= 1000
mtu = 9000
own = str(os.getpid())


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH14x", name.encode(), 0x0001 | 0x1000))  # TUNSETIFF: TUN, no header
    return fd


def ip(*words):
    subprocess.run(["ip", *words], check=True)


near, far = "drpn" + own[-8:], "drpf" + own[-8:]
a, b = tun(near), tun(far)
ip("link", "set", far, "netns", namespace)
for name, address, peer, inside in ((near, here, there, []), (far, there, here, ["-n", namespace])):
    ip(*inside, "address", "add", address, "peer", peer, "dev", name)
    ip(*inside, "link", "set", name, "mtu", str(mtu), "txqueuelen", "4000", "up")


def carry(source, sink):
    queue, held, free_at = collections.deque(), 0, 0.0
    read, write, clock = os.read, os.write, time.monotonic
    while True:
        wait = max(0.0, queue[0][0] - clock()) if queue else None
        ready, _, _ = select.select([source], [], [], wait)
        if ready:
            now = clock()
            try:
                for _ in range(64):
                    packet = read(source, 65536)
                    if held + len(packet) > room:
                        continue
                    free_at = max(free_at, now) + (len(packet) / rate if rate else 0)
                    queue.append((free_at + delay, packet))
                    held += len(packet)
            except BlockingIOError:
                pass
        now = clock()
        while queue and queue[0][0] <= now:
            packet = queue.popleft()[1]
            held -= len(packet)
            try:
                write(sink, packet)
            except OSError:
                pass  # a full device drops, too


def carrier(source, sink):
    pid = os.fork()
    if pid == 0:
        try:
            carry(source, sink)
        finally:
            os._exit(0)  # the other network is gone
    return pid


child, back = carrier(b, a), carrier(a, b)
print("up", child, back, flush=True)
sys.stdin.read()
for one in (child, back):
    os.kill(one, 9)
    os.waitpid(one, 0)
