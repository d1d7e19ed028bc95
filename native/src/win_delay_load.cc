// Windows only; written from Node's documentation of native addons. Run under Wine, in Node and Electron, not on
// Windows itself.
//
// The addon imports Node-API from "node.exe", whatever the host's real name is: node.exe, electron.exe or the packaged
// app. The import is delayed, and this hook answers it with the program that is running.
#ifdef _WIN32
#include <windows.h>

#include <delayimp.h>
#include <string.h>

static FARPROC WINAPI onDelayLoad(unsigned notification, DelayLoadInfo* info) {
  if (notification != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandleW(nullptr));
}

extern "C" const PfnDliHook __pfnDliNotifyHook2 = onDelayLoad;
#endif
