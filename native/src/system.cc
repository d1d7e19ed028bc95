#include "system.h"

#ifdef _WIN32
#include <windows.h>

#include <algorithm>
#include <iterator>
#else
#include <system_error>
#endif

namespace refit {

#ifdef _WIN32
namespace {

std::string narrow(const std::wstring& text) {
  const auto length = static_cast<int>(text.size());
  const int bytes = WideCharToMultiByte(CP_UTF8, 0, text.data(), length, nullptr, 0, nullptr, nullptr);
  std::string utf8(static_cast<std::size_t>(bytes), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), length, utf8.data(), bytes, nullptr, nullptr);
  return utf8;
}

std::wstring wide(const std::string& utf8) {
  const auto bytes = static_cast<int>(utf8.size());
  const int length = MultiByteToWideChar(CP_UTF8, 0, utf8.data(), bytes, nullptr, 0);
  std::wstring text(static_cast<std::size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), bytes, text.data(), length);
  return text;
}

bool startsWith(const std::wstring& text, const wchar_t* prefix) { return text.rfind(prefix, 0) == 0; }

}  // namespace

// std::system_category speaks the code page of this computer, which JavaScript takes for UTF-8.
std::string systemWords(int code) {
  wchar_t text[512] = {};
  const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
  const DWORD length =
      FormatMessageW(flags, nullptr, static_cast<DWORD>(code), 0, text, static_cast<DWORD>(std::size(text)), nullptr);
  std::wstring words(text, length);
  while (!words.empty() && (words.back() == L'\r' || words.back() == L'\n' || words.back() == L' ')) words.pop_back();
  return narrow(words) + (words.empty() ? "error " : " (error ") + std::to_string(code) + (words.empty() ? "" : ")");
}

std::wstring windowsPath(const std::string& utf8) {
  std::wstring path = wide(utf8);
  std::replace(path.begin(), path.end(), L'/', L'\\');
  // A folder's limit, which is lower than a file's.
  constexpr std::size_t kShort = 248;
  if (path.size() < kShort || startsWith(path, L"\\\\?\\") || startsWith(path, L"\\\\.\\")) return path;
  const DWORD room = GetFullPathNameW(path.c_str(), 0, nullptr, nullptr);
  std::wstring full(room, L'\0');
  full.resize(GetFullPathNameW(path.c_str(), room, full.data(), nullptr));
  if (full.empty()) return path;
  return startsWith(full, L"\\\\") ? L"\\\\?\\UNC\\" + full.substr(2) : L"\\\\?\\" + full;
}
#else
std::string systemWords(int code) { return std::system_category().message(code); }
#endif

}  // namespace refit
