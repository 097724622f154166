# tries: to write and delete outside its scratch
# earns: clip, poems
# quick: yes
_ = [attempt(f"write {p}", lambda p=p: open(p, "a").write("@MARK@")) for p in (
    "@CANARY@/open.txt", "@CANARY@/@MARK@", "@CHECKOUT@/@MARK@", "/@MARK@", "/lab/kit/@MARK@", "/lab/kit/text.py",
    "/usr/lib/@MARK@", os.__file__, np.__file__, "/etc/ld.so.cache", "/dev/@MARK@", "@OUT@/@MARK@", "/var/tmp/@MARK@")]
_ = attempt("delete", lambda: os.unlink("/lab/kit/text.py"))
_ = attempt("make a folder", lambda: os.mkdir("/@MARK@"))
_ = attempt("make a device", lambda: os.mknod("device", 0o600 | 0o020000, os.makedev(1, 1)))
