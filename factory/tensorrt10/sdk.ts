/**
 * Provides TensorRT 10.6, which the scale report compares TensorRT-RTX with: `factory/tensorrt10/sdk/{include,lib}`, not in
 * git, and no part of set-up or of the app. Headers come from a crate, libraries (1.1 GB) from a Maven package; both pinned.
 * TENSORRT_10_ROOT, a folder with lib/, gives the libraries instead. `tsx factory/tensorrt10/sdk.ts` runs it, `-- headers` without them.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { command, findPython, type Log, message } from '../../native/commands';
import { fetchHeaders, type HeaderCrate, requireHash } from '../../native/headers';

const sdk = join(import.meta.dirname, 'sdk');

const crate: HeaderCrate = {
  name: 'trtx-sys',
  version: '0.5.0',
  headers: join('TensorRT-Headers', 'TRT-Enterprise-10.16'),
  cudaHeader: join('TensorRT-Headers', 'cuda_runtime_api.h'),
  sha256: 'b386ae81b4e1e4edce9615f859763df798ce0144d79cc3470c8d474ea2f49930',
};

const packages = {
  linux: {
    classifier: 'linux-x86_64-redist',
    sha256: 'e7979693541f996bc284335b05f5e890a82b8b3aba50d680e1343a139cf291c4',
  },
};
const artifact = (classifier: string): string => `org.bytedeco:tensorrt:10.6-1.5.11:jar:${classifier}`;

/** Fetches, checks and unpacks what is missing. @throws Error that says what to do. */
async function provideSdk10(log: Log, withLibraries: boolean): Promise<void> {
  await provided(join(sdk, 'include'), async (into, temporary) => {
    log(`TensorRT 10: fetching headers (crate ${crate.name} ${crate.version})`);
    await fetchHeaders(crate, temporary, into, 'PATH to where cargo is');
  });
  if (withLibraries) await provided(join(sdk, 'lib'), (into, temporary) => provideLibraries(into, temporary, log));
  log('TensorRT 10: ready');
}

/** Makes a folder, whole or not at all; does nothing where it is there. */
async function provided(folder: string, make: (into: string, temporary: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const making = `${folder}.part`;
  const temporary = await mkdtemp(join(tmpdir(), 'refit-sdk-'));
  try {
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true });
    await make(making, temporary);
    await rename(making, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(making, { recursive: true, force: true });
  }
}

async function provideLibraries(into: string, temporary: string, log: Log): Promise<void> {
  const own = process.env.TENSORRT_10_ROOT;
  if (own) {
    const from = resolve(own, 'lib');
    for (const file of await readdir(from)) await symlink(join(from, file), join(into, file));
    return;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      'Set TENSORRT_10_ROOT to a folder of TensorRT 10.6 with lib/: its package is pinned for x64 Linux only.',
    );
  const { classifier, sha256 } = packages.linux;
  log(`TensorRT 10: fetching libraries (Maven ${artifact(classifier)}, 1.1 GB)`);
  const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
  try {
    await command('mvn', ['-q', '-B', plugin, `-Dartifact=${artifact(classifier)}`, `-DoutputDirectory=${temporary}`]);
  } catch (error) {
    throw new Error(`mvn could not fetch TensorRT 10.6. Install Maven, or set TENSORRT_10_ROOT. ${message(error)}`);
  }
  const jar = (await readdir(temporary)).find((name) => name.endsWith('.jar'));
  if (!jar) throw new Error('mvn fetched no package of TensorRT 10.6.');
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(temporary, jar)), hash);
  requireHash(jar, hash.digest('hex'), sha256);
  const [python, ...args] = await findPython();
  await command(python, [...args, '-m', 'zipfile', '-e', join(temporary, jar), temporary]);
  const unpacked = join(temporary, 'org', 'bytedeco', 'tensorrt', 'linux-x86_64');
  for (const file of await readdir(unpacked))
    if (file.startsWith('libnv')) await cp(join(unpacked, file), join(into, file));
}

if (process.argv[1] === import.meta.filename)
  provideSdk10(console.log, process.argv[2] !== 'headers').catch((error: unknown) => {
    console.error(message(error));
    process.exitCode = 1;
  });
