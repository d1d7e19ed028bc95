/** The command line on this repository and without a GPU: as it is started where processes count, else by the function that is. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readCatalog } from '../engines/catalogFile';
import { hostFile } from '../engines/nodeHost';
import { engineName } from '../engines/wanted';
import { ensurePython, python } from '../models/python';
import { exitCode } from './command';
import { processor } from './findings';
import { bitsOf } from './inspect';
import { requireGpu, where } from './machine';
import { main } from './program';

const root = path.resolve(import.meta.dirname, '..', '..');
const hasGpu = (() => {
  try {
    requireGpu();
    return true;
  } catch {
    return false;
  }
})();

interface Result {
  code: number;
  out: string;
  err: string;
}

function refit(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const options = { cwd: os.tmpdir(), env: { ...process.env, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(root, 'factory', 'cli', 'bin.mjs'), ...args], options, (error, out, err) => {
      resolve({ code: Number(error?.code ?? 0), out, err });
    });
  });
}

/** The same without a process: its start takes most of what a command does. */
async function call(args: string[]): Promise<Result> {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += text;
      return true;
    }),
  );
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await main(args);
    return { code: Number(process.exitCode), out: said.stdout, err: said.stderr };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}

let engine = '';
beforeAll(async () => {
  const [first] = (await readCatalog(where.catalogFile)).engines;
  if (!first) throw new Error('The catalog is empty.');
  engine = engineName(first);
});

it('lists every command in its help', async () => {
  const { code, out } = await call(['--help']);
  expect(code).toBe(exitCode.ok);
  for (const name of [
    'add',
    'build',
    'merge',
    'verify',
    'race',
    'pack',
    'sizes',
    'inspect',
    'export',
    'select',
    'doctor',
    'sign',
    'keygen',
  ])
    expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
});

it('ends with the usage code at an unknown command', async () => {
  expect((await refit(['bake'])).code).toBe(exitCode.usage);
});

it.each([
  ['no command', []],
  ['an unknown option', ['build', '--fast']],
  ['a shard that is none', ['build', '--shard', '4/3']],
  ['no jobs', ['build', '--jobs', '0']],
  ['an ONNX file without an id', ['add', 'net.onnx']],
])('ends with the usage code at %s', async (_, args) => {
  expect((await call(args)).code).toBe(exitCode.usage);
});

describe('--json', () => {
  it('prints nothing but JSON on stdout of its process', async () => {
    expect(JSON.parse((await refit(['doctor', '--json'])).out)).toHaveProperty('findings');
  });

  it.each([
    [['sizes'], 'total'],
    [['select', '--gpu', 'RTX 4070'], 'gpus'],
    [['build', '--dry-run'], 'built'],
  ])('prints nothing but JSON on stdout for %j', async (args, key) => {
    const { out } = await call([...args, '--json']);
    expect(JSON.parse(out)).toHaveProperty(key);
  });

  it('prints an error as JSON, too', async () => {
    const { code, out } = await call(['inspect', 'no/such/engine', '--json']);
    expect(code).toBe(exitCode.refused);
    expect(JSON.parse(out).error.message).toContain('no/such/engine');
  });
});

describe('inspect', () => {
  it('tells of a catalog entry its hashes, sizes and header', async () => {
    const { code, out } = await call(['inspect', engine, '--json']);
    expect(code).toBe(exitCode.ok);
    const { entry, engineSha256, engineBytes, faults, header } = JSON.parse(out);
    expect([engineSha256, engineBytes, faults]).toEqual([entry.engineSha256, entry.strippedBytes, []]);
    expect(header.bits).toHaveLength(6);
  });

  it('finds the entry of an engine that is named by its file', async () => {
    const [first] = (await readCatalog(where.catalogFile)).engines;
    const { out } = await call(['inspect', first ? where.engine(first) : '', '--json']);
    expect(engineName(JSON.parse(out).entry)).toBe(engine);
  });

  it('says for each reason of the library which bit does not fit', () => {
    const states = Object.fromEntries(bitsOf(['memory', 'driver'], true).map(({ check, state }) => [check, state]));
    expect(states).toMatchObject({ memory: 'does not fit', driver: 'does not fit', version: 'fits' });
  });

  it('claims nothing about a header without a GPU', () => {
    expect(new Set(bitsOf(['driver'], false).map(({ state }) => state))).toEqual(new Set(['unknown']));
  });
});

