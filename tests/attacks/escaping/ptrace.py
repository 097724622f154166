# tries: to trace its parent and the judge
# earns: clip, poems
_ = [attempt(f"ptrace {pid}", lambda pid=pid: system_call(101, 16, pid, 0, 0)) for pid in (1, os.getppid(), @JUDGE@)]
_ = attempt("ptrace TRACEME", lambda: system_call(101, 0, 0, 0, 0))
