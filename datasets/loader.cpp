#include "datasets/loader.hpp"

#include <csignal>
#include <utility>

namespace troupe {
namespace {

// A signal is for the thread that waits for signals, not for one that happens to be.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

void Job::finish() {
  if (claim()) {
    run();
  } else {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_ == State::done; });
  }
  if (error_) std::rethrow_exception(error_);
}

void Job::cancel() {
  std::unique_lock lock(mutex_);
  if (state_ == State::open) state_ = State::done;
  changed_.wait(lock, [this] { return state_ == State::done; });
}

bool Job::claim() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::open) return false;
  state_ = State::running;
  return true;
}

bool Job::open() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::open;
}

void Job::run() {
  std::exception_ptr error;
  try {
    work_();
  } catch (...) {
    error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
  state_ = State::done;
  changed_.notify_all();
}

Loader::~Loader() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<Job> Loader::begin(std::function<void()> work) {
  auto job = std::make_shared<Job>(std::move(work));
  {
    const std::lock_guard lock(mutex_);
    // Those that their owners did themselves: what waits never outgrows the owners.
    std::erase_if(waiting_, [](const auto& other) { return !other->open(); });
    waiting_.push_back(job);
    if (!thread_.joinable()) {
      const SignalsBlocked blocked;
      try {
        thread_ = std::thread([this] { serve(); });
      } catch (const std::system_error&) {
        // No thread to be had: whoever wants the job does it.
      }
    }
  }
  changed_.notify_one();
  return job;
}

void Loader::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (closing_) return;
    const std::shared_ptr<Job> job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    if (job->claim()) job->run();
    lock.lock();
  }
}

}  // namespace troupe
