"""Attacks on the walls that need no privilege, thought up by what a process can reach; `make walls` runs the whole hostile corpus there."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.core.course import Course
from autograder.core.errors import StudentError
from autograder.core.results import Walls
from autograder.core.roots import PROJECT
from autograder.sandbox import client
from autograder.sandbox.client import Sandbox, Session
from autograder.sandbox.walls import refusal

from . import processes
from .test_walls import SHORT, SLOT, ran

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="there is a table of system calls for this machine only"
)
PLAIN = (Walls.ROOM, Walls.BARE)
HEAD = f"""
import ctypes, errno, fcntl, mmap, os, resource, select, signal, socket, stat, struct, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
OUTSIDE, PROJECT, HIGH = {client.OUTSIDE!r}, {str(PROJECT)!r}, 1 << 32
def call(number, *arguments):
    got = libc.syscall(ctypes.c_long(number), *(ctypes.c_void_p(one) if isinstance(one, int) else one for one in arguments))
    if got < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return got
def reads(path): return open(path, "rb").read(1)
def exists(path): os.stat(path); return True
def _said(act):
    try: act()
    except Exception as error: return str(error)
    return ""
def _threads(number):
    end, made = threading.Event(), []
    try:
        for _ in range(number):
            made.append(threading.Thread(target=end.wait, daemon=True)); made[-1].start()
        return len(made) >= number
    finally: end.set()
def _many(make):
    made = 0
    for number in range(100):
        make(f"one-{{number}}"); made += 1
    return made
def _many_by_threads():
    made = []
    def make(mine):
        for number in range(40):
            try: open(f"{{mine}}-{{number}}", "w").close(); made.append(1)
            except OSError: pass
    threads = [threading.Thread(target=make, args=(mine,)) for mine in range(8)]
    for one in threads: one.start()
    for one in threads: one.join()
    return len(made) > 32
def _size(grow):
    file = open("large", "wb", buffering=0)
    try: grow(file)
    except OSError: pass
    return os.fstat(file.fileno()).st_size
def _is_open(number):
    try: fcntl.fcntl(number, fcntl.F_GETFD); return True
    except OSError: return False
