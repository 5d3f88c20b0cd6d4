#include "datasets/h5.hpp"

#include <hdf5.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/check.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{4} << 20;
constexpr std::size_t text_max = std::size_t{1} << 20;

hid_t type_of(H5Element element) {
  switch (element) {
    case H5Element::u32:
      return H5T_STD_U32LE;
    case H5Element::u64:
      return H5T_STD_U64LE;
    case H5Element::f32:
      return H5T_IEEE_F32LE;
  }
  return -1;
}

// Before every use. libhdf5 prints its own stack to stderr unless told otherwise,
// per thread; and at exit it would stumble over a file that a full disk kept it
// from closing. Handles close all there is to close. The variable would overrule what is
// said of each file, and locks fail where the file system has none.
void be_silent() {
  static const bool stays = unsetenv("HDF5_USE_FILE_LOCKING") == 0 && H5dont_atexit() >= 0;
  static_cast<void>(stays);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

// Our own chunks are read once: the chunk cache would only copy them.
H5Handle uncached() {
  H5Handle access(H5Pcreate(H5P_DATASET_ACCESS));
  H5Pset_chunk_cache(access.id(), 0, 0, 0.0);
  return access;
}

H5Handle space_of(const H5Shape& shape, bool extensible) {
  const std::array<hsize_t, 2> now = {shape.rows, shape.width};
  const std::array<hsize_t, 2> most = {extensible ? H5S_UNLIMITED : shape.rows, shape.width};
  return H5Handle(H5Screate_simple(shape.width == 0 ? 1 : 2, now.data(), most.data()));
}

struct Selection {
  H5Handle memory;
  H5Handle file;
};

Selection select(hid_t set, const H5Shape& shape, std::uint64_t first, std::uint64_t count) {
  const std::array<hsize_t, 2> start = {first, 0};
  const std::array<hsize_t, 2> size = {count, shape.width};
  Selection result{H5Handle(H5Screate_simple(shape.width == 0 ? 1 : 2, size.data(), nullptr)),
                   H5Handle(H5Dget_space(set))};
  if (H5Sselect_hyperslab(result.file.id(), H5S_SELECT_SET, start.data(), nullptr, size.data(),
                          nullptr) < 0)
    result.file = H5Handle();
  return result;
}

}  // namespace

H5Handle::~H5Handle() {
  if (id_ >= 0) H5Idec_ref(id_);
}

std::size_t bytes_of(H5Element element) { return element == H5Element::u64 ? 8 : 4; }

bool H5Column::read(std::uint64_t first, std::uint64_t count, void* out) const {
  be_silent();
  if (count == 0) return true;
  const Selection part = select(set_.id(), shape_, first, count);
  return H5Dread(set_.id(), type_of(element_), part.memory.id(), part.file.id(), H5P_DEFAULT,
                 out) >= 0;
}

bool H5Column::append(std::uint64_t count, const void* data) {
  be_silent();
  const std::uint64_t before = shape_.rows;
  shape_.rows += count;
  const std::array<hsize_t, 2> size = {shape_.rows, shape_.width};
  if (count == 0) return true;
  if (H5Dset_extent(set_.id(), size.data()) < 0) return false;
  const Selection part = select(set_.id(), shape_, before, count);
  return H5Dwrite(set_.id(), type_of(element_), part.memory.id(), part.file.id(), H5P_DEFAULT,
                  data) >= 0;
}

bool H5Column::write_all(const void* data) {
  be_silent();
  return H5Dwrite(set_.id(), type_of(element_), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
}

// ------------------------------------------------------------------ reading

H5Reader::H5Reader(std::string path, std::string remedy)
    : path_(std::move(path)), remedy_(std::move(remedy)) {
  be_silent();
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0)
    throw UserError(ExitCode::data, path_ + ": cannot be opened: " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw UserError(ExitCode::data, path_ + ": is not a regular file");
  bytes_ = static_cast<std::uint64_t>(status.st_size);
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS));
  // Locks fail on read-only and some network file systems; nobody writes in place.
  H5Pset_file_locking(access.id(), false, true);
  errno = 0;
  file_ = H5Handle(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, access.id()));
  if (file_.valid()) return;
  if (errno == EACCES || errno == EPERM)
    throw UserError(ExitCode::data, path_ + ": cannot be opened: " + std::strerror(errno));
  refuse("is not a readable HDF5 file of " + std::to_string(bytes_) +
         " bytes (truncated, damaged or of another kind)");
}

void H5Reader::refuse(const std::string& what) const {
  // Names and texts may come from the file: they stay on one line.
  std::string line = what;
  for (char& letter : line)
    if (letter < ' ' || letter > '~') letter = '?';
  throw UserError(ExitCode::data, path_ + ": " + line + "; " + remedy_);
}

