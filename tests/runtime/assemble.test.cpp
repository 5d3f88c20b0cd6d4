/// What depends on the data: sizes, schedules, tolerances, and the last words
/// that "auto" leaves open.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/user_error.hpp"
#include "datasets/memory.hpp"
#include "runtime/assemble.hpp"
#include "tests/runtime/all_tables.hpp"

using namespace troupe;

namespace {

using testing::all;

/// Rows of two features, every one of norm 2.
std::shared_ptr<const Dataset> sparse_set(std::size_t rows, std::uint32_t features = 8) {
  std::vector<SparseRow> set(rows);
  for (std::size_t i = 0; i < rows; ++i)
    set[i] = {.index = {0, 1}, .value = {2, 0}, .label = i % 2 == 0 ? 1.0F : -1.0F};
  return memory_dataset(set, features);
}

std::shared_ptr<const Dataset> dense_set(std::size_t rows, std::size_t features = 8) {
  return memory_dataset(
      std::vector<DenseRow>(rows, {.value = std::vector<float>(features, 1), .label = 1}));
}

Config configured(const std::vector<std::string>& overrides) {
  return load_config(all(),
                     {"run.toml", "data.path = \"a.h5\"\nmodel.kind = \"svm\"\n", {}, overrides});
}

Assembled made(const std::vector<std::string>& overrides, std::size_t rows = 1000) {
  return assemble(configured(overrides), all(), {sparse_set(rows), nullptr});
}

std::string refusal(const std::vector<std::string>& overrides, DataSets data, ExitCode code) {
  try {
    assemble(configured(overrides), all(), std::move(data));
  } catch (const UserError& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "";
}

std::string word(const Assembled& assembled, const char* path) {
  return assembled.resolved.settings().text(path);
}

bool noted(const Assembled& assembled, const std::string& note) {
  return std::ranges::find(assembled.notes, note) != assembled.notes.end();
}

}  // namespace

TEST_CASE("assemble: sparse rows are not standardised, for their zeros would go") {
  CHECK(refusal({"normalise=standardise"}, {sparse_set(10), nullptr}, ExitCode::usage) ==
        "-s normalise=standardise: data.normalise = \"standardise\" "
        "would turn the zeros of memory, whose rows are sparse, into other numbers; \"max_abs\" "
        "and \"unit_rows\" keep them");
}

TEST_CASE("assemble: models, tolerances and tests see normalised rows") {
  const Assembled raw = made({});
  const Assembled unit =
      assemble(configured({"normalise=max_abs"}), all(), {sparse_set(1000), sparse_set(10)});
  CHECK(raw.plan->data->facts().row_norm_max == 2);
  CHECK(unit.plan->data->facts().row_norm_max == 1);
  CHECK(unit.plan->test->load({0, 1}).rows()[0].value[0] == 1);
  CHECK(unit.plan->normalisation->divisor[0] == 2);
  CHECK(unit.notes.front() == "7 of 8 features are 0 in all training rows and keep their scale");
}

TEST_CASE("assemble: partitions are as many as workers unless the user says") {
  CHECK(made({"workers=3"}).plan->partitions == 3);
  const Assembled eight = made({"workers=3", "partitions=8"});
  CHECK(eight.plan->workers == 3);
  CHECK(eight.plan->partitions == 8);
  CHECK(eight.plan->drawing.nodes.size() == 4);
  CHECK(eight.plan->training.size() == 900);
}

TEST_CASE("assemble: serial uses one worker and says so") {
  const Assembled serial = made({"topology=serial", "workers=4", "partitions=8"});
  CHECK(serial.plan->workers == 1);
  CHECK(serial.plan->partitions == 1);
  CHECK(
      noted(serial,
            "topology 'serial' uses one worker; training.workers = 4 (-s workers=4) is not used"));
  CHECK(noted(
      serial,
      "topology 'serial' uses one worker; data.partitions = 8 (-s partitions=8) is not used"));
  CHECK(serial.resolved.settings().integer("training.workers") == 1);
}

TEST_CASE("assemble: batch all is a partition's rows, and larger ones are cut to it") {
  CHECK(made({"batch=all", "partitions=4", "workers=4"}).plan->batch == 225);
  const Assembled cut = made({"batch=5000"});
  CHECK(cut.plan->batch == 900);
  CHECK(noted(cut,
              "training.batch = 5000 (-s batch=5000) is more than the 900 rows of a partition; 900 "
              "are used"));
}

TEST_CASE("assemble: local_steps epoch is an epoch of a partition") {
  CHECK(made({"topology=serial"}).plan->local_steps == 57);  // 900 rows, 16 at a time
  CHECK(made({"topology=serial", "batch=all"}).plan->local_steps == 1);
  CHECK(made({"exchange=state", "local_steps=5"}).plan->local_steps == 5);
}

TEST_CASE("assemble: pull and codec are sparse where gradients of sparse rows travel") {
  const Assembled sparse = made({});
  CHECK(sparse.plan->pull == PullKind::sparse);
  CHECK(word(sparse, "training.pull") == "sparse");
  CHECK(word(sparse, "training.codec") == "sparse");
  CHECK(word(sparse, "model.regularise") == "per_feature");
  const Assembled states = made({"exchange=state"});
  CHECK(states.plan->pull == PullKind::dense);
  CHECK(states.plan->descends);
  CHECK(word(made({"update=momentum"}), "training.pull") == "dense");
  CHECK(word(made({"regularise=dense"}), "training.codec") == "dense");
}

TEST_CASE("assemble: keys of served data mean nothing where each reads its own file") {
  CHECK(noted(
      made({"data.cache=none"}),
      "data.cache = \"none\" (-s data.cache=none) is not used: every process reads its own file"));
  CHECK(made({"data.cache=none", "data.source=coordinator"}).notes.empty());
}

TEST_CASE("assemble: only gradients at an open gate may work ahead") {
  CHECK(made({"gate=open", "ahead=4"}).plan->ahead == 4);
  CHECK(refusal({"gate=barrier", "ahead=2"}, {sparse_set(100), nullptr}, ExitCode::usage) ==
        "-s ahead=2: training.ahead = 2 needs an open gate and gradients: in a round nobody may be "
        "ahead of the others");
  CHECK(refusal({"gate=open", "exchange=state", "ahead=2"}, {sparse_set(100), nullptr},
                ExitCode::usage) ==
        "-s ahead=2: training.ahead = 2 needs an open gate and gradients: a replica goes on from "
        "where the last exchange left it");
}

TEST_CASE("assemble: gradients go entry by entry while a turn has few of them") {
  const auto set = [](std::uint32_t features) {
    return DataSets{sparse_set(100, features), nullptr};
  };
  const auto form = [&](std::vector<std::string> changes, std::uint32_t features) {
    return assemble(configured(std::move(changes)), all(), set(features)).plan;
  };
  CHECK(form({"gate=open", "batch=4"}, 100)->entrywise);  // 8 entries a turn
  CHECK(form({"gate=open", "batch=4"}, 100)->unsummed);
  CHECK_FALSE(form({"gate=open", "batch=4"}, 12)->entrywise);
  CHECK_FALSE(form({"gate=barrier", "batch=4"}, 100)->unsummed);
  CHECK_FALSE(form({"gate=open", "batch=4", "codec=changed"}, 100)->unsummed);
  CHECK_FALSE(form({"gate=open", "batch=4", "update=momentum"}, 100)->unsummed);
  CHECK_FALSE(form({"gate=open", "batch=4", "exchange=state"}, 100)->entrywise);
}

TEST_CASE("assemble: dense rows are pulled, written and regularised densely") {
  const Assembled dense = assemble(configured({}), all(), {dense_set(100), nullptr});
  CHECK(dense.plan->pull == PullKind::dense);
  CHECK(word(dense, "training.codec") == "dense");
  CHECK(word(dense, "model.regularise") == "dense");
  CHECK(refusal({"pull=sparse"}, {dense_set(100), nullptr}, ExitCode::usage) ==
        "-s pull=sparse: training.pull = \"sparse\" needs a model that reads only its rows' "
        "features, and model.kind = \"svm\" on memory reads all");
}

TEST_CASE("assemble: the schedule counts the draws of an update") {
  CHECK(made({"workers=4"}).plan->schedule.rows_per_update == 64);
  CHECK(made({"workers=4", "gate=open"}).plan->schedule.rows_per_update == 16);
  CHECK(made({"workers=4", "local_steps=3"}).plan->schedule.rows_per_update == 192);
  CHECK(made({"workers=4", "exchange=state", "local_steps=3"}).plan->schedule.rows_per_update ==
        64);
  CHECK(made({}).plan->schedule.rows_per_epoch == 900);
}

TEST_CASE("assemble: each kind of schedule gets what it needs") {
  const auto schedule = [](const std::vector<std::string>& overrides) {
    return made(overrides).plan->schedule;
  };
  const Schedule step = schedule({"learning_rate={start=2, kind='step', at=[1, 3], factor=0.5}"});
  CHECK(step.form == Schedule::Form::step);
  CHECK(step.rate(900) == 1.0F);
  CHECK(step.rate(2700) == 0.5F);
  const Schedule cosine = schedule({"learning_rate.kind=cosine", "epochs=4"});
  CHECK(cosine.epochs == 4);
  CHECK(cosine.rate(3600) == doctest::Approx(0));
  CHECK(schedule({"learning_rate.kind=inverse", "l2=0.01"}).decay == 0.01);
  CHECK(schedule({"learning_rate.kind=inverse", "decay=2"}).decay == 2);
  CHECK(schedule({"warmup=2"}).warmup_epochs == 2);
}

TEST_CASE("assemble: the tolerance of phi follows the formula") {
  // M = 2, L = 4, Omega = 2 entries, rate 0.5, phi 0.5, c 0.1: 2 x 4 x 4 x 2 x 0.5 / 0.05
  const std::vector<std::string> keys{"stop={tolerance={phi=0.5}}", "learning_rate=0.5", "l2=0.1"};
  CHECK(*made(keys).plan->stop.tolerance == doctest::Approx(640));
  std::vector<std::string> half = keys;
  half[1] = "learning_rate=0.25";
  CHECK(*made(half).plan->stop.tolerance == doctest::Approx(320));
  std::vector<std::string> given = keys;
  given[0] = "stop={tolerance={phi=0.5, gradient_norm=1, lipschitz=1}}";
  CHECK(*made(given).plan->stop.tolerance == doctest::Approx(40));
  CHECK(made(given).notes.front() ==
        "training.stop.tolerance.phi = 0.5 comes to a tolerance of 40 (L = 1, M = 1, Omega = 2, "
        "rate = 0.5, c = 0.1)");
}

TEST_CASE("assemble: stop keys reach the rule") {
  const StopRule stop =
      made({"stop={epochs=2.5, steps=7, time='3s', target=0.9, tolerance=1e-3, no_better_for=4}"})
          .plan->stop;
  CHECK(stop.epochs == 2.5);
  CHECK(stop.steps == 7);
  CHECK(stop.seconds == 3);
  CHECK(stop.target == 0.9);
  CHECK(stop.tolerance == 1e-3);
  CHECK(stop.no_better_for == 4);
}

TEST_CASE("assemble: short exchanges of replicas are worth a note") {
  const Assembled short_ones = made({"workers=2", "exchange=state", "local_steps=2"});
  CHECK(noted(short_ones,
              "32 rows per partition between two exchanges (batch 16 x local_steps 2): below about "
              "1000 an exchange of replicas costs more than the descent"));
  CHECK(made({"workers=2"}).notes.empty());
}

TEST_CASE("assemble: a value that nothing reads is worth a note") {
  CHECK(
      noted(made({"momentum.beta=0.5"}),
            "training.momentum.beta = 0.5 (-s momentum.beta=0.5) is not used, as training.update = "
            "\"sgd\" (default)"));
}

TEST_CASE("assemble: a preset of which one key makes another algorithm says so") {
  CHECK(noted(made({"algorithm=asgd", "gate=barrier"}),
              "training.algorithm = \"asgd\" (-s algorithm=asgd) is not itself any more: it runs "
              "with training.gate = \"barrier\" (-s gate=barrier)"));
  CHECK(noted(made({"algorithm=asgd", "topology=gossip", "workers=2"}),
              "training.algorithm = \"asgd\" (-s algorithm=asgd) is not itself any more: it runs "
              "with training.exchange = \"state\" (topology gossip), training.merge = \"parzen\" "
              "(topology gossip), training.topology = \"gossip\" (-s topology=gossip)"));
  CHECK(made({"algorithm=asgd", "gate=open", "workers=2", "batch=8"}).notes.empty());
}

TEST_CASE("assemble: data that cannot be trained on is refused with exit 3") {
  CHECK(refusal({}, {sparse_set(0), nullptr}, ExitCode::data) ==
        "memory: no rows to train on: 0 rows in all");
  CHECK(refusal({"target=0.9"}, {sparse_set(5), nullptr}, ExitCode::data) ==
        "memory: no validation rows, which the stop rule needs: 5 rows in all");
  CHECK(refusal({}, {sparse_set(50), sparse_set(50, 9)}, ExitCode::data) ==
        "memory: 9 features, but the training set memory has 8");
  CHECK(refusal({}, {dense_set(50), dense_set(50, 7)}, ExitCode::data) ==
        "memory: 7 features, but the training set memory has 8");
  CHECK(refusal({}, {sparse_set(50), sparse_set(0)}, ExitCode::data) ==
        "memory: no rows to test on");
  CHECK(refusal({}, {sparse_set(50), sparse_set(50, 7)}, ExitCode::data).empty());
}

TEST_CASE("assemble: more partitions than rows are refused") {
  CHECK(refusal({"partitions=50"}, {sparse_set(40), nullptr}, ExitCode::usage) ==
        "-s partitions=50: data.partitions = 50 are more than the 36 training rows of memory");
}

TEST_CASE("assemble: a bound that no window fits into is refused with the least that works") {
  // One cut of 100,000 rows of 8 features: 3.8 MiB, 4.2 with orders.
  const DataSets data{dense_set(100'000), nullptr};
  CHECK(refusal({"memory=2MiB"}, data, ExitCode::usage) ==
        "-s memory=2MiB: data.memory = 2097152 is too small for data.partitions = 1 (default, as "
        "many as workers) of memory: two windows for each and a segment under way, of segments of "
        "4 MiB and batches of 16 rows; \"8 MiB\" would do, or fewer partitions or a smaller "
        "training.batch");
  CHECK(refusal({"memory=8MiB"}, data, ExitCode::usage).empty());
}

TEST_CASE("assemble: a missing file is refused with exit 3") {
  CHECK_THROWS_AS(assemble(configured({"data.path=/nowhere/none.h5"}), all()), UserError);
}

TEST_CASE("assemble: what it resolved to makes the same plan again, for every preset") {
  const Schema schema = schema_of(all());
  for (const Preset& preset : all().presets) {
    CAPTURE(preset.kind.name);
    const Assembled first = made({"algorithm=" + preset.kind.name, "workers=3"});
    const std::string text = resolved_text(schema, first.resolved, false);
    const Config again = load_config(all(), {"resolved.toml", text, {}, {}});
    const Assembled second = assemble(again, all(), {sparse_set(1000), nullptr});
    CHECK(second.resolved.settings().values() == first.resolved.settings().values());
    CHECK(second.plan->workers == first.plan->workers);
    CHECK(second.plan->partitions == first.plan->partitions);
    CHECK(second.plan->batch == first.plan->batch);
    CHECK(second.plan->local_steps == first.plan->local_steps);
    CHECK(second.plan->pull == first.plan->pull);
    CHECK(resolved_text(schema, second.resolved, false) == text);
  }
}

TEST_CASE("assemble: policies are made afresh each time") {
  const Assembled assembled = made({"update=momentum"});
  CHECK(assembled.plan->parameters == 8);
  CHECK(assembled.plan->update() != assembled.plan->update());
  CHECK(assembled.plan->update()->dense());
  CHECK(assembled.plan->gate() != nullptr);
  CHECK(assembled.plan->merge() != nullptr);
  CHECK(assembled.plan->exchange() != nullptr);
  CHECK(assembled.plan->codec() != nullptr);
}

TEST_CASE("assemble: the pace is what [pace] says") {
  const Assembled drawn = made({"pace.step=1+exp(0.5)", "unit=1ms", "factors=[1, 4]", "seed=9"});
  CHECK_FALSE(drawn.pace.real);
  CHECK(drawn.pace.unit_seconds == 1e-3);
  CHECK(drawn.pace.factors == std::vector{1.0, 4.0});
  CHECK(drawn.pace.seed == 9);
  CHECK(made({}).pace.real);
  CHECK(made({}).pace.message(0, 1, 0) == doctest::Approx(50e-6));
}

TEST_CASE("assemble: a time in pace.step lasts what it says, whatever a 1 lasts") {
  CHECK(made({"pace.step=2s", "unit=1ms"}).pace.computation(0, 0, 4) == doctest::Approx(2));
}

TEST_CASE("assemble: links and faults name people of this run") {
  const DataSets data{sparse_set(1000), nullptr};
  CHECK(refusal({"pace.link=[{from=\"wroker 0\"}]"}, data, ExitCode::usage) ==
        "-s pace.link=[{from=\"wroker 0\"}]: pace.link.0.from = \"wroker 0\" takes no part in "
        "this run, did you mean 'worker 0'?");
  CHECK(refusal({"workers=4", "pace.fault=[{who=\"worker 40\", what=\"crash\", at=1}]"}, data,
                ExitCode::usage) ==
        "-s pace.fault=[{who=\"worker 40\", what=\"crash\", at=1}]: pace.fault.0.who = \"worker "
        "40\" takes no part in this run, did you mean 'worker 0'?");
  CHECK(refusal({"pace.fault=[{who=\"aggregator 0\", what=\"crash\", at=1}]"}, data,
                ExitCode::usage) ==
        "-s pace.fault=[{who=\"aggregator 0\", what=\"crash\", at=1}]: pace.fault.0.who = "
        "\"aggregator 0\" is no worker; workers are 'worker 0' to 'worker 0'");
}

TEST_CASE("assemble: where all share a memory no worker ends by itself") {
  CHECK(refusal({"topology=shared", "pace.fault=[{who=\"worker 0\", what=\"crash\", at=1}]"},
                {sparse_set(1000), nullptr}, ExitCode::usage)
            .ends_with("pace.fault.0.what = \"crash\": those who share a memory are one process, "
                       "in which a worker can only pause; take what = \"pause\", or another "
                       "topology"));
}

TEST_CASE("assemble: links and faults come to the twin as they stand") {
  const Assembled run =
      made({"workers=3", "pace.link=[{from=\"worker 2\", loss=0.25, bandwidth=\"1 MB\"}]",
            "pace.fault=[{who=\"worker 1\", what=\"cut\", at=5, for=2},"
            "{who=\"worker 0\", at=\"500ms\", for=1}]",
            "pace.worker=[{who=\"worker 1\", step=\"2\"}]"});
  REQUIRE(run.pace.links.size() == 1);
  CHECK(run.pace.links[0].from == run.plan->worker(2));
  CHECK_FALSE(run.pace.links[0].to.has_value());
  CHECK(run.pace.links[0].bytes_per_second == 1e6);
  REQUIRE(run.pace.faults.size() == 2);
  CHECK(run.pace.faults[0].what == Mishap::pause);
  CHECK(run.pace.faults[0].at == 0.5);
  CHECK(run.pace.faults[1].over() == 7);
  CHECK(run.pace.computation(1, 0, 16) == 2);
}
