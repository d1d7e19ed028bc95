#include "engine.h"

#include <string>
#include <vector>

#include "error.h"
#include "runtime.h"

namespace refit {

std::unique_ptr<nvinfer1::ICudaEngine> deserialize(nvinfer1::IRuntime& runtime, Bytes bytes, const Device& device) {
  const std::vector<std::string> reasons = runtime::invalidityReasons(runtime, bytes);
  std::string list;
  bool isFatal = false;
  for (const std::string& reason : reasons) {
    list += (list.empty() ? "" : ", ") + reason;
    // Of compute capabilities that it does not know (9.0, the H100) 1.6 says no to engines that load, refit and run
    // there, so for those loading decides. On all others, and on all other matters, its word holds.
    isFatal = isFatal || reason != "computeCapability" || runtime::knowsCapability(device.sm());
  }
  const auto invalid = [&](const char* what) {
    return NativeError(ErrorCode::EngineInvalid, list.empty() ? what : std::string(what) + " Its header says: " + list + ".");
  };
  if (isFatal) throw invalid("This engine does not fit this machine.");
  std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime.deserializeCudaEngine(bytes.data, bytes.size));
  if (engine) return engine;
  if (device.memory().freeBytes < bytes.size)
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

}  // namespace refit
