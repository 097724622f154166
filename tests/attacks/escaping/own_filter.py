# tries: to replace its own filter, and to switch to another kind of system calls
# earns: clip, poems
_ = attempt("another filter", lambda: system_call(317, 1, 0, None))
_ = attempt("prctl with a filter", lambda: system_call(157, 22, 2, None, 0, 0))
_ = attempt("x32 calls", lambda: system_call(0x40000000 + 39))
_ = attempt("dumpable", lambda: system_call(157, 4, 1, 0, 0, 0))
_ = attempt("a child subreaper", lambda: system_call(157, 36, 1, 0, 0, 0))
