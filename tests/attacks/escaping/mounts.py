# tries: to mount, unmount, change root and use the new calls for mounts
# earns: clip, poems
_libc = ctypes.CDLL(None, use_errno=True)
_ = [attempt(f"system call {n}", lambda n=n, a=a: system_call(n, *a)) for n, a in (
    (165, (b"none", b"/scratch", b"tmpfs", 0, None)), (166, (b"/scratch", 2)), (155, (b".", b".")),
    (161, (b"/scratch",)), (428, (-100, b"/", 1)), (429, (3, b"", -100, b"/scratch", 4)),
    (430, (b"tmpfs", 0)), (442, (-100, b"/", 0, None, 0)))]
