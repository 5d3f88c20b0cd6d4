/// The learning rate as a function of delivered draws; nothing else may move it,
/// so that a resumed or re-leased step sees the rate that it would have seen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

struct Schedule {
  enum class Form { constant, step, cosine, inverse };
  Form form = Form::constant;
  double start = 0.1;
  double warmup_epochs = 0;            ///< linear from 0 to start
  std::vector<double> at_epochs = {};  ///< step: multiply by factor at each
  double factor = 0.1;
  double decay = 0;   ///< inverse: start / (1 + start x decay x updates)
  double epochs = 0;  ///< cosine: falls to 0 over so many
  double rows_per_epoch = 1;
  double rows_per_update = 1;  ///< draws that one update of the model uses up

  float rate(std::uint64_t draws) const;
};

}  // namespace troupe
