#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "datasets/feeds.hpp"

namespace troupe {
namespace {

// A shorter order is made faster than another thread wakes up.
constexpr std::uint64_t rows_worth_a_thread = 16384;

class WholeFeed final : public Feed {
 public:
  WholeFeed(std::shared_ptr<const Shard> shard, const Sampler& sampler,
            std::shared_ptr<Loader> loader)
      : shard_(std::move(shard)), sampler_(sampler), loader_(std::move(loader)) {}
  ~WholeFeed() override {
    if (job_ != nullptr) job_->cancel();
  }
  WholeFeed(const WholeFeed&) = delete;
  WholeFeed& operator=(const WholeFeed&) = delete;

  Batch draw(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) override {
    TROUPE_CHECK(last, <=, sampler_.size());
    const Order& order = of(epoch);
    return {shard_->rows(), std::span(order.draws).subspan(first, last - first)};
  }

  std::uint64_t bytes_moved(std::uint64_t epoch) override { return of(epoch).bytes_moved; }
  std::shared_ptr<const void> keeper() const override { return shard_; }

 private:
  struct Order {
    std::optional<std::uint64_t> epoch;
    std::vector<std::uint32_t> draws;
    std::uint64_t bytes_moved = 0;
  };

  const Order& of(std::uint64_t epoch) {
    if (now_->epoch == epoch) return *now_;
    if (old_->epoch == epoch) return *old_;  // whoever works ahead goes back and forth
    if (constant() && now_->epoch) {
      now_->epoch = epoch;
      return *now_;
    }
    if (const auto job = std::exchange(job_, nullptr)) job->finish();
    if (next_->epoch != epoch) make(*next_, epoch);
    Order* const free = std::exchange(old_, now_);
    now_ = std::exchange(next_, free);
    if (sampler_.size() >= rows_worth_a_thread && !constant())
      job_ = loader_->begin([this, epoch] { make(*next_, epoch + 1); });
    return *now_;
  }

  bool constant() const {
    return sampler_.kind().shuffle == Shuffle::none && !sampler_.kind().replacement;
  }

  void make(Order& order, std::uint64_t epoch) const {
    sampler_.order(epoch, order.draws);
    std::vector<std::uint32_t> moved;
    sampler_.moved(epoch, moved);
    order.bytes_moved = 0;
    const Rows& rows = shard_->rows();
    for (const std::uint32_t row : moved)
      order.bytes_moved += sizeof(float) + rows[row].size * (rows.is_sparse() ? 8U : 4U);
    order.epoch = epoch;
  }

  std::shared_ptr<const Shard> shard_;
  Sampler sampler_;
  std::shared_ptr<Loader> loader_;
  std::array<Order, 3> orders_;
  Order* old_ = &orders_[0];
  Order* now_ = &orders_[1];
  Order* next_ = &orders_[2];
  std::shared_ptr<Job> job_;
};

}  // namespace

std::unique_ptr<Feed> whole_feed(std::shared_ptr<const Shard> rows, const Sampler& sampler,
                                 std::shared_ptr<Loader> loader) {
  return std::make_unique<WholeFeed>(std::move(rows), sampler, std::move(loader));
}

}  // namespace troupe
