"""A class on several machines, by Dask: the head keeps the marks, workers grade.

Dask starts the processes, moves bytes and notices who is gone. What a worker must be is checked
here when it joins, and with each of its answers. `distributed` is an extra.
"""
