/// One thread that does beforehand what will soon be asked for. It promises nothing:
/// whoever needs a job's result and finds it not begun does the work himself, so that
/// a busy loader, or a machine of one core, costs no more than having none.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace troupe {

class Job {
 public:
  explicit Job(std::function<void()> work) : work_(std::move(work)) {}

  /// Returns when the work is done, and throws what it threw.
  void finish();
  /// Returns when nobody is at the work, and nobody will be.
  void cancel();

 private:
  friend class Loader;
  enum class State { open, running, done };

  bool claim();
  bool open() const;
  void run();

  std::function<void()> work_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::open;
  std::exception_ptr error_;
};

class Loader {
 public:
  Loader() = default;
  /// Jobs that have not begun are left to those who want them.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The thread starts with the first job. Callable from several threads.
  std::shared_ptr<Job> begin(std::function<void()> work);

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> waiting_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace troupe
