#include <napi.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adler32.h"
#include "carry.h"
#include "cut_out.h"
#include "error.h"
#include "picture_arguments.h"
#include "picture_file.h"
#include "png_rows.h"
#include "parallel.h"
#include "resample.h"
#include "task.h"
#include "values.h"
#include "view.h"

/** The boundary: pixels.ts says what each function is for. */
namespace refit {
namespace {

using arguments::integer;
using arguments::mismatch;

PixelRect rect(const Napi::Value& value, const PictureFacts& picture) {
  const Napi::Object from = arguments::object(value, "region");
  const auto width = static_cast<int>(picture.width);
  const auto height = static_cast<int>(picture.height);
  const int x = integer(from.Get("x"), 0, width - 1, "region.x");
  const int y = integer(from.Get("y"), 0, height - 1, "region.y");
  const int columns = integer(from.Get("width"), 1, width - x, "region.width");
  const int rows = integer(from.Get("height"), 1, height - y, "region.height");
  return {static_cast<std::size_t>(x), static_cast<std::size_t>(y), static_cast<std::size_t>(columns),
          static_cast<std::size_t>(rows)};
}

/** A number above `least` (or equal, with `mayBeLeast`) and at most `most`, give or take rounding. */
double between(const Napi::Value& value, double least, bool mayBeLeast, double most, const std::string& name) {
  constexpr double kRounding = 1e-6;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(mayBeLeast ? number >= least : number > least) || !(number <= most + kRounding))
    mismatch("number from " + std::to_string(least) + " to " + std::to_string(most), name, value);
  return std::min(number, most);
}

Region region(const Napi::Value& value, const PictureFacts& picture) {
  const Napi::Object from = arguments::object(value, "region");
  const auto width = static_cast<double>(picture.width);
  const auto height = static_cast<double>(picture.height);
  Region region;
  region.x = between(from.Get("x"), 0, true, width, "region.x");
  region.y = between(from.Get("y"), 0, true, height, "region.y");
  region.width = between(from.Get("width"), 0, false, width - region.x, "region.width");
  region.height = between(from.Get("height"), 0, false, height - region.y, "region.height");
  return region;
}

Point point(const Napi::Object& from, const char* field) {
  const std::string name = std::string("grid.") + field;
  const Napi::Object at = arguments::object(from.Get(field), name.c_str());
  // A float's range: products with a column or row stay finite.
  constexpr double kMost = std::numeric_limits<float>::max();
  return {between(at.Get("x"), -kMost, true, kMost, name + ".x"),
          between(at.Get("y"), -kMost, true, kMost, name + ".y")};
}

Grid grid(const Napi::Value& value) {
  const Napi::Object from = arguments::object(value, "grid");
  return {point(from, "start"), point(from, "step"), point(from, "down")};
}

/** @returns the buffer's memory, which stays JavaScript's: keep the value referenced while it is used. */
std::uint8_t* pixels(const Napi::Value& value, std::size_t width, std::size_t height, std::size_t channels,
                     const char* name) {
  const std::optional<Bytes> found = arguments::uint8Array(value);
  const std::uint64_t bytes = std::uint64_t{width} * height * channels;
  if (!found || found->size != bytes) mismatch("Uint8Array of " + std::to_string(bytes) + " bytes", name, value);
  return const_cast<std::uint8_t*>(found->data);
}

/** Starts work that gives undefined. @param buffer which argument's memory it uses. */
template <class Work>
Napi::Value started(const Napi::CallbackInfo& info, std::size_t buffer, Work work) {
  auto* const task = new Task<Nothing>(
      info.Env(),
      [work] {
        work();
        return Nothing{};
      },
      undefined);
  task->keep(info[buffer]);
  task->Queue();
  return task->promise();
}

/** JavaScript's MappedPicture. Each call under way holds the file, so that it may be closed at any time. */
class PictureObject final : public Napi::ObjectWrap<PictureObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "MappedPicture",
                       {
                           InstanceAccessor<&PictureObject::width>("width"),
                           InstanceAccessor<&PictureObject::height>("height"),
                           InstanceAccessor<&PictureObject::channels>("channels"),
                           InstanceMethod<&PictureObject::read>("read"),
                           InstanceMethod<&PictureObject::write>("write"),
                           InstanceMethod<&PictureObject::cutTile>("cutTile"),
                           InstanceMethod<&PictureObject::resample>("resample"),
                           InstanceMethod<&PictureObject::close>("close"),
                       });
  }

  static Napi::Object make(const Napi::Function& constructor, std::shared_ptr<const PictureFile> file) {
    return constructor.New({Napi::External<std::shared_ptr<const PictureFile>>::New(constructor.Env(), &file)});
  }

  explicit PictureObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PictureObject>(info) {
    if (!info[0].IsExternal())
      throw toJavaScript(info.Env(), {ErrorCode::BadArgument, "A MappedPicture is made by openPicture()."});
    file_ = std::move(*info[0].As<Napi::External<std::shared_ptr<const PictureFile>>>().Data());
    facts_ = file_->facts();
  }

  /** @throws NativeError BAD_ARGUMENT once it is closed. */
  std::shared_ptr<const PictureFile> file() const {
    if (!file_) throw NativeError(ErrorCode::BadArgument, "Expected an open picture but received a closed one");
    return file_;
  }

 private:
  Napi::Value width(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(facts_.width));
  }
  Napi::Value height(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(facts_.height));
  }
  Napi::Value channels(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(facts_.channels));
  }

  Napi::Value read(const Napi::CallbackInfo& info) {
    return promised(info.Env(), [&]() -> Napi::Value {
      const auto file = this->file();
      const PixelRect part = rect(info[0], facts_);
      std::uint8_t* const out = pixels(info[1], part.width, part.height, facts_.channels, "out");
      return started(info, 1, [file, part, out] {
        const std::size_t rowBytes = part.width * file->facts().channels;
        inParallel(part.height, worthThreads(rowBytes * part.height), [&](std::size_t begin, std::size_t end) {
          file->read({part.x, part.y + begin, part.width, end - begin}, out + begin * rowBytes);
        });
      });
    });
  }

  Napi::Value write(const Napi::CallbackInfo& info) {
    return promised(info.Env(), [&]() -> Napi::Value {
      const auto file = this->file();
      if (file->access() != PictureFile::Access::Write)
        throw NativeError(ErrorCode::BadArgument, "Expected a picture open to write but received one open to read");
      const PixelRect part = rect(info[0], facts_);
      const std::uint8_t* const bytes = pixels(info[1], part.width, part.height, facts_.channels, "bytes");
      return started(info, 1, [file, part, bytes] { file->write(part, bytes); });
    });
  }

  Napi::Value cutTile(const Napi::CallbackInfo& info) {
    return promised(info.Env(), [&]() -> Napi::Value {
      const auto file = this->file();
      const int x = integer(info[0], 0, static_cast<int>(facts_.width) - 1, "x");
      const int y = integer(info[1], 0, static_cast<int>(facts_.height) - 1, "y");
      const int columns = integer(info[2], 1, arguments::kMostSide, "width");
      const int rows = integer(info[3], 1, arguments::kMostSide, "height");
      const PixelRect tile{static_cast<std::size_t>(x), static_cast<std::size_t>(y), static_cast<std::size_t>(columns),
                           static_cast<std::size_t>(rows)};
      std::uint8_t* const out = pixels(info[4], tile.width, tile.height, facts_.channels, "out");
      return started(info, 4, [file, tile, out] { file->cutTile(tile, out); });
    });
  }

  Napi::Value resample(const Napi::CallbackInfo& info) {
    return promised(info.Env(), [&]() -> Napi::Value {
      const auto file = this->file();
      const Region part = region(info[0], facts_);
      const auto width = static_cast<std::size_t>(integer(info[1], 1, arguments::kMostSide, "width"));
      const auto height = static_cast<std::size_t>(integer(info[2], 1, arguments::kMostSide, "height"));
      std::uint8_t* const out = pixels(info[3], width, height, facts_.channels, "out");
      return started(info, 3, [file, part, width, height, out] { refit::resample(*file, part, width, height, out); });
    });
  }

  void close(const Napi::CallbackInfo&) { file_.reset(); }

  std::shared_ptr<const PictureFile> file_;
  PictureFacts facts_;
};

