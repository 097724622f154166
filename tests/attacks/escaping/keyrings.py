# tries: to keep and find keys in the kernel's keyrings
# earns: clip, poems
_ = attempt("add a key", lambda: system_call(248, b"user", b"attack", b"x", 1, -4))
_ = attempt("ask for a key", lambda: system_call(249, b"user", b"attack", None, -4))
_ = attempt("join a keyring", lambda: system_call(250, 1, b"attack"))
