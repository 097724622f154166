# tries: to send its answer one byte at a time
# earns: clip, poems
def sample(*args, **kwargs):
    os.write(3, (100).to_bytes(4, "little") + bytes(8))
    while True:
        os.write(3, b"x")
        time.sleep(0.02)
