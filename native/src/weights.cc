#include "weights.h"

#include <mutex>
#include <set>
#include <unordered_map>

#include "engine.h"
#include "error.h"
#include "loader.h"
#include "runtime.h"

namespace refit {
namespace {

std::vector<WeightFacts> allWeights(nvinfer1::IRefitter& refitter) {
  const std::int32_t count = refitter.getAllWeights(0, nullptr);
  std::vector<const char*> names(static_cast<std::size_t>(count > 0 ? count : 0), nullptr);
  if (count > 0) refitter.getAllWeights(count, names.data());
  std::vector<WeightFacts> all;
  std::set<std::string> seen;
  for (const char* name : names) {
    if (name == nullptr || !seen.insert(name).second) continue;
    const nvinfer1::Weights prototype = refitter.getWeightsPrototype(name);
    const std::int64_t elements = prototype.count > 0 ? prototype.count : 0;
    all.push_back({name, prototype.type, elements, elements * static_cast<std::int64_t>(elementBytes(prototype.type))});
  }
  if (all.empty()) throw NativeError(ErrorCode::EngineInvalid, "This engine was not built to take weights.");
  return all;
}

/** The weights that an engine wants, and which of them were given. */
class WantedWeights {
 public:
  explicit WantedWeights(nvinfer1::IRefitter& refitter) : refitter_(refitter) {
    for (WeightFacts& facts : allWeights(refitter)) {
      progress_.bytesTotal += facts.bytes;
      progress_.weightsTotal++;
      std::string name = facts.name;
      weights_.emplace(std::move(name), Weight{std::move(facts), false});
    }
  }

  /** nullptr for a name that the engine does not have. */
  const WeightFacts* find(const std::string& name) const {
    const auto found = weights_.find(name);
    return found == weights_.end() ? nullptr : &found->second.facts;
  }

  /** Takes note that a weight was given. @returns false for a name that is unknown or was given before. */
  bool give(const char* name) {
    const auto found = weights_.find(name == nullptr ? "" : name);
    if (found == weights_.end() || found->second.given) return false;
    found->second.given = true;
    progress_.weightsDone++;
    progress_.bytesDone += found->second.facts.bytes;
    return true;
  }

  /** Names that the refitter reports as missing; its list may be incomplete. */
  std::vector<std::string> missing() const {
    std::vector<std::string> names;
    const std::int32_t count = refitter_.getMissingWeights(0, nullptr);
    if (count <= 0) return names;
    std::vector<const char*> list(static_cast<std::size_t>(count), nullptr);
    refitter_.getMissingWeights(count, list.data());
    for (const char* name : list) names.emplace_back(name == nullptr ? "(unnamed)" : name);
    return names;
  }

  /** As `missing`, and asks the refitter about each name that the observer did not see. */
  std::vector<std::string> missingOfAll() const {
    std::vector<std::string> names = missing();
    for (const auto& [name, weight] : weights_)
      if (!weight.given && refitter_.getNamedWeights(name.c_str()).values == nullptr) names.push_back(name);
    return names;
  }

  /** Names that were not given, whether or not the library reports them. */
  std::vector<std::string> notGiven() const {
    std::vector<std::string> names;
    for (const auto& [name, weight] : weights_)
      if (!weight.given) names.push_back(name);
    return names;
  }

  const RefitProgress& progress() const { return progress_; }

