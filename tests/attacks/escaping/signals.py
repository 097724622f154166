# tries: to kill its parent, its siblings, process 1, the judge and everyone
# earns: clip, poems
_ = [attempt(f"signal {pid}", lambda pid=pid: os.kill(pid, 9)) for pid in (1, 0, -1, os.getppid() or 1, @JUDGE@)]
_ = [attempt(f"signal group {pid}", lambda pid=pid: os.killpg(pid, 9)) for pid in (1, 0 or 1, @JUDGE@)]
_ = [attempt(f"tgkill {pid}", lambda pid=pid: system_call(234, pid, pid, 9)) for pid in (1, 3, @JUDGE@)]
_ = attempt("queue a signal", lambda: system_call(129, 1, 9, 0))
