"""The models on the real sets of ../shared/data, through the whole program: import,
train, evaluate. It judges accuracy, not speed; without the sets it says so and rests."""
import bz2
import gzip
import lzma
import random
import shutil

from harness import *

OPEN = {".xz": lzma.open, ".bz2": bz2.open, ".gz": gzip.open}


def real(test, *names):
    """The files of a real set, or None with one line that says what is skipped."""
    folder = Path(os.environ.get("REAL_DATA_DIR") or ROOT.parent / "shared/data")
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        return skipped(f"{test}: no {missing[0]} in {folder}; REAL_DATA_DIR names the folder")
    return [folder / name for name in names]


def config(scratch, text):
    path = scratch / "run.toml"
    path.write_text(text)
    return path


def accuracy(scratch, model, train, test, deadline=DEADLINE):
    """Of the finished model on the test set, in per cent of its rows."""
    run = scratch / f"run-{train.stem}"
    troupe("train", config(scratch, model), "-s", f"data.path={train}", "-s", "data.validation=0",
           "--run-dir", run, deadline=deadline)
    check(end_of(run)["status"], "==", "done")
    told = json.loads(troupe("evaluate", "--model", run / "model.h5", "--data", test, "--json").stdout)
    return told["accuracy"]


LOGISTIC = """
seed = 1
[model]
kind = "logistic"
l2 = {l2}
[training]
algorithm = "sgd"
batch = 1
[training.learning_rate]
start = {rate}
kind = "cosine"
[training.stop]
epochs = {epochs}
"""


def unpacked(path, folder):
    target = folder / path.stem
    with OPEN[path.suffix](path) as packed, open(target, "wb") as out:
        shutil.copyfileobj(packed, out)
    return target


def liblinear(scratch, train, test):
    """Logistic regression with C = 1 and no bias, as ours with l2 = 1 / rows."""
    model, told = scratch / "liblinear.model", scratch / "liblinear.out"
    subprocess.run(["liblinear-train", "-s", "0", "-c", "1", "-B", "-1", "-q", unpacked(train, scratch), model],
                   check=True, timeout=DEADLINE)
    done = subprocess.run(["liblinear-predict", unpacked(test, scratch), model, told], check=True,
                          capture_output=True, text=True, timeout=DEADLINE)
    return float(re.search(r"Accuracy = ([0-9.]+)%", done.stdout)[1]) / 100


def as_good_as_liblinear(scratch, train, test, settings):
    needs = f"logistic against liblinear on {settings['name']}"
    files = real(needs, train, test)
    if not files:
        return
    if not shutil.which("liblinear-train"):
        return skipped(f"{needs}: liblinear-tools is not installed")
    ours = {}
    for name, path in zip(("train", "test"), files):
        ours[name] = scratch / f"{name}.h5"
        troupe("data", "import", path, "--features", settings["features"], "--out", ours[name])
    got = accuracy(scratch, LOGISTIC.format(**settings), ours["train"], ours["test"])
    expected = liblinear(scratch, *files)
    print(f"{settings['name']}: {got:.4f}, liblinear {expected:.4f}")
    check(abs(got - expected), "<=", 0.005)


def test_logistic_is_as_good_as_liblinear_on_a9a(scratch):
    as_good_as_liblinear(scratch, "a9a/a9a.xz", "a9a/a9a.t.xz",
                         {"name": "a9a", "features": 123, "l2": 1 / 32561, "rate": 0.1, "epochs": 10})


def test_logistic_is_as_good_as_liblinear_on_ijcnn1(scratch):
    as_good_as_liblinear(scratch, "ijcnn1/ijcnn1.trn.bz2", "ijcnn1/ijcnn1.tst.bz2",
                         {"name": "ijcnn1", "features": 22, "l2": 1 / 49990, "rate": 0.5, "epochs": 20})


SOFTMAX = """
seed = 1
[model]
kind = "softmax"
l2 = 1e-4
[training]
algorithm = "minibatch"
workers = 2
batch = 8
[training.learning_rate]
start = 0.1
kind = "cosine"
[training.stop]
epochs = 1000
"""


