/** What `refit doctor` looks at. Each finding stands alone: if one fails, the report still has the others. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { AppError, toReport } from '../../app/errors';
import { type Fact, formatCapability } from '../../app/machine';
import { selectDevice } from '../../app/select';
import { fullWordsOf, wordsOf } from '../../words/errors';
import { repository } from '../engines/build';
import { signingKeyFile } from '../engines/sign';
import { broken, type Finding, fact, good } from './finding';
import { addonFile, here, libraryDir } from './machine';
import { catalogAndModels } from './modelFindings';
import { webgpu } from './webgpuFindings';

/** In a fixed order, from the machine to what is kept on it. None holds the person's name or folders. */
export async function findings(): Promise<Finding[]> {
  const looks: [string, () => Promise<Finding[]>][] = [
    ['system', system],
    ['gpu', gpu],
    ['libraries', libraries],
    ['webgpu', () => webgpu()],
    ['catalog', catalogAndModels],
    ['cache', cache],
    ['disk', disk],
    ['signing key', signingKey],
  ];
  const found: Finding[] = [];
  for (const [area, look] of looks) {
    const own = await look().catch((error: unknown) => {
      const report = toReport(error);
      return [broken(area, `${wordsOf(report).message} ${report.detail.split('\n')[0]}`)];
    });
    found.push(...own);
  }
  return found.map((each) => ({ ...each, text: each.text.replaceAll(os.homedir(), '~') }));
}

async function system(): Promise<Finding[]> {
  const cpu = os.cpus()[0]?.model ?? 'unknown';
  return [
    fact('refit', await versionOf(path.join(repository, 'package.json'))),
    fact('system', `${os.version()}, ${os.platform()} ${os.release()} ${os.arch()}`),
    fact('processor', `${cpu}, ${os.availableParallelism()} threads, ${gigabytes(os.totalmem())} of memory`),
    fact('node', process.versions.node),
  ];
}

async function gpu(): Promise<Finding[]> {
  if (!existsSync(addonFile)) return [broken('addon', 'not compiled: node tools/setup.mjs sdk addon')];
  const { binding, machine } = here();
  const told = <T>(area: string, known: Fact<T>, text: (value: T) => string): Finding =>
    known.kind === 'known' ? good(area, text(known.value)) : fact(area, `not found: ${known.reason}`);
  const device = selectDevice(machine);
  return [
    good('addon', `for ${binding.runtime}`),
    told(
      'driver',
      machine.driver,
      ({ version, cudaVersion }) => `${version ?? 'of unknown version'}, CUDA ${cudaVersion}`,
    ),
    told('gpus', machine.gpus, (gpus) =>
      gpus
        .map((each) => `${each.name} (${formatCapability(each.computeCapability)}, ${gigabytes(each.vramBytes)})`)
        .join('; '),
    ),
    told('runtime', machine.runtime, (name) => name),
    told('parser', machine.parser, (file) => file),
    fact('works on', device.kind === 'gpu' ? device.gpu.name : `the processor. ${wordsOf(device.reason).message}`),
  ];
}

async function libraries(): Promise<Finding[]> {
  const names = await readdir(libraryDir).catch(() => []);
  const files = await Promise.all(
    names.map(async (name) => `${name} ${(await stat(path.join(libraryDir, name))).size}`),
  );
  return [
    names.length > 0
      ? good('libraries', files.join(', '))
      : broken('libraries', `none in ${libraryDir}: node tools/setup.mjs sdk`),
    await processor(() => import('onnxruntime-node')),
  ];
}

/** @param load the processor's library, which Windows may refuse where Microsoft's C++ runtime is missing. */
export async function processor(load: () => Promise<unknown>, platform: string = process.platform): Promise<Finding> {
  const version = await versionOf(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  return load().then(
    () => good('onnxruntime', version),
    (error: unknown) => {
      const words = fullWordsOf(new AppError('PROCESSOR_BROKEN', { platform }));
      return broken('onnxruntime', `${version}: ${words} ${String(error).split('\n')[0]}`);
    },
  );
}

/** The app's cache of engines, where Electron keeps the app's data (`userData`, by the product's name). */
function cacheFolder(): string {
  const home = os.homedir();
  const data =
    process.platform === 'win32'
      ? (process.env.APPDATA ?? path.join(home, 'AppData', 'Roaming'))
      : (process.env.XDG_CONFIG_HOME ?? path.join(home, '.config'));
  return path.join(data, 'Refit', 'engines');
}

async function cache(): Promise<Finding[]> {
  const dir = cacheFolder();
  const models = (await readdir(dir).catch(() => [])).filter((name) => !name.startsWith('.'));
  const entries = await Promise.all(
    models.map(async (model) => {
      const keys = await readdir(path.join(dir, model)).catch(() => []);
      return keys.length > 0 ? [`${model} ${keys.length}, ${gigabytes(await bytesIn(path.join(dir, model)))}`] : [];
    }),
  );
  return [fact('cache', `${dir}: ${entries.flat().join('; ') || 'nothing kept'}`)];
}

async function bytesIn(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (entry) => (await stat(path.join(entry.parentPath, entry.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function disk(): Promise<Finding[]> {
  const free = async (area: string, folder: string) => {
    const { bavail, bsize } = await statfs(folder);
    return fact(area, `${gigabytes(bavail * bsize)} free`);
  };
  return [await free('disk of the repository', repository), await free('disk of the cache', existing(cacheFolder()))];
}

/** The nearest folder that is there, of a folder and those that it lies in. */
function existing(folder: string): string {
  const outer = path.dirname(folder);
  return existsSync(folder) || outer === folder ? folder : existing(outer);
}

async function signingKey(): Promise<Finding[]> {
  const file = signingKeyFile();
  return [fact('signing key', existsSync(file) ? file : `none (${file})`)];
}

const Package = z.object({ version: z.string() });
const versionOf = async (file: string): Promise<string> =>
  Package.parse(JSON.parse(await readFile(file, 'utf8'))).version;
const gigabytes = (bytes: number): string =>
  bytes < 1e8 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
