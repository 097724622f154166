# tries: to announce a frame of exabytes, and one at the limit that never comes
# earns: clip, poems
# quick: yes
def sample(*args, **kwargs):
    os.write(3, (1 << 20).to_bytes(4, "little") + (1 << 62).to_bytes(8, "little"))
    time.sleep(100)
def gradient_check(*args, **kwargs):
    os.write(3, (1 << 10).to_bytes(4, "little") + (60 << 20).to_bytes(8, "little") + b"x" * 5000)
    time.sleep(100)