"""
# By category: a name, and an expression whose value is true where it got through; an exception is a denial.
TRIES: dict[str, dict[str, str]] = {
    "contents": {
        "a file of the grader": "reads(OUTSIDE)",
        "the users": "reads('/etc/passwd')",
        "the shadow file": "reads('/etc/shadow')",
        "the list of a folder": "os.listdir(PROJECT)",
        "the list of root's folder": "[one for one in os.listdir('/root') if not sys.base_prefix.startswith(f'/root/{one}')]",
        "the list of temporary folders": "[one for one in os.listdir('/tmp') if os.path.realpath('/tmp') not in os.getcwd()]",
        "by a descriptor of a path": "os.read(os.open(OUTSIDE, os.O_PATH), 1)",
        "a descriptor of a path, opened again": "reads(f'/proc/self/fd/{os.open(OUTSIDE, os.O_PATH)}')",
        "a descriptor of a path, in memory": "mmap.mmap(os.open(OUTSIDE, os.O_PATH), 1, mmap.MAP_SHARED, mmap.PROT_READ)",
        "a descriptor of a path, sent": "os.sendfile(os.open('x', os.O_CREAT | os.O_RDWR), os.open(OUTSIDE, os.O_PATH), 0, 1)",
        "from a folder's descriptor": "os.open(OUTSIDE[1:], os.O_RDONLY, dir_fd=os.open('/', os.O_PATH))",
        "up from the working folder": "reads('../' * 40 + OUTSIDE)",
        "as a library": "ctypes.CDLL(OUTSIDE) if 'invalid ELF' not in _said(lambda: ctypes.CDLL(OUTSIDE)) else True",
        "as a data base": "__import__('sqlite3').connect(f'file:{OUTSIDE}?mode=ro', uri=True).execute('select 1 from sqlite_master')",
        "settings beside Python": "reads(sys.prefix + '/etc/jupyter/nbgrader_config.py')",
        "programs beside Python": "reads(sys.prefix + '/bin/autograder')",
        "a program of the system": "reads('/usr/bin/env')",
        "the system's documents": "os.listdir('/usr/share/doc')",
        "the machine's memory": "reads('/dev/mem')",
        "the kernel's memory": "reads('/proc/kcore')",
        "a disk": "[reads('/dev/' + one) for one in ('vda', 'sda', 'nvme0n1', 'xvda')]",
        "a terminal": "os.open('/dev/tty', os.O_RDWR)",
        "shared memory": "os.listdir('/dev/shm')",
        "the kernel's settings": "reads('/proc/sys/kernel/hostname')",
        "devices": "os.listdir('/sys/class')",
        "the log of the kernel": "libc.klogctl(3, ctypes.create_string_buffer(64), 64) > 0",
        "by a handle": "call(303, ctypes.c_int(-100), OUTSIDE.encode(), ctypes.create_string_buffer(136), ctypes.byref(ctypes.c_int()), 0) == 0",
        "by the newer open": "call(437, ctypes.c_int(-100), OUTSIDE.encode(), bytes(24), 24)",
        "by asynchronous calls": "call(425, 1, ctypes.create_string_buffer(120))",
    },
    "processes' files": {
        "the list of processes": "os.listdir('/proc')",
        **{
            f"{name} of {whose}": f"reads('/proc/' + {number} + '/{name}')"
            for name in ("mem", "environ", "maps", "cmdline", "status", "mountinfo")
            for whose, number in (("the parent", "str(os.getppid())"), ("itself", "'self'"))
        },
        **{
            f"where {name} of the parent leads": f"os.readlink(f'/proc/{{os.getppid()}}/{name}')"
            for name in ("cwd", "exe", "root", "fd/0", "ns/mnt")
        },
        "by the root of itself": "reads('/proc/self/root/etc/passwd')",
        "by the root of the parent": "reads(f'/proc/{os.getppid()}/root/etc/passwd')",
        "a folder, by the root of itself": "os.listdir('/proc/self/root' + PROJECT)",
        "the parent's descriptors": "os.listdir(f'/proc/{os.getppid()}/fd')",
        "a descriptor of the parent": "os.open(f'/proc/{os.getppid()}/fd/0', os.O_RDWR)",
        "its own memory, written": "os.open('/proc/self/mem', os.O_RDWR)",
        "its own limits": "os.open('/proc/self/oom_score_adj', os.O_WRONLY)",
        "the network's connections": "reads('/proc/net/tcp')",
        "the machine's load": "reads('/proc/loadavg')",
    },
    "writing": {
        "a file beside the grader's": "os.open(os.path.dirname(OUTSIDE) + '/of-a-test', os.O_CREAT | os.O_WRONLY)",
        "a library": "os.open(__import__('numpy').__file__, os.O_WRONLY)",
        "a library's cache": "os.mkdir(os.path.dirname(__import__('numpy').__file__) + '/of-a-test') is None",
        "a library renamed": "os.rename(__import__('numpy').__file__, 'x') is None",
        "a library removed": "os.unlink(__import__('numpy').__file__) is None",
        "a library emptied": "os.truncate(__import__('numpy').__file__, 0) is None",
        "a library emptied by a right to read": "os.open(__import__('numpy').__file__, os.O_RDONLY | os.O_TRUNC)",
        "the sandbox's own code": "os.open(sys.modules['sandbox.server'].__file__, os.O_RDWR)",
        "what notebooks share": "os.open(__import__('utils').__file__, os.O_RDWR)",
        "the working folder's parent": "os.rename('..', '../../of-a-test') is None",
        "the box itself": "os.rmdir(os.path.dirname(os.getcwd())) is None",
        "a device": "os.mknod('null', stat.S_IFCHR | 0o666, os.makedev(1, 3)) is None",
        "a pipe with a name": "os.mkfifo('pipe') is None",
        "a socket with a name": "socket.socketpair()[0].bind('socket') is None",
        "a link to a file": "os.link(__import__('numpy').__file__, 'x') is None",
        "a link to a name": "os.symlink('/', 'x') is None",
        "rights of a file": "os.chmod('.', 0o777) is None",
        "a shared part of memory": "call(29, 77, 4096, 0o1666)",
        "messages": "call(68, 77, 0o1666)",
        "a file in memory": "os.memfd_create('x')",
    },
    "processes": {
        "fork": "os.fork() or os._exit(0)",
        "vfork": "call(58) or os._exit(0)",
        "clone, as fork does": "call(56, 17, 0, 0, 0, 0) or os._exit(0)",
        "clone of memory alone": "call(56, 0x100 | 17, 0, 0, 0, 0) or os._exit(0)",
        "a thread in a namespace": "call(56, 0x3D0F00 | 0x10000000, 0, 0, 0, 0) or os._exit(0)",
        "clone with a high bit": "call(56, HIGH | 17, 0, 0, 0, 0) or os._exit(0)",
        "clone in memory": "call(435, struct.pack('=8Q', 0, 0, 0, 0, 17, 0, 0, 0), 64) or os._exit(0)",
        "a program": "subprocess.run(['/bin/true'])",
        "a program that takes this one's place": "os.execv(sys.executable, [sys.executable, '-c', ''])",
        "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
        "the shell": "os.system('true') == 0",
        "a pool": "__import__('multiprocessing').Process(target=print).start() is None",
        "more threads than there may be": "_threads(600)",
    },
    "signals": {
        "to the parent": "os.kill(os.getppid(), 0) is None",
        "to all": "os.kill(-1, 0) is None",
        "to the group": "os.kill(0, 0) is None",
        "to the parent's group": "os.killpg(os.getpgid(os.getppid()), 0) is None",
        "to the first process": "os.kill(1, 0) is None",
        "to a thread of the parent": "call(234, os.getppid(), os.getppid(), 0) == 0",
        "with a high bit": "call(234, HIGH | os.getppid(), os.getppid(), 0) == 0",
        "by the older call": "call(200, os.getppid(), 0) == 0",
        "with a value": "call(129, os.getppid(), 10, ctypes.create_string_buffer(128)) == 0",
        "by a descriptor": "call(434, os.getppid(), 0)",
        "by an owner of a descriptor": "fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid()) == 0",
        "memory of the parent": "call(310, os.getppid(), bytes(16), 1, bytes(16), 1, 0)",
        "tracing the parent": "call(101, 16, os.getppid(), 0, 0) == 0",
        "limits of the parent": "call(302, os.getppid(), 7, 0, ctypes.create_string_buffer(16)) == 0",
        "processors of the parent": "os.sched_getaffinity(os.getppid())",
        "the parent's priority": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 10) is None",
        "the parent's group": "os.setpgid(os.getppid(), 0) is None",
        "an end that is not with the zygote": "call(157, 1, 0, 0, 0, 0) == 0",
    },
    "network": {
        **{
            name: f"socket.socket({family}, {kind})"
            for name, family, kind in (
                ("TCP", 2, 1),
                ("UDP", 2, 2),
                ("raw", 2, 3),
                ("TCP, version 6", 10, 1),
                ("of files", 1, 1),
                ("netlink", 16, 3),
                ("the host's", 40, 1),
                ("ciphers", 38, 5),
                ("packets", 17, 3),
            )
        },
        "a pair that is not of files": "call(53, 2, 1, 0, ctypes.create_string_buffer(8)) == 0",
        "a socket by its other number": "call(0x40000000 | 41, 2, 1, 0)",
        "a name's address": "socket.getaddrinfo('example.org', 80)",
        "sent to a name": "socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', '\\0name')",
        "sent with an address's upper half": "call(44, socket.socketpair()[0].fileno(), b'x', 1, 0, HIGH, 16)",
        "descriptors sent": "socket.send_fds(socket.socketpair()[0], [b'x'], [0])",
        "an abstract name": "socket.socketpair()[0].bind('\\0of-a-test') is None",
    },
    "privileges": {
        "root": "os.setuid(0) is None",
        "another user": "os.setresuid(60001, 60001, 60001) is None",
        "another group": "os.setgid(0) is None",
        "groups": "os.setgroups([0]) is None",
        "another root": "os.chroot('.') is None",
        "a user namespace": "call(272, 0x10000000) == 0",
        "another's namespace": "call(308, 0, 0) == 0",
        "a mount": "libc.mount(b'none', b'.', b'tmpfs', 0, None) == 0",
        "a mount by descriptors": "call(430, b'tmpfs', 0)",
        "more memory": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1)) is None",
        "more files": "resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 20, 1 << 20)) is None",
        "the name of the machine": "socket.sethostname('x') is None",
        "the clock": "time.clock_settime(time.CLOCK_REALTIME, 0) is None",
        "keys": "call(250, 0, -3 & (HIGH * HIGH - 1), 0)",
        "programs of the kernel": "call(321, 0, bytes(72), 72)",
        "faults of memory": "call(323, 0)",
        "events": "call(298, bytes(120), 0, -1 & (HIGH * HIGH - 1), -1 & (HIGH * HIGH - 1), 0)",
        "a filter of its own": "call(317, 1, 0, struct.pack('HxxxxxxP', 1, ctypes.addressof(ctypes.create_string_buffer(struct.pack('=HBBI', 6, 0, 0, 0x7FFF0000))))) == 0",
        "a filter that is asked": "call(157, 22, 2, bytes(16), 0, 0) == 0",
        "other rules of files": "call(444, 0, 0, 1)",
        "a terminal's input": "fcntl.ioctl(0, 0x5412, b'x') is not None",
        "a terminal's input, with a high bit": "call(16, 0, HIGH | 0x5412, b'x') == 0",
        "a lease, with a high bit": "call(72, os.open(__import__('numpy').__file__, 0), HIGH | 1024, 0) == 0",
    },
    "files without number": {
        "by folders": "_many(os.mkdir)",
        "by names that exist again": "_many(lambda name: (open(name, 'w').close(), os.unlink(name)))",
        "by other threads": "_many_by_threads()",
        "by a file without a name": "os.open('.', os.O_TMPFILE | os.O_RDWR)",
        "by the older call": "_many(lambda name: call(85, name.encode(), 0o600))",
        "by flags with high bits": "_many(lambda name: call(257, ctypes.c_int(-100), name.encode(), HIGH | 0o101, 0o600))",
        "a large file": "_size(lambda file: [file.write(bytes(1 << 20)) for _ in range(3)]) > 1 << 20",
        "a large file, with a hole": "_size(lambda file: (file.seek(1 << 40), file.write(b'x'))) > 1 << 20",
        "a large file, by its size": "_size(lambda file: os.ftruncate(file.fileno(), 1 << 40)) > 1 << 20",
        "room that no size counts": "call(285, os.open('x', os.O_CREAT | os.O_RDWR), 1, 0, 1 << 30) == 0",
        "pipes": "len([os.pipe() for _ in range(4096)])",
        "a large pipe": "fcntl.fcntl(os.pipe()[0], 1031, 1 << 20)",
        "memory": "len(bytearray(4 << 30))",
        "memory that is not touched": "mmap.mmap(-1, 1 << 34, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)",
        "memory that stays": "libc.mlockall(1) == 0",
    },
    "descriptors and memory of the grader": {
        "more than it should have": "len([one for one in range(3, 4096) if _is_open(one)]) > 1",
        "the parent's, by its number": "call(438, 0, 0, 0)",
        "secrets of the grader": "[one for one in __import__('gc').get_objects() if isinstance(one, str) and one == OUTSIDE and one is not OUTSIDE]",
        "modules of the grader": "[name for name in sys.modules if name.startswith('autograder')]",
        "importing the grader": "__import__('autograder').__file__",
        "importing checks": "__import__('autograder.checking')",
        "the command's arguments": "[one for one in sys.argv if PROJECT in one]",
        "the environment of the caller": "[name for name in os.environ if name.startswith(('AUTOGRADER', 'SUDO', 'SSH', 'PYTEST'))]",
    },
}
NAMES: dict[str, str] = {  # what the bare walls are said not to hide
    "that a file exists": "exists(OUTSIDE)",
    "a file's size": "os.stat(OUTSIDE).st_size",
    "whether it may be read": "os.access(OUTSIDE, os.R_OK)",
    "a folder as the working one": "os.chdir(PROJECT) is None",
    "a process's number": "exists(f'/proc/{os.getppid()}')",
    "who the machine's users are": "exists('/etc/passwd')",
}
LOOP = """
import json
got = []
for name, attempt in json.loads(ATTEMPTS).items():
    try:
        if eval(attempt): got.append(name)
    except BaseException as error:
        pass
