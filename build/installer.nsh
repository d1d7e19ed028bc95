# Read by electron-builder into its own installer for Windows.

# The installer keeps itself for updates, which then fetch what changed alone. electron-builder's uninstaller forgets that copy.
!macro customUnInstall
  ${ifNot} ${isUpdated}
    SetShellVarContext current
    RMDir /r "$LOCALAPPDATA\${APP_PACKAGE_NAME}-updater"
    ${if} $installMode == "all"
      SetShellVarContext all
    ${endIf}
  ${endIf}
!macroend