struct AddonData {
  Napi::FunctionReference picture;
};

Napi::Value openPicture(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return answered(env, [&]() -> Napi::Value {
    PictureFacts facts = arguments::pictureFacts(info[0], "facts");
    const std::string access = info[1].IsString() ? info[1].As<Napi::String>().Utf8Value() : "";
    if (access != "read" && access != "write") mismatch("'read' or 'write'", "access", info[1]);
    auto file = std::make_shared<const PictureFile>(
        std::move(facts), access == "write" ? PictureFile::Access::Write : PictureFile::Access::Read);
    return PictureObject::make(env.GetInstanceData<AddonData>()->picture.Value(), std::move(file));
  });
}

std::shared_ptr<const PictureFile> pictureFile(const Napi::Value& value, std::size_t channels, const char* name) {
  const Napi::Function constructor = value.Env().GetInstanceData<AddonData>()->picture.Value();
  const std::string expected = "MappedPicture of " + std::to_string(channels) + " channels";
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(constructor)) mismatch(expected, name, value);
  auto file = PictureObject::Unwrap(value.As<Napi::Object>())->file();
  if (file->facts().channels != channels)
    throw NativeError(ErrorCode::BadArgument, "Expected " + expected + " for " + name + " but received one of " +
                                                  std::to_string(file->facts().channels));
  return file;
}

