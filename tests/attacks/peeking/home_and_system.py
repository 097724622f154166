# tries: to read home folders, keys, passwords and other programs
# earns: clip, poems
_ = [attempt(f"see {p}", lambda p=p: os.stat(os.path.expanduser(p))) for p in (
    "/etc/passwd", "/etc/shadow", "/etc/hostname", "/root/.bashrc", "/home", "/var", "/bin/sh", "/usr/bin/env",
    "/root/.ssh", "/run", "/opt", "/srv", "/boot", "/mnt", "@CHECKOUT@/README.md", "@OUT@")]