SPECIES = {"1": "setosa", "2": "versicolor", "3": "virginica"}


def test_softmax_tells_the_irises_apart(scratch):
    files = real("softmax on iris", "iris/iris.data.gz", "iris/iris.labels0.gz")
    if not files:
        return
    rows, labels = (gzip.open(file, "rt").read().splitlines() for file in files)
    flowers = list(zip(rows, labels))
    random.Random(1).shuffle(flowers)
    # Three parts, each of which the other two are to tell.
    right = []
    for part in range(3):
        sets = {}
        for name, some in (("train", [f for i, f in enumerate(flowers) if i % 3 != part]),
                           ("test", flowers[part::3])):
            text, sets[name] = scratch / f"{name}{part}.csv", scratch / f"{name}{part}.h5"
            text.write_text("".join(",".join([*row.split(), SPECIES[label.strip()]]) + "\n" for row, label in some))
            troupe("data", "import", text, "--label-column", 5, "--out", sets[name])
        right.append(accuracy(scratch, SOFTMAX, sets["train"], sets["test"]))
        # The species by their names, of rows without them.
        bare = scratch / f"bare{part}.csv"
        bare.write_text("".join(",".join(row.split()) + "\n" for row, _ in flowers[part::3]))
        told = troupe("predict", "--model", scratch / f"run-train{part}/model.h5", "--data", bare).stdout.split()
        hits = [name == SPECIES[label.strip()] for name, (_, label) in zip(told, flowers[part::3], strict=True)]
        check(abs(sum(hits) / len(hits) - right[-1]), "<=", 1e-9)
    print(f"iris: {right}")
    check(sum(right) / 3, ">=", 0.95)


MLP = """
seed = 1
data.normalise = "max_abs"
[model]
kind = "mlp"
l2 = 1e-5
[model.mlp]
hidden = [128]
[training]
algorithm = "minibatch"
workers = 2
batch = 16
[training.learning_rate]
start = 0.3
kind = "cosine"
[training.stop]
epochs = 5
"""


def test_mlp_reads_handwriting(scratch):
    files = real("mlp on MNIST", *(f"mnist/{part}-{what}-ubyte.gz" for part in ("train", "t10k")
                                   for what in ("images-idx3", "labels-idx1")))
    if not files:
        return
    sets = {}
    for name, images, labels in ("train", *files[:2]), ("test", *files[2:]):
        sets[name] = scratch / f"{name}.h5"
        troupe("data", "import", images, "--labels", labels, "--out", sets[name])
    got = accuracy(scratch, MLP, sets["train"], sets["test"])
    print(f"MNIST: {got:.4f}")
    check(got, ">=", 0.97)
    # The images as they came, without a data set of them.
    model = scratch / f"run-{sets['train'].stem}/model.h5"
    told = troupe("evaluate", "--model", model, "--data", files[2], "--labels", files[3], "--json").stdout
    check(json.loads(told)["accuracy"], "==", got)
    right = [str(label) for label in gzip.open(files[3]).read()[8:]]
    told = troupe("predict", "--model", model, "--data", files[2]).stdout.split()
    check(sum(a == b for a, b in zip(told, right, strict=True)) / len(right), "==", got)


KMEANS = """
seed = {seed}
model.kind = "kmeans"
model.kmeans.clusters = 15
[data]
validation = 0
[training]
algorithm = "sgd"
batch = 1
learning_rate = {{ start = 0.1, kind = "cosine" }}
stop.epochs = 15
"""


def mean_error(points, labels):
    """Half the squared distance of a point to the mean of its cluster, on average."""
    clusters = {}
    for point, label in zip(points, labels):
        clusters.setdefault(label, []).append(point)
    total = 0
    for members in clusters.values():
        centre = [sum(axis) / len(members) for axis in zip(*members)]
        total += sum((x - c) ** 2 for point in members for x, c in zip(point, centre)) / 2
    return total / len(points)