Napi::Value rowsOfPng(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    const auto picture = pictureFile(info[0], 3, "picture");
    const auto alpha = info[1].IsNull() ? nullptr : pictureFile(info[1], 1, "alpha");
    const auto height = static_cast<int>(picture->facts().height);
    const auto y = static_cast<std::size_t>(integer(info[2], 0, height - 1, "y"));
    const auto rows = static_cast<std::size_t>(integer(info[3], 1, height - static_cast<int>(y), "rows"));
    // Fills JavaScript's memory in place: Electron lets it take over none of ours, and a copy would cost as much again.
    auto out = Napi::Uint8Array::New(env, rows * pngRowBytes(picture->facts(), alpha != nullptr));
    const auto kept = std::make_shared<Napi::ObjectReference>(Napi::Persistent(out.As<Napi::Object>()));
    auto* const task = new Task<Nothing>(
        env,
        [picture, alpha, y, rows, to = out.Data()] {
          pngRows(*picture, alpha.get(), y, rows, to);
          return Nothing{};
        },
        [kept](Napi::Env, Nothing&) -> Napi::Value { return kept->Value(); });
    task->Queue();
    return task->promise();
  });
}

Napi::Value adler32Of(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    const Bytes bytes = arguments::bytes(info[0], "bytes");
    auto* const task = new Task<std::uint32_t>(
        env, [bytes] { return adler32(bytes); },
        [](Napi::Env env, std::uint32_t& check) -> Napi::Value { return Napi::Number::New(env, check); });
    task->keep(info[0]);
    task->Queue();
    return task->promise();
  });
}

Napi::Value seenRgba(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&]() -> Napi::Value {
    const auto picture = pictureFile(info[0], 3, "picture");
    const auto alpha = info[1].IsNull() ? nullptr : pictureFile(info[1], 1, "alpha");
    const Region part = region(info[2], picture->facts());
    const auto width = static_cast<std::size_t>(integer(info[3], 1, arguments::kMostSide, "width"));
    const auto height = static_cast<std::size_t>(integer(info[4], 1, arguments::kMostSide, "height"));
    std::uint8_t* const out = pixels(info[5], width, height, 4, "out");
    return started(info, 5, [picture, alpha, part, width, height, out] {
      viewRgba(*picture, alpha.get(), part, width, height, out);
    });
  });
}

