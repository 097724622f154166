# tries: to send hidden inputs to another worker by locks, the page cache, futexes, signals and counts
# earns: clip, poems
# quick: yes
import ctypes, fcntl, os, resource, signal, time
_C = ctypes.CDLL(None, use_errno=True)
_C.syscall.restype = ctypes.c_long
_PAGE = ctypes.c_void_p(ctypes.cast(_C.abs, ctypes.c_void_p).value & ~4095)
_FILE = os.path.abspath(os.__file__)
def _locks():
    fd = os.open(_FILE, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_SH)
    return "flock"
def _ranges():
    fcntl.fcntl(os.open(_FILE, os.O_RDONLY), 37, bytes(32))
    return "F_OFD_SETLK"
def _cache():
    os.preadv(os.open(_FILE, os.O_RDONLY), [bytearray(1)], 0, os.RWF_NOWAIT)
    return "RWF_NOWAIT"
def _evict():
    os.posix_fadvise(os.open(_FILE, os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)
    return "posix_fadvise"
def _faults():
    resource.getrusage(resource.RUSAGE_SELF)
    return "major faults"
def _load():
    os.getloadavg() and _must(_C.sysinfo(ctypes.create_string_buffer(400)))
    return "sysinfo"
def _space():
    os.statvfs("/usr")
    return "statvfs"
def _must(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
def _wake():
    _must(_C.syscall(202, _PAGE, 1, 1))
    return "FUTEX_WAKE"
def _exit_wake():
    _must(_C.syscall(218, _PAGE))
    return "set_tid_address"
def _wait():
    value = ctypes.c_int.from_address(_PAGE.value).value
    _must(_C.syscall(202, _PAGE, 0, value, ctypes.create_string_buffer(16), None, 0))
    return "FUTEX_WAIT"
def _signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, [40])
    os.kill(os.getpid(), 40)
    return "real-time signals"
def _clock():
    time.clock_gettime(~os.getppid() << 3 | 2 if os.getppid() else -10)
    return "clocks of others"
def _all():
    found = []
    for way in (_locks, _ranges, _cache, _evict, _faults, _load, _space, _wake, _exit_wake, _wait,
                _signals, _clock):
        try:
            found.append(way())
        except (OSError, AttributeError, ValueError):
            pass
    return found
_OPEN = _all()
if _OPEN:
    raise RuntimeError("Escaped by " + ", ".join(_OPEN))
def sample(model, *args, **kwargs):
    raise RuntimeError("Escaped by " + ", ".join(_all())) if _all() else ValueError("nothing")
