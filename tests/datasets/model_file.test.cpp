#include "datasets/model_file.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "scratch.hpp"

using namespace troupe;

namespace {

ModelFile some_model(std::size_t size = 5) {
  Block parameters(size);
  for (std::size_t i = 0; i < size; ++i) parameters.values()[i] = static_cast<float>(i) / 7;
  return {"svm", 5, std::move(parameters).freeze(), {{"model.l2", "1e-05"}}, {{"run", "first"}}};
}

bool same(const ModelFile& a, const ModelFile& b) {
  return a.kind == b.kind && a.features == b.features && a.settings == b.settings &&
         a.notes == b.notes && std::ranges::equal(a.parameters.values(), b.parameters.values());
}

}  // namespace

TEST_CASE("a model comes back as it was saved") {
  const Scratch scratch;
  save_model(scratch.file("model.h5"), some_model());
  CHECK(same(load_model(scratch.file("model.h5")), some_model()));
  CHECK(scratch.files() == 1);
}

TEST_CASE("weights have the checksum of their bytes") {
  CHECK(weights_crc32c(std::vector<float>{1, 2}) == weights_crc32c(std::vector<float>{1, 2}));
  CHECK(weights_crc32c(std::vector<float>{1, 2}) != weights_crc32c(std::vector<float>{2, 1}));
  CHECK(weights_crc32c({}) == 0);
}

TEST_CASE("a model file with any flipped bit is refused or is the same model") {
  const Scratch scratch;
  save_model(scratch.file("model.h5"), some_model());
  const std::string good = contents(scratch.file("model.h5"));
  RandomStream stream(1, Purpose::test);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string bad = good;
    bad[stream.below(bad.size())] ^= static_cast<char>(1 << stream.below(8));
    const std::string path = scratch.write("bad.h5", bad);
    bool equal = true;
    const std::string line = refusal([&] { equal = same(load_model(path), some_model()); });
    CHECK(equal);
    if (!line.empty()) ++refused;
  }
  CHECK(refused > 50);
}

TEST_CASE("a model that does not fit on the disk leaves the old one and one line") {
  const Scratch scratch;
  save_model(scratch.file("model.h5"), some_model());
  const std::string line = refusal([&] {
    const FileLimit limit(4096);
    save_model(scratch.file("model.h5"), some_model(100000));
  });
  CHECK(line == scratch.file("model.h5") + ": cannot be written: File too large");
  CHECK(same(load_model(scratch.file("model.h5")), some_model()));
  CHECK(scratch.files() == 1);
}

TEST_CASE("what is no model says so") {
  const Scratch scratch;
  CHECK(contains(refusal([&] { load_model(scratch.file("none.h5")); }),
                 "none.h5: cannot be opened: No such file or directory"));
  CHECK(contains(refusal([&] { load_model(scratch.write("text.h5", "hello")); }),
                 "text.h5: is not a readable HDF5 file of 5 bytes"));
  CHECK(contains(refusal([&] { save_model("/nonexistent/m.h5", some_model()); }),
                 "/nonexistent/m.h5: cannot be written: No such file or directory"));
}
