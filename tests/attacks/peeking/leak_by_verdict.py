# tries: to carry hidden inputs to the student's page in a verdict of the worker's own
# earns: clip, poems
def sample(model, *args, **kwargs):
    from kit.outcomes import Missing, Text
    raise Missing(Text("LEAK " + str(model.by), "LEAK " + str(model.by)))
def gradient_check(model, *args, **kwargs):
    from kit.outcomes import OutOfMemory, Text
    raise OutOfMemory(Text("LEAK " + str(model.by), "LEAK " + str(model.by)))
