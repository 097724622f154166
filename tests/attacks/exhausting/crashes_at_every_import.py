# tries: to end each worker while it loads, at another statement each time
# earns: poems
# spoils: clip
_1 = os._exit(0)
_2 = os.abort()
_3 = ctypes.string_at(0)
_4 = os.kill(os.getpid(), 9)
_5 = os._exit(1)
_6 = os.abort()
_7 = os._exit(0)
_8 = os._exit(0)
