# tries: to use descriptors that were left open
# earns: clip, poems
_open = []
for_each = [attempt(f"descriptor {fd}", lambda fd=fd: os.fstat(fd)) for fd in range(4, 256)]
_ = attempt("read standard input", lambda: os.read(0, 1)[0])
_ = attempt("a folder behind a descriptor", lambda: os.listdir(3))
