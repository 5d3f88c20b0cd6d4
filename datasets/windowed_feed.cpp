#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "datasets/feeds.hpp"
#include "datasets/window_buffer.hpp"

namespace troupe {
namespace {

/// A window, loaded or to be loaded.
struct Slot {
  Slot(const DataFacts& facts, std::uint64_t bytes) : buffer(facts, bytes) {}
  bool is(std::uint64_t epoch, std::uint64_t position) const {
    return windows != nullptr && windows->epoch() == epoch &&
           windows->served(k).first <= position && position < windows->served(k).last;
  }

  std::shared_ptr<const Windows> windows;  ///< null: nothing
  std::size_t k = 0;
  WindowBuffer buffer;
  Rows rows;                ///< of the buffer
  std::uint64_t first = 0;  ///< position in the epoch of the buffer's first draw
};

class WindowedFeed final : public Feed {
 public:
  WindowedFeed(WindowedRequest request, std::shared_ptr<Loader> loader)
      : request_(std::move(request)),
        loader_(std::move(loader)),
        cuts_(cuts_within(*request_.data, request_.rows)),
        slots_{Slot(request_.data->facts(), request_.buffer_bytes),
               Slot(request_.data->facts(), request_.buffer_bytes)} {}
  ~WindowedFeed() override {
    leaving_ = true;
    if (job_ != nullptr) job_->cancel();
  }
  WindowedFeed(const WindowedFeed&) = delete;
  WindowedFeed& operator=(const WindowedFeed&) = delete;

  Batch draw(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) override {
    if (first == last) return {now_->rows, {}};
    if (!now_->is(epoch, first)) advance(epoch, first);
    const std::uint64_t end = std::min(last, now_->windows->served(now_->k).last);
    return {now_->rows,
            std::as_const(now_->buffer).draws().subspan(first - now_->first, end - first)};
  }

 private:
  void advance(std::uint64_t epoch, std::uint64_t position) {
    const auto job = std::exchange(job_, nullptr);
    const bool foreseen = job != nullptr && next_->is(epoch, position);
    if (foreseen) {
      finish(*job);
    } else {
      if (job != nullptr) job->cancel();
      seek(epoch, position);
    }
    std::swap(now_, next_);
    look_ahead();
  }

  void finish(Job& job) {
    try {
      job.finish();
    } catch (...) {
      next_->windows = nullptr;
      throw;
    }
  }

  // Puts the window into `next_`, by way of the one before when that has rows to carry.
  void seek(std::uint64_t epoch, std::uint64_t position) {
    const auto windows = windows_of(epoch);
    const std::size_t k = windows->serving(position);
    const bool behind =
        now_->windows != nullptr && now_->windows->epoch() == epoch && now_->k + 1 == k;
    if (windows->carried(k) > 0 && !behind) {
      now_->windows = nullptr;  // not whole: it lacks what it would carry itself
      fill(*now_, *windows, k - 1, nullptr);
    }
    load(*next_, windows, k, now_);
  }

  void load(Slot& slot, std::shared_ptr<const Windows> windows, std::size_t k, const Slot* before) {
    slot.windows = nullptr;
    fill(slot, *windows, k, before);
    slot.windows = std::move(windows);
    slot.k = k;
  }

  void look_ahead() {
    const bool last = now_->k + 1 == now_->windows->size();
    next_->windows = last ? windows_of(now_->windows->epoch() + 1) : now_->windows;
    next_->k = last ? 0 : now_->k + 1;
    job_ = loader_->begin(
        [this, slot = next_, before = now_] { fill(*slot, *slot->windows, slot->k, before); });
  }

  // On either thread. Without `before` the rows that it would carry are left out.
  void fill(Slot& slot, const Windows& windows, std::size_t k, const Slot* before) const {
    const std::uint64_t carried = before == nullptr ? 0 : windows.carried(k);
    const std::uint64_t own = windows.rows(k);
    slot.buffer.reset(carried + own, carried * longest() + windows.entries_max(k));
    slot.first = windows.served(k).first + (before == nullptr ? windows.carried(k) : 0);
    const std::span<std::uint32_t> draws = slot.buffer.draws();
    for (std::uint64_t i = 0; i < carried; ++i) {
      const auto& theirs = before->buffer;
      slot.buffer.add(theirs.rows()[theirs.draws()[theirs.draws().size() - carried + i]]);
      draws[i] = static_cast<std::uint32_t>(i);
    }
    for (const Cut& cut : windows.cuts(k)) {
      if (leaving_) return;
      slot.buffer.add(request_.data->load(cut.rows).rows());
    }
    windows.order(k, draws.subspan(carried));
    for (std::uint32_t& draw : draws.subspan(carried)) draw += static_cast<std::uint32_t>(carried);
    slot.rows = slot.buffer.rows();
  }

  std::uint64_t longest() const {
    const DataFacts& facts = request_.data->facts();
    return facts.sparse ? facts.row_entries_max : facts.features;
  }

  std::shared_ptr<const Windows> windows_of(std::uint64_t epoch) const {
    if (now_->windows != nullptr && now_->windows->epoch() == epoch) return now_->windows;
    return std::make_shared<const Windows>(request_.data->facts(), cuts_, request_.windows, epoch);
  }

  WindowedRequest request_;
  std::shared_ptr<Loader> loader_;
  std::vector<Cut> cuts_;
  std::array<Slot, 2> slots_;
  Slot* now_ = &slots_[0];
  Slot* next_ = &slots_[1];
  std::shared_ptr<Job> job_;
  std::atomic<bool> leaving_ = false;  ///< nobody will want what is being loaded
};

}  // namespace

std::unique_ptr<Feed> windowed_feed(WindowedRequest request, std::shared_ptr<Loader> loader) {
  return std::make_unique<WindowedFeed>(std::move(request), std::move(loader));
}

}  // namespace troupe