 private:
  struct Weight {
    WeightFacts facts;
    bool given;
  };
  nvinfer1::IRefitter& refitter_;
  std::unordered_map<std::string, Weight> weights_;
  RefitProgress progress_;
};

/** A refitter and what holds the weights that it refers to, until they are in the engine. */
struct Refitting {
  std::unique_ptr<nvinfer1::IRefitter> refitter;
  std::unique_ptr<LoadedOnnx> onnx;
  std::vector<std::vector<std::uint8_t>> copies;
  std::unique_ptr<nvonnxparser::IParserRefitter> parser;
};

std::vector<std::string> giveOnnx(Refitting& refitting, const OnnxSource& source, WantedWeights& wanted,
                                  const OnRefitProgress& onProgress) {
  const auto* const file = std::get_if<OnnxFile>(&source);
  const bool isWholeFile = file != nullptr && (file->external.empty() || !runtime::kTakesExternalTensors);
  if (!isWholeFile) {
    refitting.onnx = std::make_unique<LoadedOnnx>(source);
    if (refitting.onnx->model().size == 0) throw NativeError(ErrorCode::RefitFailed, "The ONNX file is empty.");
  }
  refitting.parser = parserLibrary().createParserRefitter(*refitting.refitter);
  nvonnxparser::IParserRefitter& parser = *refitting.parser;
  std::mutex mutex;
  std::set<std::string> seen;
  const runtime::WeightObserver observer(parser, [&](const char* name, const std::vector<const char*>& from) {
    const std::lock_guard lock(mutex);
    for (const char* initializer : from)
      if (initializer != nullptr) seen.insert(initializer);
    if (wanted.give(name)) onProgress(wanted.progress());
  });
  bool isRead = false;
  if (isWholeFile) {
    isRead = parser.refitFromFile(file->file.c_str());
  } else if (refitting.onnx->hasExternal()) {
    refitting.onnx->loadInto(parser);
    isRead = parser.refitModelProto();
  } else {
    isRead = parser.refitFromBytes(refitting.onnx->model().data, refitting.onnx->model().size);
  }
  if (!isRead)
    throw NativeError(ErrorCode::RefitFailed, "The weights of this ONNX file do not fit the engine.",
                      parserErrors(parser));
  return {seen.begin(), seen.end()};
}

/** Values at an address that their type can be read from. Slices of files may lie at any address: those are copied. */
const std::uint8_t* aligned(Bytes bytes, std::vector<std::vector<std::uint8_t>>& copies) {
  constexpr std::uintptr_t kAlignment = 16;
  if (reinterpret_cast<std::uintptr_t>(bytes.data) % kAlignment == 0) return bytes.data;
  return copies.emplace_back(bytes.data, bytes.data + bytes.size).data();
}

void giveTensors(Refitting& refitting, const NamedTensors& tensors, WantedWeights& wanted,
                 const OnRefitProgress& onProgress) {
  for (const auto& [name, bytes] : tensors) {
    const WeightFacts* const facts = wanted.find(name);
    if (facts == nullptr) throw NativeError(ErrorCode::BadArgument, "This engine has no weights \"" + name + "\".");
    if (static_cast<std::int64_t>(bytes.size) != facts->bytes)
      throw NativeError(ErrorCode::BadArgument, "Expected " + std::to_string(facts->bytes) + " bytes for \"" + name +
                                                    "\" but received " + std::to_string(bytes.size));
    const std::uint8_t* const values = aligned(bytes, refitting.copies);
    if (!refitting.refitter->setNamedWeights(name.c_str(), nvinfer1::Weights{facts->type, values, facts->count}))
      throw NativeError(ErrorCode::RefitFailed, "The engine library refuses the weights \"" + name + "\".");
    if (wanted.give(name.c_str())) onProgress(wanted.progress());
  }
}

void requireNone(const std::vector<std::string>& missing) {
  if (missing.empty()) return;
  std::string detail;
  for (const std::string& name : missing) detail += (detail.empty() ? "missing: " : "\nmissing: ") + name;
  throw NativeError(ErrorCode::WeightsMissing,
                    "The engine still lacks " + std::to_string(missing.size()) + " of its weights.", detail);
}

}  // namespace

std::vector<WeightFacts> engineWeights(nvinfer1::ICudaEngine& engine) {
  return allWeights(*engineLibrary().createRefitter(engine));
}

PutWeights putWeights(nvinfer1::ICudaEngine& engine, const WeightSource& source, bool changedOnly,
                      const OnRefitProgress& onProgress) {
  const auto refitting = std::make_shared<Refitting>();
  refitting->refitter = engineLibrary().createRefitter(engine);
  // A tenth to a half faster than one thread, the library's default; 16 threads were slower than one (H100, 1.6.1).
  constexpr std::int32_t kThreads = 4;
  refitting->refitter->setMaxThreads(kThreads);
  WantedWeights wanted(*refitting->refitter);
  PutWeights put;
  put.leftovers = refitting;
  onProgress(wanted.progress());
  if (const auto* const onnx = std::get_if<OnnxSource>(&source)) {
    put.sources = giveOnnx(*refitting, *onnx, wanted, onProgress);
    requireNone(wanted.missingOfAll());
    put.weights = wanted.progress().weightsTotal;
    put.weightBytes = wanted.progress().bytesTotal;
  } else {
    giveTensors(*refitting, std::get<NamedTensors>(source), wanted, onProgress);
    // The library's own list is incomplete for stripped engines: it is empty after a single tensor (1.6.1).
    requireNone(changedOnly ? wanted.missing() : wanted.notGiven());
    put.weights = wanted.progress().weightsDone;
    put.weightBytes = wanted.progress().bytesDone;
  }
  if (!refitting->refitter->refitCudaEngine())
    throw NativeError(ErrorCode::RefitFailed, "The engine library could not put the weights into the engine.");
  RefitProgress done = wanted.progress();
  done.weightsDone = done.weightsTotal;
  done.bytesDone = done.bytesTotal;
  onProgress(done);
  return put;
}

}  // namespace refit
