# tries: to make more files than a disk can name
# earns: clip, poems
def sample(*args, **kwargs):
    for i in range(200_000):
        os.close(os.open(f"/scratch/tmp/{i}", os.O_CREAT | os.O_WRONLY))
    return "hello"
