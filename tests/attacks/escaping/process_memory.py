# tries: to read and write the memory of other processes
# earns: clip, poems
_ = [attempt(f"system call {n} on {pid}", lambda n=n, pid=pid: system_call(n, pid, 0, 0, 0, 0, 0))
     for n in (310, 311, 312, 440, 448) for pid in (1, os.getppid(), @JUDGE@)]
_ = attempt("a descriptor of another process", lambda: system_call(434, 1, 0))
_ = attempt("take a descriptor of another process", lambda: system_call(438, 3, 0, 0))
