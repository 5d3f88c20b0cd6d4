"""P9: behind a barrier, with the partitions fixed, the weights are the same bit for
bit, whoever computed them and wherever. Open gates promise nothing of the kind."""
from harness import *

EIGHT = ("-s", "data.partitions=8", "-s", "data.validation=0.2", "-s", "training.stop.epochs=2")


def weights(run, host, *words, example="ssgd"):
    troupe(host, EXAMPLES / f"{example}.toml", "-s", f"data.path={data_set(4000)}", *EIGHT, *words,
           "--run-dir", run)
    end = end_of(run)
    check(end["status"], "==", "done")
    check(end["updates"], ">=", 2)
    return end["weights_crc32c"]


def same_everywhere(scratch, *words, example="ssgd"):
    one = weights(scratch / "one", "train", "-s", "training.workers=1", *words, example=example)
    others = {f"{n} workers": ("train", "-s", f"training.workers={n}") for n in (2, 3, 8)}
    others["3 nodes"] = ("train", "-s", "training.workers=3", "--nodes", "3")
    others["8 workers on 3 nodes"] = ("train", "-s", "training.workers=8", "--nodes", "3")
    others["twin, 3 workers"] = ("twin", "-s", "training.workers=3")
    others["twin, stragglers"] = ("twin", "-s", "training.workers=8", "-s", "pace.step=1+exp(0.5)")
    for title, how in others.items():
        crc = weights(scratch / title.replace(" ", "_"), *how, *words, example=example)
        check(crc, "==", one, because=f"for {title}, against 1 worker")
    return one


def test_gradients_give_the_same_weights_whoever_computes_them(scratch):
    first = same_everywhere(scratch)
    other_seed = weights(scratch / "seed", "train", "-s", "training.workers=1", "-s", "seed=8")
    check(other_seed, "!=", first, because="another seed must give other weights")


def test_sparse_pushes_do_not_change_a_bit(scratch):
    sparse = same_everywhere(scratch, "-s", "training.codec=sparse")
    check(sparse, "==", weights(scratch / "dense", "train", "-s", "training.workers=2",
                                "-s", "training.codec=dense"))


def test_averaged_replicas_give_the_same_weights_whoever_holds_them(scratch):
    same_everywhere(scratch, example="local_sgd")


def test_slices_of_the_model_change_no_bit_wherever_they_are(scratch):
    for example in "ssgd", "local_sgd":
        wide = ("-s", "training.workers=3", "-s", "training.pull=dense")
        whole = weights(scratch / f"{example}_whole", "train", *wide, example=example)
        hosts = {"threads": ("train",), "3 nodes": ("train", "--nodes", "3"), "twin": ("twin",)}
        for shards in 2, 3:
            for title, host in hosts.items():
                crc = weights(scratch / f"{example}_{shards}_{title.replace(' ', '_')}", *host, *wide, "-s",
                              f"shards={shards}", example=example)
                check(crc, "==", whole, because=f"{example}, {shards} shards, {title}")


def test_peers_behind_a_barrier_reach_the_same_bits_wherever_they_are(scratch):
    hosts = [("train",), ("train", "--nodes", "2"), ("train", "--nodes", "4"), ("twin",),
             ("twin", "-s", "pace.step=1+exp(0.5)")]
    for example in "dpsgd", "sgp":
        same = [weights(scratch / f"{example}_{n}", *host, "-s", "data.partitions=4", "-s", "training.workers=4",
                        example=example) for n, host in enumerate(hosts)]
        check(len(set(same)), "==", 1, because=f"weights of {example} by {hosts}: {same}")


def test_a_global_shuffle_deals_the_same_rows_whoever_draws_them(scratch):
    dealt = same_everywhere(scratch, "-s", "data.shuffle=global")
    check(dealt, "!=", weights(scratch / "local", "train", "-s", "training.workers=2"))
    ends = [end_of(run)["bytes_moved"] for run in scratch.iterdir() if run.name != "local"]
    check(ends, "==", ends[:1] * len(ends), because="bytes moved depend on the partitions alone")
    # 3200 rows, of which 7 of 8 change hands each epoch: 4 bytes a label, 8 an entry.
    check(ends[0], ">=", 2 * 3200 * 0.8 * 8 * 60)
    check(ends[0], "<=", 2 * 3200 * 8 * 90)


def test_a_tree_reaches_the_bits_of_the_server(scratch):
    for codec in "sparse", "changed":
        tree = same_everywhere(scratch / codec, "-s", "topology=tree", "-s", f"training.codec={codec}")
        check(tree, "==", weights(scratch / codec / "server", "train", "-s", "training.workers=2"))


def test_a_ring_repeats_for_the_same_peers_wherever_they_are(scratch):
    hosts = [("train",), ("train", "--nodes", "3"), ("twin",), ("twin", "-s", "pace.step=1+exp(0.5)")]
    for example in "ssgd", "local_sgd":
        same = [weights(scratch / f"{example}_{n}", *host, "-s", "topology=ring", "-s", "training.workers=3",
                        example=example) for n, host in enumerate(hosts)]
        check(len(set(same)), "==", 1, because=f"weights of {example} around a ring by {hosts}: {same}")


def test_exact_sums_agree_across_server_tree_and_ring(scratch):
    for example in "ssgd", "local_sgd":
        exact = {topology: same_everywhere(scratch / f"{example}_{topology}", "-s", f"topology={topology}",
                                           "-s", "reduction=exact", example=example)
                 for topology in ("server", "tree", "ring")}
        check(len(set(exact.values())), "==", 1, because=f"{example}: {exact}")


if __name__ == "__main__":
    main()
