#!/bin/bash
# After electron-builder's own template, which leaves two things behind: what was the app's folder, where a file came into it, and
# what update-alternatives keeps. `${executable}` and the like are filled in by electron-builder.

# An upgrade removes the old version too: the new one needs all of this.
if [ "$1" != remove ] && [ "$1" != purge ]; then exit 0; fi

if type update-alternatives >/dev/null 2>&1; then
    update-alternatives --remove '${executable}' '/opt/${sanitizedProductName}/${executable}'
else
    rm -f '/usr/bin/${executable}'
fi

PROFILE='/etc/apparmor.d/${executable}'
if [ -f "$PROFILE" ]; then
    if apparmor_status --enabled >/dev/null 2>&1 && hash apparmor_parser 2>/dev/null; then
        apparmor_parser --remove "$PROFILE" || true
    fi
    rm -f "$PROFILE"
fi

if hash update-desktop-database 2>/dev/null; then
    update-desktop-database /usr/share/applications || true
fi
