/// Lines and texts by themselves: reports as JSON, the progress line, the journal
/// on a disk that takes nothing.
#include "apps/library/recorder.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/library/preparation.hpp"
#include "tests/library/toy.hpp"

using namespace troupe;
using troupe::test::Scratch;

namespace {

/// As on a full disk: no file of this process can grow.
class NoMoreBytes {
 public:
  NoMoreBytes() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoMoreBytes() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  NoMoreBytes(const NoMoreBytes&) = delete;
  NoMoreBytes& operator=(const NoMoreBytes&) = delete;

 private:
  rlimit before_{};
};

/// A recorder of a run that is prepared and never started.
struct Recorded {
  static Prepared prepared(const Scratch& scratch) {
    return prepare({"troupe train", {{"CONFIG", {troupe::test::small_config(scratch)}}}}, tables());
  }
  Scratch scratch;
  Prepared run = prepared(scratch);
  RunFolder folder = RunFolder::create(scratch.file("run"), "x", 0);
  std::ostringstream out;
  std::ostringstream err;
  Recorder recorder{{.folder = folder,
                     .config = run.config(),
                     .plan = run.assembled.plan,
                     .card = run_card_here(),
                     .out = out,
                     .err = err}};
  Recorded() { recorder.begin("127.0.0.1:1", "secret"); }
};

}  // namespace

TEST_CASE("recorder: a model that cannot be written is exit 3, whatever the run says") {
  Recorded run;
  EndReport end;
  end.status = "done";
  end.model = Block::zeros(5).freeze();
  run.recorder.take(Report(end));
  int code = 0;
  {
    const NoMoreBytes full;
    code = run.recorder.finish();
  }
  CHECK(code == 3);
  CHECK(run.err.str().find(run.scratch.file("run/model.h5")) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(run.scratch.file("run/model.h5")));
}

TEST_CASE("recorder: the end line comes when the model is there, and says its weights") {
  Recorded run;
  EndReport end;
  end.status = "done";
  end.model = Block::zeros(5).freeze();
  run.recorder.take(Report(end));
  CHECK(run.scratch.lines("run/metrics.jsonl").size() == 1);
  CHECK(run.recorder.finish() == 0);
  CHECK(load_model(run.scratch.file("run/model.h5")).parameters.size() == 5);
  const auto last = nlohmann::json::parse(run.scratch.lines("run/metrics.jsonl").back());
  CHECK(last["weights_crc32c"] == weights_text(end.model));
}

TEST_CASE("recorder: a run without an end report has failed, and says so") {
  Recorded run;
  CHECK(run.recorder.finish() == 1);
  const auto last = nlohmann::json::parse(run.scratch.lines("run/metrics.jsonl").back());
  CHECK(last["status"] == "failed");
  CHECK(nlohmann::json::parse(run.scratch.read("run/run.json"))["exit"] == 1);
}

TEST_CASE("recorder: the best model on the validation rows is kept beside the last one") {
  Recorded run;
  for (const float weight : {1.0F, 2.0F}) {
    EvalReport report;
    report.score = {"validation", 0.5, 0.9, 10};
    report.best = true;
    report.model = Block::copy_of(std::vector<float>(5, weight)).freeze();
    run.recorder.take(Report(report));
  }
  run.recorder.finish();
  CHECK(load_model(run.scratch.file("run/best.h5")).parameters.values()[0] == 2.0F);
}

TEST_CASE("recorder: the state goes from starting to running to stopping to the end") {
  Recorded run;
  const auto status = [&run] {
    return nlohmann::json::parse(run.recorder.state())["run"]["phase"];
  };
  CHECK(status() == "starting");
  CHECK_FALSE(run.recorder.ready());
  run.recorder.take(Report(StepReport()));
  CHECK(status() == "training");
  CHECK(run.recorder.ready());
  run.recorder.stopping("SIGINT");
  CHECK(status() == "stopping");
  EndReport end;
  end.status = "stopped";
  end.exit_code = 130;
  run.recorder.take(Report(end));
  CHECK(run.recorder.finish() == 130);
  CHECK(status() == "stopped");
}

TEST_CASE("metrics: a number that is not finite is null") {
  EvalReport report;
  report.score = {"validation", std::numeric_limits<double>::quiet_NaN(),
                  std::numeric_limits<double>::infinity(), 5};
  CHECK(metrics_line(report) ==
        R"({"type":"eval","t":0.0,"epoch":0,"split":"validation","loss":null,"accuracy":null})");
}

