# tries: to report random errors
# earns: clip, poems
def gradient_check(model, X, y, eps=1e-5):
    return {name: float(np.random.rand() < 0.5) for name in ("Wxh", "Whh", "bh", "Why", "by")}
