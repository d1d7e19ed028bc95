#include "engine.h"

#include <algorithm>
#include <string>
#include <vector>

#include "error.h"
#include "runtime.h"

namespace refit {

namespace {

/** As much of a file as the header check reads. */
std::vector<std::uint8_t> headerOf(const nvinfer1::IRuntime& runtime, const ReadFile& file) {
  const auto wanted = static_cast<std::uint64_t>(runtime::headerBytes(runtime));
  std::vector<std::uint8_t> header(static_cast<std::size_t>(std::min(wanted, file.size())));
  if (!file.readAt(header.data(), header.size(), 0))
    throw NativeError(ErrorCode::FileFailed, "The engine's file cannot be read.");
  return header;
}

}  // namespace

LoadedEngine deserialize(nvinfer1::IRuntime& runtime, const EngineSource& source, const Device& device) {
  LoadedEngine loaded;
  const auto* const path = std::get_if<std::string>(&source);
  std::vector<std::uint8_t> fileHeader;
  if (path != nullptr) {
    loaded.reader = std::make_unique<PlanReader>(*path, device);
    fileHeader = headerOf(runtime, loaded.reader->file());
  }
  const Bytes bytes = path == nullptr ? std::get<Bytes>(source) : Bytes{fileHeader.data(), fileHeader.size()};
  const std::vector<std::string> reasons = runtime::invalidityReasons(runtime, bytes);
  std::string list;
  bool isFatal = false;
  for (const std::string& reason : reasons) {
    list += (list.empty() ? "" : ", ") + reason;
    // TensorRT-RTX 1.6 does not know compute capability 9.0 (H100) and calls engines invalid that load, refit and run
    // there. There, loading decides; any other reason is final.
    isFatal = isFatal || reason != "computeCapability" || runtime::knowsCapability(device.sm());
  }
  const auto invalid = [&](const char* what) {
    return NativeError(ErrorCode::EngineInvalid,
                       list.empty() ? what : std::string(what) + " Its header says: " + list + ".");
  };
  if (isFatal) throw invalid("This engine does not fit this machine.");
  if (loaded.reader)
    loaded.engine = runtime::deserialize(runtime, *loaded.reader);
  else
    loaded.engine.reset(runtime.deserializeCudaEngine(bytes.data, bytes.size));
  if (loaded.engine) {
    if (loaded.reader) loaded.reader->settle();
    return loaded;
  }
  if (device.memory().freeBytes < (loaded.reader ? loaded.reader->file().size() : bytes.size))
    throw NativeError(ErrorCode::OutOfVram, "The GPU's memory is too full to load the engine.");
  throw invalid("The engine library could not load the engine.");
}

std::size_t elementBytes(nvinfer1::DataType type) {
  using nvinfer1::DataType;
  switch (type) {
    case DataType::kINT64: return 8;
    case DataType::kFLOAT:
    case DataType::kINT32: return 4;
    case DataType::kHALF:
    case DataType::kBF16: return 2;
    default: return 1;
  }
}

const char* dtypeName(nvinfer1::DataType type) {
  using nvinfer1::DataType;
  switch (type) {
    case DataType::kUINT8: return "uint8";
    case DataType::kFLOAT: return "float32";
    case DataType::kHALF: return "float16";
    case DataType::kBF16: return "bfloat16";
    case DataType::kINT8: return "int8";
    case DataType::kINT32: return "int32";
    case DataType::kINT64: return "int64";
    case DataType::kBOOL: return "bool";
    default: return "other";
  }
}

}  // namespace refit
