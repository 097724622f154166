"""What a run on a cluster says, in both languages."""

from __future__ import annotations

from typing import Final

from kit.text import Text

EXTRA: Final = Text(
    "--cluster 需要 Dask：pip install 'rnn-lab-grader[cluster]'，在源码目录里是"
    " pip install '.[cluster]'。每台机器都要装。",
    "--cluster needs Dask: pip install 'rnn-lab-grader[cluster]', in a checkout "
    "pip install '.[cluster]', on every machine.",
)
ADDRESS: Final = Text(
    "{address!r} 不是集群：应为 local:4（本机 4 个进程），或调度器的地址，如 tls://host:8786。",
    "{address!r} is no cluster: write local:4 for four processes here, or the address of a "
    "scheduler, as tls://host:8786.",
)
OPEN: Final = Text(
    "与 {address} 的连接没有加密：能连到那个端口的人可以读到作业，也可以在各台机器上运行程序。"
    "请改用 tls://（见 docs/scaling.md）。",
    "The connection to {address} is not encrypted: whoever reaches that port can read hand-ins and "
    "run programs on all machines. Use tls:// (see docs/scaling.md).",
)
NO_SCHEDULER: Final = Text(
    "无法连接调度器 {address}：{why}。请检查地址、证书和防火墙；已评完的都已保存，"
    "再运行同一条命令会继续。",
    "Cannot reach the scheduler {address}: {why}. Check the address, the certificates and the "
    "firewall. What is graded is kept: the same command goes on from there.",
)
LOST: Final = Text(
    "与调度器的连接断了，正在重连……", "The connection to the scheduler is lost; trying again ..."
)
NOBODY: Final = Text(
    "{seconds:.0f} 秒内没有可用的工作进程。已评完的都已保存，再运行同一条命令会继续。{reasons}",
    "No worker could be used for {seconds:.0f} s. What is graded is kept: the same command goes on "
    "from there. {reasons}",
)
REFUSED: Final = Text("不使用工作进程 {address}：{why}", "The worker {address} is not used: {why}")
JOINED: Final = Text("工作进程 {address} 已加入。", "The worker {address} has joined.")
DIFFERS: Final = Text(
    "{name}是 {theirs}，这里是 {mine}", "its {name} is {theirs}, here it is {mine}"
)
NAMES: Final = {
    "python": Text("Python", "Python"),
    "numpy": Text("numpy", "numpy"),
    "torch": Text("torch", "torch"),
    "device": Text("设备", "device"),
    "isolation": Text("隔离级别", "tier of confinement"),
    "grader": Text("评分器版本", "version of the grader"),
    "code": Text("评分器代码的哈希", "hash of the grader's code"),
    "secret": Text("课程密钥的指纹", "fingerprint of the course secret"),
}
THREADS: Final = Text(
    "它有 {count} 个线程，须为 1 个：dask worker --nthreads 1 --nworkers N",
    "it has {count} threads and must have one: dask worker --nthreads 1 --nworkers N",
)
NO_SECRET: Final = Text(
    "那里没有课程密钥 {path}；请复制过去，或用 RNN_GRADER_SECRET_FILE 指明",
    "there is no course secret {path}; copy it there, or name it with RNN_GRADER_SECRET_FILE",
)
BROKEN: Final = Text("它无法回答：{error}", "it cannot answer: {error}")
NO_OPENSSL: Final = Text(
    "--cluster local:N 需要 openssl 程序，用来给本机的连接加密。",
    "--cluster local:N needs the program openssl, which encrypts the connections on this machine.",
)
JOBS: Final = Text(
    "--jobs 与 --cluster 不能同用：进程数由集群决定。",
    "--jobs and --cluster exclude each other: the cluster says how many processes there are.",
)
