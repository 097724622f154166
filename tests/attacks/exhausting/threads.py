# tries: to start as many threads as there are numbers
# earns: clip, poems
def sample(*args, **kwargs):
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return "hello"
