# tries: to wait longer than anybody has time
# earns: clip, poems
def sample(*args, **kwargs):
    time.sleep(10**6)
