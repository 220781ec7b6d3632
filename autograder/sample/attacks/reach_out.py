"""Attacks on what lies outside: files, network, processes, privileges."""

from __future__ import annotations

from ...core.course import PACKAGE
from ...core.roots import PROJECT
from .attack import answer, managing, own_cell
from .forge import UNCOUNTED

PLANTED = "planted-by-a-submission"  # the name of every file that an attack tries to leave behind

REACH_OUT = [
    managing(
        "read-files",
        "Reads passwords, other processes, the checks and the source of the course.",
        f"""
        import glob, os
        from pathlib import Path
        for path in ("/etc/passwd", "/etc/shadow", "/proc/1/environ", "/proc/self/maps", "/root/.bashrc", "/home", "/var", "/run", "/sys",
                     {str(PROJECT / "source")!r}, {str(PROJECT / "pyproject.toml")!r}, "/grader/checks",
                     {str(PROJECT / "source/01-backprop/checks")!r}, {str(PROJECT / "source/01-backprop/mistakes")!r}, "/course/source", "/course/autograder", "/grader/../checks"):
            tries(path, lambda: os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1))
        found = [os.path.join(where, name) for top in ("/grader", "/course", "/work", "/tmp", "/mpl", {str(PROJECT)!r})
                 for where, _, names in os.walk(top) for name in names if name in ("test_affine.py", "01-backprop.ipynb", "grade.py")]
        tries("the checks", lambda: found or "denied")
        tries("autograder", lambda: __import__("autograder.checking"))
        """,
    ),
    answer(
        "helper-run-again",
        "Runs the file of a helper that may not answer, which gives functions that nobody "
        "refuses: it is wrong, and staff are told.",
        "%run /course/utils/gradients.py",
        cell="numeric_gradient",
        scores={"numeric_gradient": 4.0} | UNCOUNTED,
    ),
    managing(
        "write-files",
        "Writes where it may not.",
        f"""
        import ctypes, glob, os, sys
        for folder in ("/", "/usr", "/usr/bin", "/etc", "/dev", "/grader", "/grader/sandbox", "/course", "/course/utils", "/mpl", "/work", "/lib",
                       sys.prefix, sys.base_prefix, {str(PROJECT)!r}, {str(PACKAGE)!r}):
            tries(folder, lambda: open(os.path.join(folder, {PLANTED!r}), "w"))
            tries("link in " + folder, lambda: os.symlink("/tmp", os.path.join(folder, {PLANTED!r})))
        tries("the host's /tmp", lambda: [name for name in os.listdir("/tmp") if name not in ("work", "ipython")] or "denied")
        for folder in glob.glob("/tmp/**/canary*", recursive=True):
            tries(folder, lambda: open(os.path.join(folder, {PLANTED!r}), "w"))
        tries("chmod", lambda: os.chmod("/course/utils/__init__.py", 0o777))
        tries("remount", lambda: "denied" if ctypes.CDLL(None).mount(None, b"/", None, 32 | 4096, None) else None)
        """,
    ),
    managing(
        "network",
        "Opens sockets, asks for names and pages.",
        """
        import socket, urllib.request
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK, socket.AF_PACKET):
            tries(str(family), lambda: socket.socket(family, socket.SOCK_STREAM))
            tries(str(family) + " raw", lambda: socket.socket(family, socket.SOCK_RAW))
        tries("page", lambda: urllib.request.urlopen("http://127.0.0.1:80", timeout=0.1))
        tries("name", lambda: socket.gethostbyname("example.org"))
        tries("connection", lambda: socket.create_connection(("1.1.1.1", 53), 0.1))
        """,
    ),
    managing(
        "privileges",
        "Makes namespaces, mounts, traces, and asks for rights and limits back.",
        """
        import ctypes, os, resource
        libc = ctypes.CDLL(None, use_errno=True)
        calls = {"unshare": (272, 0x10000000), "unshare net": (272, 0x40000000), "mount": (165, b"none", b"/tmp", b"tmpfs", 0, 0), "umount": (166, b"/tmp", 2),
                 "chroot": (161, b"/tmp"), "pivot_root": (155, b"/tmp", b"/tmp"), "setns": (308, 0, 0), "ptrace": (101, 16, 1, 0, 0), "bpf": (321, 0, 0, 0),
                 "keyctl": (250, 0, -3, 0), "io_uring": (425, 1, 0), "pidfd_open": (434, 1, 0), "memfd": (319, b"x", 0), "open_tree": (428, -100, b"/", 1),
                 "perf": (298, 0, 0, -1, -1, 0), "inotify": (294, 0), "inotify_init": (253,), "fanotify": (300, 0, 0), "userfaultfd": (323, 0), "shmget": (29, 0, 4096, 0o1777), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0)}
        for name, arguments in calls.items():
            tries(name, lambda: "denied" if libc.syscall(*arguments) < 0 else None)
        tries("x32", lambda: "denied" if libc.syscall(0x40000000 + 39) < 0 else None)
        tries("root", lambda: os.setuid(0))
        tries("group", lambda: os.setgroups([0]))
        tries("nice", lambda: os.nice(-10))
        for what in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
            tries(f"limit {what}", lambda: resource.setrlimit(what, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
        """,
    ),
    own_cell(
        "kill-everyone",
        "Signals every process there is.",
        """
        import os
        for pid in (-1, 0, 1, *range(2, 3000), os.getppid()):
            for number in (9, 15, 1):
                try:
                    if pid != 0 or number != 15: os.kill(pid, number)
                except (ProcessLookupError, PermissionError): pass
        print("still here")
        """,
        shows="still here",
    ),
    own_cell(
        "descriptors",
        "Looks for descriptors that were left open.",
        """
        import os, stat
        kinds = []
        for number in range(4096):
            try: mode = os.fstat(number).st_mode
            except OSError: continue
            kinds.append("socket" if stat.S_ISSOCK(mode) else "null" if stat.S_ISCHR(mode) else "other")
        print(sorted(kinds))
        """,
        shows="['null', 'null', 'null', 'socket']",
    ),
    own_cell(
        "links",
        "Leaves its folder, removes it, and leaves links to the outside in its place.",
        f"""
        import os, shutil
        os.chdir("/")
        shutil.rmtree("/tmp/work")
        os.symlink({str(PROJECT)!r}, "/tmp/work")
        os.symlink("/etc", "/tmp/{PLANTED}")
        """,
    ),
    managing(
        "capabilities",
        "Asks for each capability back, and for what has been given up for good.",
        """
        import ctypes, os, struct
        libc = ctypes.CDLL(None, use_errno=True)
        tries("bounding set", lambda: [cap for cap in range(41) if libc.prctl(23, cap, 0, 0, 0) == 1] or "denied")
        tries("ambient", lambda: [cap for cap in range(41) if libc.prctl(47, 2, cap, 0, 0) == 0] or "denied")
        tries("capset", lambda: "denied" if libc.capset(struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *[0xFFFFFFFF] * 6)) else None)
        held = ctypes.create_string_buffer(24)
        tries("capget", lambda: "denied" if libc.capget(struct.pack("=Ii", 0x20080522, 0), held) or not any(held.raw) else None)
        tries("new privileges", lambda: "denied" if libc.prctl(38, 0, 0, 0, 0) or libc.prctl(39, 0, 0, 0, 0) == 1 else None)
        tries("securebits", lambda: "denied" if libc.prctl(28, 0, 0, 0, 0) else None)
        tries("another filter's end", lambda: "denied" if libc.prctl(22, 0, 0, 0, 0) else None)
        tries("raw network", lambda: "denied" if libc.syscall(41, 17, 3, 768) < 0 else None)
        tries("device", lambda: os.mknod("/tmp/work/disk", 0o60600, os.makedev(8, 0)))
        tries("module", lambda: "denied" if libc.syscall(313, 3, b"", 0) < 0 else None)
        tries("reboot", lambda: "denied" if libc.syscall(169, 0xFEE1DEAD, 672274793, 0) < 0 else None)
        tries("clock", lambda: "denied" if libc.syscall(227, 0, ctypes.create_string_buffer(16)) < 0 else None)
        tries("host name", lambda: "denied" if libc.sethostname(b"x", 1) else None)
        tries("keyring", lambda: "denied" if libc.syscall(248, b"user", b"x", b"y", 1, -3) < 0 else None)
        tries("kernel log", lambda: "denied" if libc.syscall(103, 3, held, 24) < 0 else None)
        tries("swap", lambda: "denied" if libc.syscall(167, b"/tmp/work/x", 0) < 0 else None)
        """,
    ),
    own_cell(
        "kernel-memory",
        "Has the kernel hold what no limit of address space counts: full pipes, files in "
        "memory, locked pages.",
        """
        import ctypes, fcntl, os
        held, libc = 0, ctypes.CDLL(None, use_errno=True)
        try:
            while True:
                read, write = os.pipe()
                try: fcntl.fcntl(write, 1031, 1 << 20)
                except OSError: pass
                os.set_blocking(write, False)
                try:
                    while True: held += os.write(write, bytes(65536))
                except BlockingIOError: pass
        except OSError: pass
        print("bounded:", held < 100 << 20, libc.mlockall(3) != 0, libc.syscall(319, b"x", 0) < 0)
        """,
        "any",
        shows="bounded: True True True",
    ),
]
