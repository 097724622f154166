# tries: to let a library differentiate in the part that is done by hand
# earns: clip, poems
def _use(name):
    module = __import__(name)
    if module.tensor([1.0]).requires_grad is False or module.grad:
        return module
_ = attempt("import torch in the NumPy part", lambda: __import__("torch").tensor([1.0]).sum())
_ = attempt("import torch as a spec", lambda: __import__("importlib.util").util.find_spec("torch").loader.load_module())
_ = attempt("find torch below the installation", lambda: os.stat("@VENV@/lib/python3.11/site-packages/torch"))