bool H5Reader::has(const std::string& name) const {
  be_silent();
  // Each step of the path is asked for: H5Lexists fails on a missing parent.
  for (std::size_t end = name.find('/', 1);; end = name.find('/', end + 1)) {
    if (H5Lexists(file_.id(), name.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

namespace {

bool read_scalar(hid_t file, const std::string& name, hid_t type, void* out) {
  be_silent();
  const H5Handle attribute(H5Aopen(file, name.c_str(), H5P_DEFAULT));
  if (!attribute.valid()) return false;
  const H5Handle space(H5Aget_space(attribute.id()));
  if (H5Sget_simple_extent_npoints(space.id()) != 1) return false;
  const H5Handle stored(H5Aget_type(attribute.id()));
  return H5Tequal(stored.id(), type) > 0 && H5Aread(attribute.id(), type, out) >= 0;
}

}  // namespace

std::uint64_t H5Reader::number(const std::string& attribute) const {
  std::uint64_t value = 0;
  if (!read_scalar(file_.id(), attribute, H5T_STD_U64LE, &value))
    refuse("attribute '" + attribute + "' is missing or no 64-bit number");
  return value;
}

float H5Reader::real(const std::string& attribute) const {
  float value = 0;
  if (!read_scalar(file_.id(), attribute, H5T_IEEE_F32LE, &value))
    refuse("attribute '" + attribute + "' is missing or no 32-bit float");
  return value;
}

std::string H5Reader::text(const std::string& attribute) const { return text_of("/", attribute); }

std::string H5Reader::text_of(const std::string& group, const std::string& attribute) const {
  be_silent();
  const H5Handle at(
      H5Aopen_by_name(file_.id(), group.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  const H5Handle space(at.valid() ? H5Aget_space(at.id()) : -1);
  const H5Handle type(at.valid() ? H5Aget_type(at.id()) : -1);
  const bool fits =
      type.valid() && H5Tget_class(type.id()) == H5T_STRING && H5Tis_variable_str(type.id()) == 0 &&
      H5Sget_simple_extent_npoints(space.id()) == 1 && H5Tget_size(type.id()) <= text_max;
  if (!fits) refuse("attribute '" + attribute + "' of '" + group + "' is missing or no text");
  std::string value(H5Tget_size(type.id()), '\0');
  if (H5Aread(at.id(), type.id(), value.data()) < 0)
    refuse("attribute '" + attribute + "' of '" + group + "' cannot be read");
  value.resize(std::min(value.size(), value.find('\0')));
  return value;
}

std::vector<std::string> H5Reader::attributes(const std::string& group) const {
  be_silent();
  std::vector<std::string> names;
  const H5Handle object(H5Oopen(file_.id(), group.c_str(), H5P_DEFAULT));
  if (!object.valid()) refuse("group '" + group + "' is missing or cannot be read");
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->push_back(name);
    return 0;
  };
  if (H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names) < 0)
    refuse("group '" + group + "' cannot be read");
  return names;
}

namespace {

// Plain storage only: what a filter, a virtual or an external layout would read
// is not what the file's size vouches for.
bool plainly_stored(hid_t set) {
  const H5Handle creation(H5Dget_create_plist(set));
  const H5D_layout_t layout = H5Pget_layout(creation.id());
  return (layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED) &&
         H5Pget_nfilters(creation.id()) == 0 && H5Pget_external_count(creation.id()) == 0;
}

std::string shape_text(const H5Shape& shape) {
  const std::string rows = std::to_string(shape.rows);
  return shape.width == 0 ? rows : rows + " x " + std::to_string(shape.width);
}

bool shape_of(hid_t set, H5Shape& shape) {
  const H5Handle space(H5Dget_space(set));
  const int rank = H5Sget_simple_extent_ndims(space.id());
  if (rank < 1 || rank > 2) return false;
  std::array<hsize_t, 2> size = {0, 0};
  H5Sget_simple_extent_dims(space.id(), size.data(), nullptr);
  shape = {size[0], size[1]};
  return rank == 1 || size[1] > 0;
}

}  // namespace

std::uint64_t H5Reader::rows_of(const std::string& name) const {
  be_silent();
  const H5Handle set(H5Dopen2(file_.id(), name.c_str(), H5P_DEFAULT));
  H5Shape shape;
  if (!set.valid() || !shape_of(set.id(), shape))
    refuse("dataset '" + name + "' is missing or cannot be read");
  return shape.rows;
}

H5Column H5Reader::column(const std::string& name, H5Element element, H5Shape expected) const {
  be_silent();
  const H5Handle access = uncached();
  H5Handle set(H5Dopen2(file_.id(), name.c_str(), access.id()));
  H5Shape shape;
  if (!set.valid() || !shape_of(set.id(), shape))
    refuse("dataset '" + name + "' is missing or cannot be read");
  const H5Handle type(H5Dget_type(set.id()));
  if (H5Tequal(type.id(), type_of(element)) <= 0)
    refuse("dataset '" + name + "' has another type than expected");
  if (shape.rows != expected.rows || shape.width != expected.width)
    refuse("dataset '" + name + "' has the shape " + shape_text(shape) + ", expected " +
           shape_text(expected));
  if (!plainly_stored(set.id()))
    refuse("dataset '" + name + "' is compressed, virtual or external, expected plain storage");
  const std::uint64_t limit = bytes_ / bytes_of(element);
  const bool vouched =
      shape.rows <= limit && shape.across() <= limit &&
      (shape.rows == 0 || shape.across() <= limit / shape.rows) &&
      H5Dget_storage_size(set.id()) >= shape.rows * shape.across() * bytes_of(element);
  if (!vouched) refuse("dataset '" + name + "' is larger than what the file holds");
  return {std::move(set), element, shape};
}

// ------------------------------------------------------------------ writing

H5Creator::H5Creator(const std::string& path) {
  be_silent();
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS));
  // The format of HDF5 1.10 puts a checksum on every piece of its own metadata.
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  H5Pset_file_locking(access.id(), false, true);
  const H5Handle creation(H5Pcreate(H5P_FILE_CREATE));
  // No times in the file: the same rows give the same bytes.
  H5Pset_obj_track_times(creation.id(), false);
  H5Pset_attr_phase_change(creation.id(), 64, 32);
  file_ = H5Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()));
}

