# tries: to make a program that runs as somebody else, and to run one
# earns: clip, poems
def _make():
    with open("mine", "wb") as file:
        file.write(b"\x7fELF" + bytes(60))
    os.chmod("mine", 0o6755)
    os.execv("./mine", ["mine"])
_ = attempt("run a program of its own", _make)
_ = [attempt(f"run {p}", lambda p=p: os.execv(p, [p, "-c", "1"])) for p in ("/bin/su", "/usr/bin/python3", sys.executable, "/lib64/ld-linux-x86-64.so.2")]