def test_kmeans_finds_the_clusters_of_s1(scratch):
    files = real("kmeans on S1", "clustering/s1.data.gz", "clustering/s1.labels0.gz")
    if not files:
        return
    points, labels = ([[float(word) for word in line.split()] for line in gzip.open(file, "rt")] for file in files)
    data, best = scratch / "s1.h5", float("inf")
    troupe("data", "import", files[0], "--label-column", "none", "--out", data)
    for seed in range(1, 6):
        run = scratch / f"run-{seed}"
        troupe("train", config(scratch, KMEANS.format(seed=seed)), "-s", f"data.path={data}", "--run-dir", run)
        check(end_of(run)["training"]["accuracy"], "==", None)
        told = troupe("evaluate", "--model", run / "model.h5", "--data", data).stdout
        best = min(best, float(re.search(r"loss +([0-9.]+) \(mean half squared distance", told)[1]))
        check("accuracy" in told, "==", False)
    truth = mean_error(points, [label[0] for label in labels])
    print(f"S1: {best:.4g}, of the clusters that it was made of {truth:.4g}")
    check(best, "<=", 1.05 * truth)


# What each model's example comes to on its validation rows: at least this accuracy, or
# at most this loss.
EXAMPLE = {"logistic": {"accuracy": 0.95}, "softmax": {"accuracy": 0.94}, "mlp": {"accuracy": 0.95}, "perceptron": {"accuracy": 0.85},
           "linear": {"loss": 0.01}, "lms": {"loss": 0.01}, "kmeans": {"loss": 5.5}, "oja": {"loss": 4.0}}


def test_every_model_has_an_example_that_learns(scratch):
    kinds = re.search(r"^model\.kind\n +one of ([^\n]*), no default$", troupe("config", "schema").stdout, re.M)[1]
    used = {kind for path in EXAMPLES.glob("*.toml") for kind in re.findall(r'^kind = "(\w+)"', path.read_text(), re.M)}
    check(sorted(set(re.findall(r'"(\w+)"', kinds)) - used), "==", [], because="models without an example")
    for name, expected in EXAMPLE.items():
        example = EXAMPLES / f"{name}.toml"
        # The example says itself how its data are made.
        words = re.search(r"^# Made for: troupe (.*)$", example.read_text(), re.M)[1].split()
        data = scratch / words[-1]
        troupe(*words[:-1], data)
        troupe("train", example, "-s", f"data.path={data}", "--run-dir", scratch / name)
        got = validation(scratch / name)[-1]
        print(f"{name}: loss {got['loss']:.4f}, accuracy {got['accuracy']}")
        for measure, bound in expected.items():
            check(got[measure], ">=" if measure == "accuracy" else "<=", bound, because=f"of {name}")
        predicted = troupe("predict", "--model", scratch / name / "model.h5", "--data", data).stdout
        check(len(predicted.splitlines()), "==", 4000)


DIGITS = """
seed = 1
data.partitions = 4
model.kind = "{kind}"
training.algorithm = "{algorithm}"
training.batch = 16
training.learning_rate = {rate}
training.stop.epochs = 2
"""


def test_new_models_are_the_same_for_any_number_of_workers(scratch):
    data = data_set(rows=2000, kind="digits")
    for kind, rate in ("softmax", 1e-3), ("mlp", 1e-3), ("kmeans", 0.5), ("oja", 1e-6), ("linear", 1e-6):
        for algorithm in "ssgd", "local_sgd":
            found = set()
            for words in ("--set", "workers=1"), ("--set", "workers=3"), ("--set", "workers=2", "--nodes", 2):
                run = scratch / f"{kind}-{algorithm}-{len(list(scratch.iterdir()))}"
                troupe("train", config(scratch, DIGITS.format(kind=kind, rate=rate, algorithm=algorithm)),
                       "-s", f"data.path={data}", *words, "--run-dir", run)
                end = end_of(run)
                check(end["status"], "==", "done", because=f"of {kind} by {algorithm}")
                found.add(end["weights_crc32c"])
            check(len(found), "==", 1, because=f"weights of {kind} by {algorithm}: {found}")


if __name__ == "__main__":
    main()
