# tries: to read processes, environments, memory and descriptors in /proc and /sys
# earns: clip, poems
_ = attempt("list /proc", lambda: os.listdir("/proc")[0])
_ = [attempt(f"read {p}", lambda p=p: open(p, "rb").read(1)) for p in (
    "/proc/self/environ", "/proc/1/environ", "/proc/@JUDGE@/environ", "/proc/self/maps",
    "/proc/self/mem", "/proc/@JUDGE@/mem", "/proc/self/root/etc/passwd", "/proc/cpuinfo",
    "/sys/class/net/lo/address", "/sys/kernel/mm/transparent_hugepage/enabled")]