describe('doctor', () => {
  it('does not tell who the person is', async () => {
    expect((await refit(['doctor'])).out).not.toContain(`${os.homedir()}${path.sep}`);
  });

  it("runs, and says what is broken, where the processor's library does not load", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-doctor-'));
    const broken = path.join(folder, 'broken.cjs');
    await writeFile(
      broken,
      `const open = process.dlopen;
      process.dlopen = (module, file, ...rest) => {
        if (file.endsWith('onnxruntime_binding.node')) throw new Error('The specified module could not be found.');
        return open.call(process, module, file, ...rest);
      };`,
    );
    const { code, out } = await refit(['doctor'], { NODE_OPTIONS: `--require ${broken}` });
    await rm(folder, { recursive: true });
    expect(code).toBe(exitCode.failed);
    expect(out).toMatch(/✗ +onnxruntime +1\.30\.0: .*could not start.*The specified module could not be found/);
  });

  it.runIf(process.platform === 'linux')('tells of the disk that the cache lies on, or will', async () => {
    // No disk at all, and so never with a byte free.
    const { out } = await refit(['doctor'], { XDG_CONFIG_HOME: '/proc/none' });
    expect(out).toMatch(/disk of the cache +0 MB free/);
  });

  it.runIf(process.platform === 'linux' && existsSync(hostFile))(
    'tries WebGPU as the app does, and says what is missing where no driver is',
    async () => {
      const none = { VK_DRIVER_FILES: '/no/driver.json', VK_ICD_FILENAMES: '/no/driver.json' };
      const { out } = await refit(['doctor', '--json'], none);
      const { findings } = z.object({ findings: z.array(z.record(z.string(), z.string())) }).parse(JSON.parse(out));
      expect(findings.filter(({ area }) => area?.startsWith('webgpu'))).toEqual([
        { area: 'webgpu, single precision', state: 'fact', text: expect.stringContaining('libvulkan1') },
      ]);
      expect(findings).toContainEqual({ area: 'vulkan drivers', state: 'fact', text: expect.stringContaining('/no/') });
    },
  );

  it('names what Windows needs where it does not load there', async () => {
    const { state, text } = await processor(() => Promise.reject(new Error('not found')), 'win32');
    expect([state, text]).toEqual(['broken', expect.stringContaining('Microsoft Visual C++ Redistributable (x64)')]);
  });
});

describe('keygen', () => {
  it('makes a key once and never again', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-key-'));
    const file = path.join(folder, 'key.pem');
    expect((await call(['keygen', '--out', file])).code).toBe(exitCode.ok);
    const key = await readFile(file, 'utf8');
    expect((await call(['keygen', '--out', file])).code).toBe(exitCode.refused);
    expect(await readFile(file, 'utf8')).toBe(key);
    await rm(folder, { recursive: true });
  });
});

const fastOnnx = where.prepared('fast-x4', 'model.onnx');
it.each([
  ['pack', [fastOnnx, fastOnnx, '--model', 'fast-x4']],
  ['export', ['fast-x4', '--ep-context', '--unproven']],
])('%s refuses a folder that is there already, before it does anything', async (name, args) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-there-'));
  const { code, err } = await call([name, ...args, '--out', folder]);
  expect([code, err]).toEqual([exitCode.refused, `✗ ${folder} is there already.\n`]);
  await rm(folder, { recursive: true });
});

it.skipIf(hasGpu)('verify says that it needs a GPU by an exit code of its own', async () => {
  const { code, err } = await refit(['verify']);
  expect([code, err]).toEqual([exitCode.noGpu, expect.stringContaining('This needs a GPU')]);
});

it("add shows the words of TensorRT-RTX's own parser, and leaves nothing in models/", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-add-'));
  const examples = path.join(folder, 'examples');
  await mkdir(examples);
  await ensurePython(['requirements.txt'], () => {});
  await python([path.join(root, 'factory', 'models', 'example_onnx.py'), examples]);
  const { code, err } = await refit(['add', path.join(examples, 'unique.onnx'), '--id', 'example-unique']);
  expect([code, err]).toEqual([exitCode.refused, expect.stringContaining('[Unique -> "')]);
  expect(existsSync(path.join(root, 'models', 'example-unique'))).toBe(false);
  await rm(folder, { recursive: true });
});
