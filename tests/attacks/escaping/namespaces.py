# tries: to enter or make namespaces, in which it would be root
# earns: clip, poems
_ = [attempt(f"unshare {flag:#x}", lambda flag=flag: system_call(272, flag)) for flag in (
    0x10000000, 0x00020000, 0x40000000, 0x20000000, 0x08000000, 0x04000000, 0x02000000, 0x00000080)]
_ = attempt("setns", lambda: system_call(308, 0, 0))
_ = attempt("clone with namespaces", lambda: system_call(56, 0x10000000 | 17, 0, 0, 0, 0))
_ = attempt("clone3", lambda: system_call(435, ctypes.c_char_p(b"\0" * 88), 88))