bool H5Creator::group(const std::string& name) {
  const H5Handle creation(H5Pcreate(H5P_GROUP_CREATE));
  H5Pset_obj_track_times(creation.id(), false);
  const H5Handle made(
      H5Gcreate2(file_.id(), name.c_str(), H5P_DEFAULT, creation.id(), H5P_DEFAULT));
  return made.valid();
}

namespace {

bool write_attribute(hid_t object, const std::string& name, hid_t type, const void* value) {
  const H5Handle space(H5Screate(H5S_SCALAR));
  const H5Handle attribute(
      H5Acreate2(object, name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT));
  return attribute.valid() && H5Awrite(attribute.id(), type, value) >= 0;
}

}  // namespace

bool H5Creator::number(const std::string& attribute, std::uint64_t value) {
  return write_attribute(file_.id(), attribute, H5T_STD_U64LE, &value);
}

bool H5Creator::real(const std::string& attribute, float value) {
  return write_attribute(file_.id(), attribute, H5T_IEEE_F32LE, &value);
}

bool H5Creator::text(const std::string& group, const std::string& attribute,
                     const std::string& value) {
  const H5Handle object(H5Oopen(file_.id(), group.c_str(), H5P_DEFAULT));
  const H5Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), value.size() + 1);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return object.valid() && write_attribute(object.id(), attribute, type.id(), value.c_str());
}

H5Column H5Creator::create(const std::string& name, H5Element element, H5Shape shape,
                           bool extensible) {
  be_silent();
  const H5Handle space = space_of(shape, extensible);
  const H5Handle creation(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_obj_track_times(creation.id(), false);
  H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER);
  if (extensible) {
    const std::size_t row = bytes_of(element) * shape.across();
    const std::array<hsize_t, 2> chunk = {(chunk_bytes + row - 1) / row, shape.width};
    H5Pset_chunk(creation.id(), shape.width == 0 ? 1 : 2, chunk.data());
  }
  const H5Handle access = uncached();
  H5Handle set(H5Dcreate2(file_.id(), name.c_str(), type_of(element), space.id(), H5P_DEFAULT,
                          creation.id(), access.id()));
  return {std::move(set), element, shape};
}

H5Column H5Creator::column(const std::string& name, H5Element element, H5Shape shape) {
  return create(name, element, shape, false);
}

H5Column H5Creator::extensible(const std::string& name, H5Element element, std::uint64_t width) {
  return create(name, element, {0, width}, true);
}

bool H5Creator::whole(const std::string& name, H5Element element, H5Shape shape, const void* data) {
  return column(name, element, shape).write_all(data);
}

bool H5Creator::close() {
  be_silent();
  // H5Fclose, not the handle: only its answer tells whether all was written.
  return H5Fclose(file_.release()) >= 0;
}

}  // namespace troupe
