/**
 * ONNX Runtime's WebGPU provider for real, on the software GPU that lies in Electron's own folder: right, float32 only and slow, so a
 * tiny network. In a process of its own, because a driver is chosen once a process. Needs libvulkan.so.1 (Debian's libvulkan1).
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../main/example.fixture';
import { readElectron } from '../../tools/electron';
import { expectedPixels, tinyOnnx } from '../tinyOnnx';

const isThere = process.platform === 'linux' && existsSync('/usr/lib/x86_64-linux-gnu/libvulkan.so.1');
const network = { factor: 2, offset: 4 };

/** What a process says that opens the file by WebGPU and runs it on even pixels: its output, or the error. */
async function webgpu(onnx: string, drivers: string): Promise<{ pixels?: number[]; code?: string }> {
  const script = `
    import { readFile } from 'node:fs/promises';
    import { exampleCard } from ${JSON.stringify(path.resolve('main/example.fixture.ts'))};
    import { openOnnx } from ${JSON.stringify(path.resolve('host/sessions/onnx.ts'))};
    const card = exampleCard('tiny', { outputs: [{ name: 'changed', dtype: 'uint8', maxAbsError: 0 }] });
    try {
      const session = await openOnnx(card, await readFile(${JSON.stringify(onnx)}), 'webgpu', () => { throw new Error(); });
      const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 2) % 256);
      const [output] = await session.run(pixels);
      console.log('\\n' + JSON.stringify({ pixels: [...output.bytes] }));
    } catch (error) {
      console.log('\\n' + JSON.stringify({ code: error.code, detail: error.detail }));
    }
    process.exit(0);`;
  const file = path.join(await temporaryFolder(), 'webgpu.mts');
  await writeFile(file, script);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', file], {
    env: { ...process.env, VK_DRIVER_FILES: drivers, VK_ICD_FILENAMES: drivers, ORT_DISABLE_TELEMETRY: '1' },
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

async function tinyFile(): Promise<string> {
  const file = path.join(await temporaryFolder(), 'tiny.onnx');
  await writeFile(file, tinyOnnx(network));
  return file;
}

test.runIf(isThere)(
  'gives what the network gives',
  async () => {
    const dir = (await readElectron())?.dir;
    if (!dir) throw new Error('No Electron: run `npm run setup` first.');
    const drivers = path.join(dir, 'vk_swiftshader_icd.json');
    const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 2) % 256);
    expect((await webgpu(await tinyFile(), drivers)).pixels).toEqual([...expectedPixels(pixels, network)]);
  },
  120_000,
);

test.runIf(isThere)(
  'says that there is no graphics card where no driver is',
  async () => {
    expect(await webgpu(await tinyFile(), '/nowhere')).toMatchObject({ code: 'WEBGPU_NONE' });
  },
  120_000,
);