Napi::Value seenTurned(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&]() -> Napi::Value {
    const auto picture = pictureFile(info[0], 3, "picture");
    const auto alpha = info[1].IsNull() ? nullptr : pictureFile(info[1], 1, "alpha");
    const Region part = region(info[2], picture->facts());
    const Napi::Object size = arguments::object(info[3], "size");
    const auto columns = static_cast<std::size_t>(integer(size.Get("width"), 1, arguments::kMostSide, "size.width"));
    const auto rows = static_cast<std::size_t>(integer(size.Get("height"), 1, arguments::kMostSide, "size.height"));
    const Grid lies = grid(info[4]);
    const auto width = static_cast<std::size_t>(integer(info[5], 1, arguments::kMostSide, "width"));
    const auto height = static_cast<std::size_t>(integer(info[6], 1, arguments::kMostSide, "height"));
    std::uint8_t* const out = pixels(info[7], width, height, 4, "out");
    return started(info, 7, [picture, alpha, part, columns, rows, lies, width, height, out] {
      viewTurned(*picture, alpha.get(), part, columns, rows, lies, width, height, out);
    });
  });
}

Napi::Value coloursCarried(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    const auto picture = pictureFile(info[0], 3, "picture");
    const auto alpha = pictureFile(info[1], 1, "alpha");
    const auto to = pictureFile(info[2], 3, "to");
    const PictureFacts& facts = picture->facts();
    for (const auto& other : {alpha, to})
      if (other->facts().width != facts.width || other->facts().height != facts.height)
        throw NativeError(ErrorCode::BadArgument, "Expected pictures of one size");
    if (to->access() != PictureFile::Access::Write || to->facts().file == facts.file)
      throw NativeError(ErrorCode::BadArgument, "Expected another picture, open to write, for to");
    auto* const task = new Task<Nothing>(
        env,
        [picture, alpha, to] {
          carryColours(*picture, *alpha, *to);
          return Nothing{};
        },
        undefined);
    task->Queue();
    return task->promise();
  });
}

/** @returns the array's memory, which stays JavaScript's: keep the value referenced while it is used. */
float* floats(const Napi::Value& value, std::size_t count, const char* name) {
  const bool isFloats = value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
  if (!isFloats || value.As<Napi::Float32Array>().ElementLength() != count)
    mismatch("Float32Array of " + std::to_string(count), name, value);
  return value.As<Napi::Float32Array>().Data();
}

std::size_t side(const Napi::Object& from, const char* name) {
  return static_cast<std::size_t>(integer(from.Get(name), 1, arguments::kMostSide, name));
}

/** @param kept gets what must stay referenced while the field is used. */
Field field(const Napi::Value& value, const char* name, std::vector<Napi::Value>& kept) {
  const Napi::Object from = arguments::object(value, name);
  Field found;
  found.width = side(from, "width");
  found.height = side(from, "height");
  kept.push_back(from.Get("colours"));
  found.colours = floats(kept.back(), found.width * found.height * 3, name);
  return found;
}

Napi::Value maskLaid(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&]() -> Napi::Value {
    const Napi::Object from = arguments::object(info[0], "mask");
    const Napi::Object picture = arguments::object(info[1], "picture");
    const Napi::Value bytes = from.Get("bytes");
    Mask mask;
    mask.width = side(from, "width");
    mask.height = side(from, "height");
    mask.bytes = pixels(bytes, mask.width, mask.height, 1, "bytes");
    PictureFacts size;
    size.width = mask.pictureWidth = side(picture, "width");
    size.height = mask.pictureHeight = side(picture, "height");
    const PixelRect part = rect(info[2], size);
    const auto width = static_cast<std::size_t>(integer(info[3], 1, arguments::kMostSide, "width"));
    const auto height = static_cast<std::size_t>(integer(info[4], 1, arguments::kMostSide, "height"));
    std::uint8_t* const out = pixels(info[5], width, height, 1, "out");
    auto* const task = new Task<Nothing>(
        info.Env(),
        [mask, part, width, height, out] {
          layMask(mask, part, width, height, out);
          return Nothing{};
        },
        undefined);
    task->keep(bytes).keep(info[5]);
    task->Queue();
    return task->promise();
  });
}

