"""All-reduce of two processes by MPI: mpirun -n 2 python3 mpi.py BYTES REPETITIONS"""
import statistics
import sys
import time

import numpy
from mpi4py import MPI

size, count = int(sys.argv[1]), int(sys.argv[2])
mine, total = numpy.ones(size // 4, numpy.float32), numpy.zeros(size // 4, numpy.float32)
seconds = []
for _ in range(count + 2):
    start = time.perf_counter()
    MPI.COMM_WORLD.Allreduce(mine, total)
    seconds.append(time.perf_counter() - start)
if MPI.COMM_WORLD.rank == 0:
    print(f"{statistics.median(seconds[2:]) * 1e6:.1f} us")
