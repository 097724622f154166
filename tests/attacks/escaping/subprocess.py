# tries: to start other programs by every usual way
# earns: clip, poems
# quick: yes
import subprocess
_ = attempt("subprocess", lambda: subprocess.run([sys.executable, "-c", "print(1)"], check=True))
_ = attempt("os.system", lambda: 1 / (os.system("true") == 0))
_ = attempt("os.popen", lambda: os.popen("true").read() or 1 / 0)
_ = attempt("posix_spawn", lambda: os.posix_spawn(sys.executable, [sys.executable], {}))
_ = attempt("multiprocessing", lambda: __import__("multiprocessing").get_context("fork").Pool(1))
