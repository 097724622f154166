# tries: to kill another process by owning a descriptor that signals when it is ready
# earns: clip, poems
# quick: yes
import fcntl
_r, _w = os.pipe()
_ = [attempt(f"F_SETOWN {pid}", lambda pid=pid: fcntl.fcntl(_r, fcntl.F_SETOWN, pid)) for pid in (1, @JUDGE@, -1)]
_ = attempt("F_SETOWN_EX", lambda: fcntl.fcntl(_r, 15, b"\0" * 8))
_ = attempt("F_SETSIG", lambda: fcntl.fcntl(_r, 10, signal.SIGKILL))
_ = attempt("O_ASYNC", lambda: fcntl.fcntl(_r, fcntl.F_SETFL, os.O_ASYNC))
_ = attempt("FIOASYNC", lambda: fcntl.ioctl(_r, 0x5452, b"\1\0\0\0"))
_ = attempt("a lease that signals", lambda: fcntl.fcntl(_r, 1024, 0))
