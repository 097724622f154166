# tries: to print a lot while it is loaded
# earns: clip, poems
_ = [print("x" * 100_000) for _ in range(100)]
