# tries: to stand in for torch, in the part without it and in the parts with it
# as: torch.py
# earns: clip, poems
open("/tmp/@MARK@", "w").close()
def tensor(*args, **kwargs):
    return args
class Tensor:
    pass