TEST_CASE("metrics: step, event and end lines are as documented") {
  StepReport step;
  step.t = 1.25;
  step.loss = 0.5;
  step.staleness_max = 6;
  CHECK(metrics_line(step) ==
        R"({"type":"step","t":1.25,"epoch":0,"updates":0,"samples":0,"loss":0.5,)"
        R"("samples_per_second":0.0,"bytes_sent":0,"bytes_received":0,"bytes_moved":0,)"
        R"("staleness":{"p50":0,"p99":0,"max":6}})");
  CHECK(
      metrics_line(EventReport{2.0, "worker_lost", "worker 3", "a \"quote\"\n"}) ==
      R"({"type":"event","t":2.0,"what":"worker_lost","who":"worker 3","detail":"a \"quote\"\n"})");
  EndReport end;
  end.status = "stopped";
  end.discarded = {{"late", 3}};
  end.scores = {{"test", 0.2, 0.9, 10}};
  const auto json = nlohmann::json::parse(metrics_line(end));
  CHECK(json["discarded"]["late"] == 3);
  CHECK(json["test"]["accuracy"] == 0.9);
  CHECK(json["weights_crc32c"].is_null());
  CHECK(!json.contains("shares"));
}

TEST_CASE("metrics: the end says how unequal the workers' shares of the work were") {
  EndReport end;
  end.computed = 40;
  end.shares = {{.worker = 4, .rows = 12},
                {.worker = 5, .rows = 8},
                {.worker = 6, .rows = 10},
                {.worker = 7, .rows = 10}};
  const auto json = nlohmann::json::parse(metrics_line(end));
  CHECK(json["shares"]["least"] == 0.8);
  CHECK(json["shares"]["most"] == 1.2);
}

TEST_CASE("progress: the line has epoch, speed, loss and the time that is left") {
  StepReport report;
  report.epoch = 3;
  report.samples = 300;
  report.samples_per_second = 41000;
  report.loss = 0.31;
  const Goal goal{1000, 10.0, std::nullopt};
  CHECK(progress_text(report, goal, Score{"validation", 0.3, 0.921, 10}, 3.0) ==
        "epoch 3/10  41,000 samples/s  loss 0.3100  validation 0.9210  ETA 7.0 s");
  CHECK(progress_text(report, {}, std::nullopt, 3.0) == "epoch 3  41,000 samples/s  loss 0.3100");
}

TEST_CASE("progress: nothing is written where there is no terminal") {
  std::ostringstream out;
  {
    ProgressLine line(out, false, {});
    line.step({});
  }
  CHECK(out.str() == "");
}

TEST_CASE("progress: the line leaves nothing behind, and no escape codes") {
  std::ostringstream out;
  {
    ProgressLine line(out, true, {});
    line.step({});
  }
  const std::string text = out.str();
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.back() == '\r');
}

TEST_CASE("texts: durations and counts are for people") {
  CHECK(duration_text(9.94) == "9.9 s");
  CHECK(duration_text(200) == "3 min 20 s");
  CHECK(duration_text(7500) == "2 h 5 min");
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1234567) == "1,234,567");
}

TEST_CASE("journal: files that take no more bytes are said once, and the run goes on") {
  const Scratch scratch;
  const RunFolder folder = RunFolder::create(scratch.file("run"), "x", 0);
  std::vector<std::string> warnings;
  Journal journal(folder, [&](const std::string& line) { warnings.push_back(line); });
  journal.metric("{}");
  CHECK(journal.complete());
  {
    const NoMoreBytes full;
    for (int i = 0; i < 3; ++i) journal.metric("{}");
    journal.log("event");
  }
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "warning: " + scratch.file("run/metrics.jsonl") +
                           ": File too large; training goes on without these lines");
  CHECK_FALSE(journal.complete());
  CHECK(scratch.read("run/metrics.jsonl") == "{}\n");
}

TEST_CASE("log values: quoted where a reader would stumble, always on one line") {
  CHECK(log_value("plain") == "plain");
  CHECK(log_value("") == "\"\"");
  CHECK(log_value("two words") == "\"two words\"");
  CHECK(log_value("a\nb \"c\"") == "\"a b 'c'\"");
}

TEST_CASE("run folder: a name is a path that a shell does not mind") {
  CHECK(plain_name("my run/../x") == "my-run-..-x");
  CHECK(plain_name("") == "run");
  CHECK(plain_name(std::string(300, 'a')).size() == 100);
}

TEST_CASE("run folder: too little room is refused before the start") {
  const Scratch scratch;
  try {
    RunFolder::create(scratch.file("run"), "x", std::uint64_t{1} << 60U);
    FAIL("was not refused");
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::data);
    CHECK(std::string(error.what()).find("KiB are free") != std::string::npos);
  }
}

TEST_CASE("run card: what is written is read back, and nothing else is taken for one") {
  RunCard card = run_card_here();
  card.address = "127.0.0.1:5";
  card.token = random_token();
  card.exit = 130;
  const auto back = parse_run_card(to_json(card));
  REQUIRE(back);
  CHECK(back->address == card.address);
  CHECK(back->token == card.token);
  CHECK(back->pid == card.pid);
  CHECK(back->exit == 130);
  for (const std::string text : {"", "[]", "{}", "{\"pid\":\"1\"}", "\xff", "{\"pid\":1}"})
    CHECK_FALSE(parse_run_card(text).has_value());
  CHECK(random_token() != random_token());
}
