#include "builder.h"

#include <mutex>
#include <string>

#include "device.h"
#include "error.h"
#include "loader.h"
#include "parser_errors.h"
#include "runtime.h"

namespace refit {
namespace {

/** Turns the nested phases and steps that the library reports into one fraction that never decreases. */
class ProgressMonitor final : public nvinfer1::IProgressMonitor {
 public:
  explicit ProgressMonitor(const std::function<void(double)>& onProgress) : onProgress_(onProgress) {}

  void phaseStart(const char* name, const char* parent, std::int32_t steps) noexcept override {
    guarded([&] {
      // A phase without a parent begins anew; one whose parent is known closes what lay deeper.
      while (!phases_.empty() && (parent == nullptr || phases_.back().name != parent)) phases_.pop_back();
      phases_.push_back({name, steps > 0 ? steps : 1, 0});
    });
  }

  bool stepComplete(const char* name, std::int32_t step) noexcept override {
    guarded([&] {
      for (Phase& phase : phases_)
        if (phase.name == name) phase.done = step + 1;
      report();
    });
    return true;
  }

  void phaseFinish(const char* name) noexcept override {
    guarded([&] {
      while (!phases_.empty()) {
        const bool found = phases_.back().name == name;
        phases_.pop_back();
        if (found) break;
      }
    });
  }

 private:
  struct Phase {
    std::string name;
    std::int32_t steps;
    std::int32_t done;
  };

  template <class Action>
  void guarded(const Action& action) noexcept {
    try {
      const std::lock_guard lock(mutex_);
      action();
    } catch (...) {
      // The build goes on without progress.
    }
  }

  void report() {
    double fraction = 0;
    double share = 1;
    for (const Phase& phase : phases_) {
      fraction += share * phase.done / phase.steps;
      share /= phase.steps;
    }
    fraction = fraction > 1 ? 1 : fraction;
    if (fraction <= furthest_) return;
    furthest_ = fraction;
    onProgress_(fraction);
  }

  std::mutex mutex_;
  const std::function<void(double)>& onProgress_;
  std::vector<Phase> phases_;
  double furthest_ = 0;
};

void fixInput(nvinfer1::ITensor& input, const BuildOptions& options) {
  nvinfer1::Dims shape{};
  shape.nbDims = 4;
  shape.d[0] = 1;
  shape.d[1] = options.height;
  shape.d[2] = options.width;
  shape.d[3] = 3;
  const nvinfer1::Dims declared = input.getDimensions();
  bool fits = declared.nbDims == shape.nbDims;
  for (int i = 0; fits && i < shape.nbDims; i++) fits = declared.d[i] == -1 || declared.d[i] == shape.d[i];
  if (!fits) {
    std::string text;
    for (int i = 0; i < declared.nbDims; i++) text += (i == 0 ? "" : ", ") + std::to_string(declared.d[i]);
    throw NativeError(ErrorCode::OnnxInvalid, "Expected an input that can be [1, " + std::to_string(options.height) +
                                                  ", " + std::to_string(options.width) + ", 3] but \"" +
                                                  input.getName() + "\" is [" + text + "].");
  }
  input.setDimensions(shape);
}

void fixShape(nvinfer1::INetworkDefinition& network, const BuildOptions& options) {
  nvinfer1::ITensor* const input = network.getNbInputs() > 0 ? network.getInput(0) : nullptr;
  if (input == nullptr) throw NativeError(ErrorCode::OnnxInvalid, "The network has no input.");
  if (options.height > 0) fixInput(*input, options);

  const auto requireStatic = [](const nvinfer1::ITensor& tensor) {
    const nvinfer1::Dims dims = tensor.getDimensions();
    bool fixed = dims.nbDims >= 0;
    for (int i = 0; fixed && i < dims.nbDims; i++) fixed = dims.d[i] >= 0;
    if (!fixed)
      throw NativeError(ErrorCode::OnnxInvalid, std::string("The shape of \"") + tensor.getName() +
                                                    "\" is not fixed, or still open once the input's is fixed.");
  };
  for (int i = 0; i < network.getNbInputs(); i++) requireStatic(*network.getInput(i));
  for (int i = 0; i < network.getNbOutputs(); i++) requireStatic(*network.getOutput(i));
}

void setFlags(nvinfer1::IBuilderConfig& config, const BuildOptions& options) {
  using nvinfer1::BuilderFlag;
  if (options.strip) config.setFlag(BuilderFlag::kSTRIP_PLAN);
  if (options.refit == RefitMode::Identical) config.setFlag(BuilderFlag::kREFIT_IDENTICAL);
  if (options.refit == RefitMode::Any) config.setFlag(BuilderFlag::kREFIT);
}

/** @returns what must live until the build is done; none where the parser has read the file by itself. */
std::unique_ptr<LoadedOnnx> parseInto(nvonnxparser::IParser& parser, const OnnxSource& source) {
  std::unique_ptr<LoadedOnnx> onnx;
  bool isParsed = false;
  const auto* const file = std::get_if<OnnxFile>(&source);
  if (file != nullptr && !runtime::kTakesExternalTensors) {
    isParsed = parser.parseFromFile(file->file.c_str(), static_cast<int>(nvinfer1::ILogger::Severity::kWARNING));
  } else {
    onnx = std::make_unique<LoadedOnnx>(source);
    if (onnx->model().size == 0) throw NativeError(ErrorCode::OnnxInvalid, "The ONNX file is empty.");
    if (onnx->hasExternal()) onnx->loadInto(parser);
    isParsed = onnx->hasExternal() ? parser.parseModelProto() : parser.parse(onnx->model().data, onnx->model().size);
  }
  if (!isParsed) throw NativeError(ErrorCode::OnnxInvalid, "The ONNX parser refuses the file.", parserErrors(parser));
  return onnx;
}

}  // namespace

std::unique_ptr<nvinfer1::IHostMemory> buildEngine(const OnnxSource& source, const BuildOptions& options,
                                                   const std::function<void(double)>& onProgress) {
  const EngineLibrary& engines = engineLibrary();
  const ParserLibrary& parsers = parserLibrary();
  // Without a GPU a stripped build fails late and in the library's own words, so one is looked for first.
  if (options.strip || !runtime::kBuildsWithoutGpu) {
    Device::open(options.device).makeCurrent();
  } else if (const std::optional<Device> device = Device::tryOpen(options.device)) {
    device->makeCurrent();
  }

  const auto builder = engines.createBuilder();
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(runtime::kNetworkFlags));
  ProgressMonitor monitor(onProgress);
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  if (!network || !config) throw NativeError(ErrorCode::BuildFailed, "The engine library refuses to make a network.");
  // The parser holds the weights that the network refers to, so it lives until the build is done.
  const auto parser = parsers.createParser(*network);
  const std::unique_ptr<LoadedOnnx> onnx = parseInto(*parser, source);
  if (network->getNbOutputs() == 0) throw NativeError(ErrorCode::OnnxInvalid, "The network has no output.");
  fixShape(*network, options);

  setFlags(*config, options);
  runtime::setTargets(*config, options.computeCapabilities);
  config->setProgressMonitor(&monitor);
  std::unique_ptr<nvinfer1::IHostMemory> engine(builder->buildSerializedNetwork(*network, *config));
  config->setProgressMonitor(nullptr);
  if (!engine || engine->size() == 0)
    throw NativeError(ErrorCode::BuildFailed, "The engine library could not build the network.");
  onProgress(1);
  return engine;
}

}  // namespace refit
