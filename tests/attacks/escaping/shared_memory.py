# tries: to speak to other processes through shared memory and message queues
# earns: clip, poems
_ = attempt("shared memory of System V", lambda: system_call(29, 4242, 4096, 0o1666))
_ = attempt("a queue of System V", lambda: system_call(68, 4242, 0o1666))
_ = attempt("semaphores of System V", lambda: system_call(64, 4242, 1, 0o1666))
_ = attempt("a POSIX queue", lambda: system_call(240, b"attack", 0o102, 0o666, None))
_ = attempt("a memory file", lambda: os.memfd_create("x"))
