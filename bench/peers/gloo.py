"""All-reduce of two processes by torch.distributed over gloo: gloo.py BYTES REPETITIONS"""
import statistics
import sys
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def run(rank, store, size, count):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    vector = torch.ones(size // 4)
    seconds = []
    for _ in range(count + 2):
        start = time.perf_counter()
        dist.all_reduce(vector)
        seconds.append(time.perf_counter() - start)
        vector.fill_(1.0)
    if rank == 0:
        print(f"{statistics.median(seconds[2:]) * 1e6:.1f} us")
    dist.destroy_process_group()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        mp.spawn(run, args=(f"{folder}/store", int(sys.argv[1]), int(sys.argv[2])), nprocs=2)
