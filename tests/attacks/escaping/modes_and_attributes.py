# tries: to change modes, owners, times and attributes of files that are not its own
# earns: clip, poems
_ = [attempt(f"{what} {p}", lambda f=f, p=p: f(p)) for p in ("@CANARY@/open.txt", "@CHECKOUT@/rubric.yaml", "/lab/kit/text.py", "/lab", "/", "/dev/null") for what, f in (
    ("chmod", lambda p: os.chmod(p, 0o777)), ("chown", lambda p: os.chown(p, os.getuid(), -1)),
    ("utime", lambda p: os.utime(p, (0, 0))), ("setxattr", lambda p: os.setxattr(p, "user.x", b"1")),
    ("truncate", lambda p: os.truncate(p, 0)))]