Napi::Value coloursAround(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    const Napi::Object from = arguments::object(info[0], "copy");
    const std::array<Napi::Value, 2> kept{from.Get("rgba"), from.Get("matte")};
    SmallCopy copy;
    copy.width = side(from, "width");
    copy.height = side(from, "height");
    copy.rgba = pixels(kept[0], copy.width, copy.height, 4, "rgba");
    copy.matte = pixels(kept[1], copy.width, copy.height, 1, "matte");
    const std::string of = info[1].IsString() ? info[1].As<Napi::String>().Utf8Value() : "";
    if (of != "subject" && of != "behind") mismatch("'subject' or 'behind'", "of", info[1]);
    const auto radius = static_cast<std::size_t>(integer(info[2], 0, arguments::kMostSide, "radius"));
    float* const out = floats(info[3], copy.width * copy.height * 3, "out");
    auto* const task = new Task<Nothing>(
        env,
        [copy, of = of == "subject" ? Of::Subject : Of::Behind, radius, out] {
          surroundings(copy, of, radius, out);
          return Nothing{};
        },
        undefined);
    for (const Napi::Value& value : kept) task->keep(value);
    task->keep(info[3]);
    task->Queue();
    return task->promise();
  });
}

Napi::Value rowsCutOut(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    const Napi::Object from = arguments::object(info[0], "rows");
    const Napi::Object picture = arguments::object(from.Get("picture"), "picture");
    PictureFacts size;
    size.width = side(picture, "width");
    size.height = side(picture, "height");
    CutRows rows;
    rows.pictureWidth = size.width;
    rows.pictureHeight = size.height;
    rows.region = rect(from.Get("region"), size);
    std::vector<Napi::Value> kept{from.Get("rgb"), from.Get("alpha"), from.Get("own")};
    rows.rgb = pixels(kept[0], rows.region.width, rows.region.height, 3, "rgb");
    rows.alpha = pixels(kept[1], rows.region.width, rows.region.height, 1, "alpha");
    if (!kept[2].IsNull()) rows.own = pixels(kept[2], rows.region.width, rows.region.height, 1, "own");
    rows.subject = field(from.Get("subject"), "subject", kept);
    rows.behind = field(from.Get("behind"), "behind", kept);
    const Napi::Value ground = from.Get("ground");
    if (!ground.IsNull()) rows.ground = field(ground, "ground", kept);
    auto* const task = new Task<Nothing>(
        env,
        [rows] {
          cutOut(rows);
          return Nothing{};
        },
        undefined);
    for (const Napi::Value& value : kept) task->keep(value);
    task->Queue();
    return task->promise();
  });
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto data = std::make_unique<AddonData>();
  data->picture = Napi::Persistent(PictureObject::define(env));
  env.SetInstanceData(data.release());  // Node frees it with the environment.
  exports.Set("openPicture", Napi::Function::New(env, openPicture, "openPicture"));
  exports.Set("carryColours", Napi::Function::New(env, coloursCarried, "carryColours"));
  exports.Set("layMask", Napi::Function::New(env, maskLaid, "layMask"));
  exports.Set("surroundings", Napi::Function::New(env, coloursAround, "surroundings"));
  exports.Set("cutOut", Napi::Function::New(env, rowsCutOut, "cutOut"));
  exports.Set("adler32", Napi::Function::New(env, adler32Of, "adler32"));
  exports.Set("viewRgba", Napi::Function::New(env, seenRgba, "viewRgba"));
  exports.Set("viewTurned", Napi::Function::New(env, seenTurned, "viewTurned"));
  exports.Set("pngRows", Napi::Function::New(env, rowsOfPng, "pngRows"));
  return exports;
}

}  // namespace
}  // namespace refit

static Napi::Object initAddon(Napi::Env env, Napi::Object exports) { return refit::init(env, exports); }
NODE_API_MODULE(pixels, initAddon)
