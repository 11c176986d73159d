"""Run a program where no network exists but the machine's own loopback (Linux).

    python tests/tools/netcut.py -- COMMAND ...

`wrapped` gives the command that does it: util-linux's `unshare` makes a namespace
without any network; this script, inside it, raises the loopback (kernels and their
clients talk through it), looks that nothing else is there, and becomes COMMAND.
"""

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
WAYS = (["unshare", "--net"], ["unshare", "--map-root-user", "--net"])


def wrapped(command: Sequence[str | Path]) -> list[str | Path] | None:
    """The command that runs another one with the network cut; None where none can."""
    for way in WAYS:
        inside = [*way, sys.executable, Path(__file__).resolve(), "--"]
        try:
            tried = subprocess.run([*inside, sys.executable, "-c", ""], timeout=30,
                                   capture_output=True)  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            continue
        if tried.returncode == 0:
            return [*inside, *command]
    return None


def raise_loopback() -> None:
    """Switch the interface lo on, as `ip link set lo up` would."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh14x", b"lo", 0)
        answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked)
        flags = struct.unpack("16sh14x", answer)[1] | IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))


def main(arguments: list[str]) -> None:
    """Become the given command, or exit with 3 where a network is left."""
    raise_loopback()
    left = [name for _, name in socket.if_nameindex() if name != "lo"]
    # A fresh namespace may list tunnel devices of the kernel; none of them is up.
    alive = [name for name in left if _is_up(name)]
    if alive:
        print(f"the network is not cut: {alive}", file=sys.stderr)
        sys.exit(3)
    os.execvp(arguments[0], arguments)


def _is_up(name: str) -> bool:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh14x", name.encode(), 0)
        answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked)
    return bool(struct.unpack("16sh14x", answer)[1] & IFF_UP)


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :])
