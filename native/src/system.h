#pragma once
#include <string>

/** What Windows does in another way than the others. Paths are UTF-8 everywhere above. */
namespace refit {

/**
 * The system's words for an error, UTF-8, without a line's end.
 * @param code of `GetLastError` on Windows, else of `errno`.
 */
std::string systemWords(int code);

#ifdef _WIN32
/** As Windows takes a path. One of more than about 260 characters is made absolute and gets the prefix that lifts this
 * limit. */
std::wstring windowsPath(const std::string& utf8);
#endif

}  // namespace refit
