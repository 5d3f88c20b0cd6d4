#include "datasets/loader.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <stdexcept>

using namespace troupe;

namespace {

/// Keeps the loader's thread busy until it is let go.
class Blocker {
 public:
  explicit Blocker(Loader& loader)
      : job_(loader.begin([this] {
          begun_.set_value();
          go_.get_future().wait();
        })) {
    begun_.get_future().wait();
  }
  ~Blocker() {
    go_.set_value();
    job_->finish();
  }
  Blocker(const Blocker&) = delete;
  Blocker& operator=(const Blocker&) = delete;

 private:
  std::promise<void> begun_, go_;
  std::shared_ptr<Job> job_;
};

}  // namespace

TEST_CASE("loader: a job is done once, on a thread of its own") {
  Loader loader;
  std::promise<std::thread::id> where;
  const auto job = loader.begin([&] { where.set_value(std::this_thread::get_id()); });
  CHECK(where.get_future().get() != std::this_thread::get_id());
  job->finish();
  job->finish();
}

TEST_CASE("loader: who needs a job that has not begun does it himself") {
  Loader loader;
  const Blocker blocker(loader);
  std::thread::id where;
  loader.begin([&] { where = std::this_thread::get_id(); })->finish();
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("loader: a cancelled job never runs") {
  Loader loader;
  std::atomic<bool> ran = false;
  {
    const Blocker blocker(loader);
    loader.begin([&] { ran = true; })->cancel();
  }
  loader.begin([] {})->finish();
  CHECK_FALSE(ran);
}

TEST_CASE("loader: what a job throws is thrown to who finishes it") {
  Loader loader;
  const auto job = loader.begin([] { throw std::runtime_error("torn"); });
  CHECK_THROWS_WITH(job->finish(), "torn");
}

TEST_CASE("loader: it goes away while jobs wait") {
  std::shared_ptr<Job> job;
  std::atomic<bool> ran = false;
  {
    Loader loader;
    loader.begin([] {})->finish();
    job = loader.begin([&] { ran = true; });
  }
  job->finish();
  CHECK(ran);
}