print(json.dumps(got))
"""
LIMITS = replace(SHORT, cell_wall=20.0, cell_cpu=15.0, total_wall=60.0, total_cpu=40)


@pytest.fixture(scope="module", params=PLAIN)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    walls: Walls = request.param
    if why := refusal(walls):
        pytest.skip(why)
    with Sandbox(LIMITS, Course().utils, SLOT + 50, asked=walls) as made:
        yield made


def _cell(session: Session, source: str) -> dict[str, Any]:
    return session.request({"op": "cell", "cell": "x", "source": source}, LIMITS.cell_wall)


def _got_through(sandbox: Sandbox, tries: dict[str, str]) -> list[str]:
    """Return which of the attempts got through; each tries in a process that has the attempts before it behind it."""
    source = f"{HEAD}ATTEMPTS = {json.dumps(tries)!r}\n{LOOP}"
    with sandbox.open() as session:
        reply = _cell(session, source)
    assert reply["error"] is None, reply["error"]
    got: list[str] = json.loads(reply["outputs"][-1]["text"].splitlines()[-1])
    return got


@pytest.mark.parametrize("category", [name for name in TRIES if name != "files without number"])
def test_nothing_gets_through(sandbox: Sandbox, category: str) -> None:
    assert _got_through(sandbox, TRIES[category]) == []


@pytest.mark.parametrize("name", TRIES["files without number"])
def test_nothing_grows_without_bound(sandbox: Sandbox, name: str) -> None:
    """Each with all of its files."""
    assert _got_through(sandbox, {name: TRIES["files without number"][name]}) == []


def test_names_are_hidden_by_a_room_alone(sandbox: Sandbox) -> None:
    got = _got_through(sandbox, NAMES)
    masked = not Path("/proc/self").exists()  # then no walls show a process's number
    there = [name for name in NAMES if not (masked and name == "a process's number")]
    assert got == ([] if sandbox.walls == Walls.ROOM else there)


# What would leave something: a submission's code, and what the next one sees, which is what it saw where the first did nothing.
LEFT = {
    "flags of the standard streams": (
        "for one in (0, 1, 2): fcntl.fcntl(one, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)",
        "[fcntl.fcntl(one, fcntl.F_GETFL) & (os.O_NONBLOCK | os.O_APPEND) for one in (0, 1, 2)]",
    ),
    "files": (
        "open('left', 'w').close(), os.mkdir('../left')",
        "os.listdir('.'), os.listdir('..')",
    ),
    "closed folders": (
        "os.mkdir('a'), os.mkdir('a/b', 0), os.umask(0o777), os.mkdir('../c')",
        "os.listdir('.'), os.listdir('..'), os.umask(0o22)",
    ),
    "sticky folders": ("os.mkdir('a', 0o1755), open('a/b', 'w').close()", "os.listdir('.')"),
    "names that are too long together": (
        "for _ in range(30): os.mkdir('n' * 255), os.chdir('n' * 255)",
        "os.listdir('.'), os.getcwd()",
    ),
    "odd names": (
        "[open(bytes([10, 255, 27, number]) + b'.x', 'w').close() for number in range(1, 9)]",
        "os.listdir('.')",
    ),
    "variables": ("os.environ['LEFT'] = 'x'", "'LEFT' in os.environ"),
    "modules": (
        "import numpy; numpy.left = 1; sys.path.insert(0, os.getcwd()); open('msgpack.py', 'w').write('1/0')",
        "hasattr(__import__('numpy'), 'left'), sys.path",
    ),
    "priority": ("_said(lambda: os.nice(5))", "_said(lambda: os.nice(0))"),
    "times of the box": (
        "os.listdir('..'); time.sleep(0.7)",
        "round(os.stat('..').st_mtime - os.stat('..').st_atime, 1)",
    ),
    "signals that wait": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]); signal.alarm(1)",
        "signal.sigpending(), signal.pthread_sigmask(0, [])",
    ),
    "ending itself": ("os._exit(0)", "1"),
    "crashing": ("ctypes.string_at(0)", "1"),
    "stopping itself": ("signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)", "1"),
    "a 32-bit call": (
        "code = mmap.mmap(-1, 4096, prot=7); code.write(bytes.fromhex('b814000000cd80c3'))\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()",
        "1",
    ),
    "questions without end": (
        "def ask():\n"
        "    while True:\n"
        "        try: open('x', 'w').close()\n"
        "        except OSError: pass\n"
        "for _ in range(8): threading.Thread(target=ask, daemon=True).start()\n"
        "time.sleep(0.5)",
        "os.listdir('.'), len([open(f'{number}', 'w') for number in range(30)])",
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_nothing_is_left_for_the_next_submission(
    sandbox: Sandbox, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the sandbox have to be started anew."""
    monkeypatch.setattr(client, "GRACE", 0.5)
    does, sees = LEFT[name]
    seen = []
    for act in ("pass", does, "pass"):
        with sandbox.open() as session:
            zygote = sandbox._process
            try:
                reply = session.request({"op": "cell", "cell": "x", "source": f"{HEAD}{act}"}, 1.5)
                assert act == "pass" or reply["error"] is None, reply["error"]
            except StudentError:
                assert act == does
        with sandbox.open() as session:
            assert sandbox._process is zygote, "the sandbox was lost"
            seen.append(ran(session, f"{HEAD}print({sees})"))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]


def test_a_zygote_shares_no_memory_that_may_be_written(sandbox: Sandbox) -> None:
    processes.expect_proc()
    sandbox.open().close()
    assert sandbox._process is not None
    maps = Path(f"/proc/{sandbox._process.pid}/maps").read_text().splitlines()
    assert len(maps) > 100
    assert [line for line in maps if "rw-s" in line] == []


def test_there_are_as_many_tries_as_are_said() -> None:
    count = sum(map(len, TRIES.values())) + len(NAMES) + len(LEFT)
    said = (PROJECT / "autograder/sandbox/README.md").read_text()
    assert f"hold against {count} attempts" in said
