# tries: to change user, group, capabilities, limits and priorities
# earns: clip, poems
import resource
_ = attempt("setuid 0", lambda: os.setuid(0))
_ = attempt("setresuid", lambda: os.setresuid(0, 0, 0))
_ = attempt("setgroups", lambda: os.setgroups([0]))
_ = attempt("capset", lambda: system_call(126, ctypes.c_char_p(b"\x22\x05\x08\x20" + b"\0" * 4), ctypes.c_char_p(b"\xff" * 24)))
_ = attempt("raise memory", lambda: resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2))
_ = attempt("raise descriptors", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096)))
_ = attempt("limit the judge", lambda: resource.prlimit(@JUDGE@, resource.RLIMIT_CPU, (1, 1)))
_ = attempt("nice", lambda: os.nice(-5))
_ = attempt("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))
_ = attempt("new privileges", lambda: system_call(157, 38, 0, 0, 0, 0))
