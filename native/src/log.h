#pragma once
#include <NvInferRuntime.h>

#include <mutex>
#include <string>
#include <vector>

namespace refit {

class LogScope;

/**
 * The engine library's logger. One for the process and never destroyed, because the library holds on to the pointer
 * for an unknown time. A line goes to the scopes of its own thread, else (the library's own threads) to every scope.
 */
class Logger final : public nvinfer1::ILogger {
 public:
  static Logger& instance();
  void log(Severity severity, const char* message) noexcept override;

 private:
  friend class LogScope;
  std::mutex mutex_;
  std::vector<LogScope*> scopes_;
};

/** Collects the library's warnings and errors from its making to its end on one thread. Scopes of a thread nest. */
class LogScope {
 public:
  LogScope();
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

  /** The messages so far, each on a line of its own. */
  std::string text() const;

 private:
  friend class Logger;
  void add(const std::string& line);

  /** The scope of this thread that surrounds this one, if any. */
  LogScope* const outer_;
  std::vector<std::string> lines_;
};

}  // namespace refit
