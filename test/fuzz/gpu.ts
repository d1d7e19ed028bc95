/**
 * Mutated plans, engines and compiled kernels, handed to NVIDIA's library on a GPU. In the app none gets there, because a hash is checked
 * first. Needs `seedsDir`, which gpu.gpu.test.ts fills.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { NativeError, Session } from '../../native/binding';
import { openAddon } from './addon';
import { mutateBytes } from './mutate';
import { resultsDir } from './run';
import { refusedBy, type Target, type Verdict } from './target';

export const seedsDir = path.join(resultsDir, 'gpu-seeds');
/** Files in `seedsDir`: a network, its stripped engine, the plan of both, and the plan's compiled kernels. */
export const seedNames = ['onnx', 'stripped', 'plan', 'kernels'] as const;
type Seeds = Record<(typeof seedNames)[number], Uint8Array>;

/** Plans are larger than what other inputs may grow to. */
const maxBytes = 64 << 20;
/** Limit on a tensor: a mutated plan may say anything of its tensors. */
const maxTensorBytes = 2 ** 28;
const foreseen = [
  'BAD_ARGUMENT',
  'ENGINE_INVALID',
  'REFIT_FAILED',
  'WEIGHTS_MISSING',
  'SERIALIZE_FAILED',
  'SESSION_FAILED',
  'OUT_OF_VRAM',
  'OUT_OF_MEMORY',
];

/** @param use uses a mutated file, and resolves where it ran. */
const target = (
  name: string,
  mutated: keyof Seeds,
  use: (addon: ReturnType<typeof openAddon>, bytes: Uint8Array, seeds: Seeds) => Promise<void>,
): Target => ({
  name,
  inputs: 600,
  quickInputs: 0,
  mayDie: true,
  budgetMs: 12_000,
  // Memory for CUDA and its kernels, and for a plan that asks for much.
  maxBytes: 8 * 2 ** 30,
  open: async () => {
    const addon = openAddon();
    const read = async (seed: string) => [seed, new Uint8Array(await readFile(path.join(seedsDir, seed)))];
    const seeds = Object.fromEntries(await Promise.all(seedNames.map(read))) as Seeds;
    return {
      try: async (random): Promise<Verdict> => {
        try {
          await use(addon, mutateBytes([seeds[mutated]], random, maxBytes), seeds);
          return 'taken';
        } catch (error) {
          // The GPU's own fault stays with a process: main ends such a host (main/hosts/host.ts), so this one ends too.
          if (['CUDA', 'RUN_FAILED'].includes((error as Partial<NativeError>).code ?? ''))
            process.kill(process.pid, 'SIGKILL');
          return refusedBy(error, ...foreseen);
        }
      },
    };
  },
});

/** Makes one run, with inputs and outputs of the sizes that the plan says. */
async function runOnce(session: Session): Promise<void> {
  try {
    if ([...session.inputs, ...session.outputs].some(({ bytes }) => bytes > maxTensorBytes)) return;
    const buffers = (tensors: Session['inputs']) => tensors.map(({ bytes }) => new Uint8Array(bytes));
    await session.run(buffers(session.inputs), buffers(session.outputs));
  } finally {
    await session.close();
  }
}

export const gpuTargets: Target[] = [
  target('plans, opened and run', 'plan', async (addon, plan, { kernels: runtimeCache }) =>
    runOnce(await addon.openSession(plan, { runtimeCache })),
  ),
  target('engines, refitted, opened and run', 'stripped', async (addon, engine, { onnx, kernels: runtimeCache }) => {
    const { plan } = await addon.refit(engine, onnx);
    await runOnce(await addon.openSession(plan, { runtimeCache }));
  }),
  target('compiled kernels, opened and run', 'kernels', async (addon, runtimeCache, { plan }) =>
    runOnce(await addon.openSession(plan, { runtimeCache })),
  ),
];
