/// Pieces are taken one after the other, worked on by several threads at once, and put
/// away in the order in which they were taken: nothing that comes out of it, neither a
/// result nor the first failure, depends on the number of threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace troupe {

template <class Piece, class Take, class Work, class Put>
class InOrder {
 public:
  /// bool take(Piece&), false at the end; void work(Piece&); void put(Piece&).
  InOrder(Take take, Work work, Put put)
      : take_(std::move(take)), work_(std::move(work)), put_(std::move(put)) {}

  /// This thread is one of them. Throws what the first piece to fail threw.
  void run(unsigned threads) {
    std::vector<std::jthread> others;
    try {
      for (unsigned i = 1; i < threads; ++i) others.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {
      // The system gives no more threads: those that there are do it all.
    }
    serve();
    others.clear();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  enum class Taken { piece, failed, nothing };

  void serve() {
    Piece piece;
    std::exception_ptr failure;
    std::uint64_t number = 0;
    for (;;) {
      const Taken taken = take_one(piece, number, failure);
      if (taken == Taken::nothing) return;
      if (taken == Taken::piece) attempt([&] { work_(piece); }, failure);
      if (!wait_for_turn(number)) return;
      if (!failure) attempt([&] { put_(piece); }, failure);
      end_turn(failure);
      if (failure) return;
    }
  }

  template <class Action>
  static void attempt(Action action, std::exception_ptr& failure) {
    try {
      action();
    } catch (...) {
      failure = std::current_exception();
    }
  }

  // A piece that cannot be taken has its turn too: those before it may fail first.
  Taken take_one(Piece& piece, std::uint64_t& number, std::exception_ptr& failure) {
    const std::lock_guard lock(taking_);
    if (ended_) return Taken::nothing;
    bool more = false;
    attempt([&] { more = take_(piece); }, failure);
    ended_ = !more;
    number = taken_;
    if (!more && !failure) return Taken::nothing;
    ++taken_;
    return failure ? Taken::failed : Taken::piece;
  }

  bool wait_for_turn(std::uint64_t number) {
    std::unique_lock lock(turns_);
    turned_.wait(lock, [&] { return stopped_ || turn_ == number; });
    return !stopped_;
  }

  void end_turn(const std::exception_ptr& failure) {
    {
      const std::lock_guard lock(turns_);
      ++turn_;
      stopped_ = failure != nullptr;
      failure_ = failure;
    }
    turned_.notify_all();
  }

  Take take_;
  Work work_;
  Put put_;
  std::mutex taking_;
  bool ended_ = false;
  std::uint64_t taken_ = 0;
  std::mutex turns_;
  std::condition_variable turned_;
  std::uint64_t turn_ = 0;
  bool stopped_ = false;
  std::exception_ptr failure_;
};

template <class Piece, class Take, class Work, class Put>
void in_order(unsigned threads, Take take, Work work, Put put) {
  InOrder<Piece, Take, Work, Put>(std::move(take), std::move(work), std::move(put)).run(threads);
}

}  // namespace troupe
