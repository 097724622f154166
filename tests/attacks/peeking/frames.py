# tries: to find expected values, tolerances and the reference in the frames above
# earns: clip, poems
# quick: yes
def sample(*args, **kwargs):
    for space in callers():
        for name in ("expected", "truth", "reference", "tolerance", "public", "draw", "secret", "judge"):
            if name in space:
                _escapes.append(f"{name} in a frame")
    return "hello"
_ = sample()
