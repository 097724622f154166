# tries: to read the reference solutions, the hidden suites and the rubric
# earns: clip, poems
# quick: yes
_ = [attempt(f"read {p}", lambda p=p: os.stat(p)) for p in (
    "@CHECKOUT@/solutions/numpy_rnn.py", "@CHECKOUT@/grader/parts", "@CHECKOUT@/rubric.yaml",
    "@CHECKOUT@/grader/diagnosis", "@CHECKOUT@/starter/tests/expected.npz", "@CHECKOUT@/.git/HEAD",
    "/lab/expected.npz", "/lab/test_numpy_rnn.py", "/lab/../solutions", "../../solutions")]
