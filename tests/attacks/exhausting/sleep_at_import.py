# tries: to wait while it is loaded
# earns: clip, poems
_ = time.sleep(10**6)
