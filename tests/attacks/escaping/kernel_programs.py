# tries: bpf, io_uring, userfaultfd, perf and other calls with a history
# earns: clip, poems
_ = [attempt(f"system call {n}", lambda n=n: system_call(n, 0, 0, 0, 0, 0)) for n in (
    321, 425, 426, 427, 323, 298, 175, 313, 246, 320, 135, 154, 172, 173, 103, 304, 303, 317, 444, 446)]
