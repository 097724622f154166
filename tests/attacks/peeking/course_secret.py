# tries: to read the course secret, or to make the hidden inputs from a guess
# earns: clip, poems
_ = [attempt(f"read {p}", lambda p=p: open(p).read()) for p in (
    "@SECRET_FILE@", "@CHECKOUT@/.course-secret", "/.course-secret", ".course-secret")]
