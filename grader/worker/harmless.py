"""Which modules may be replaced by inert ones without any effect on what a check sees.

A logger, a plot or a progress line that does nothing changes no value. Of every other module the
values or effects may matter: a function that uses one of these is not judged by what it then gives.
"""

from __future__ import annotations

from functools import cache
from typing import Final

_LISTS: Final = {
    "records of experiments, logs": """
        wandb swanlab mlflow neptune comet_ml clearml aim sacred visdom trackio
        tensorboard tensorboardX tensorboard_logger torch.utils.tensorboard
        loguru coloredlogs colorlog structlog
    """,
    "plots": """
        matplotlib matplotlib_inline pylab seaborn plotly bokeh altair pyecharts plotnine hvplot
        pygal livelossplot mplfonts scienceplots torchviz hiddenlayer netron graphviz
    """,
    "notebooks": "IPython ipywidgets ipykernel jupyter notebook nbformat google.colab",
    # Its stand-in works. Others that wrap a loop (rich.progress) are not harmless: a loop over an
    # inert object is another loop.
    "bars": "tqdm",
    "lines on a terminal": """
        colorama termcolor tabulate prettytable icecream rich.print rich.console rich.table
        rich.panel rich.text rich.logging rich.pretty rich.traceback
    """,
    "measures of time, memory and size": """
        torchinfo torchsummary thop ptflops fvcore psutil GPUtil pynvml memory_profiler
        line_profiler torchsnooper snoop pysnooper
    """,
    "types": """
        typing_extensions jaxtyping torchtyping nptyping typeguard beartype overrides
    """,
    "compilers that give the same values": "numba.njit numba.jit",
}

HARMLESS: Final = frozenset(name for names in _LISTS.values() for name in names.split())
"""Modules, or names of them. All that is below a name is harmless with it."""


@cache
def is_harmless(name: str) -> bool:
    """Whether a stand-in for `name`, a module or a name in one, changes nothing that is graded."""
    words = name.split(".")
    return any(".".join(words[:n]) in HARMLESS for n in range(1, len(words) + 1))
