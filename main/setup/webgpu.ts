/**
 * Finds out which models WebGPU serves, where TensorRT does not: it runs the same ONNX on any GPU. A model must give the golden picture
 * and be faster than the processor on this machine. The file remembers what was measured.
 */
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import type { ModelCard } from '../../app/catalog';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import { usefulEach } from '../../app/race';
import { isNetworkOf } from '../../app/tools';
import { type ModelId, report } from '../../host/protocol';
import { readText } from '../../storage/readBounded';
import type { Host } from '../hosts/host';
import type { Store } from '../store';
import type { Shipped } from './shipped';

export interface Webgpu {
  /** Whether every network of a tool runs on it, and faster than on the processor. */
  serves(tool: string): boolean;
  /** A person looks at a picture with this tool: finds out, once, where TensorRT does not serve it. Answers at once. */
  consider(tool: string): void;
  /** It failed this model in the middle of a job, and is left out until the app is started again. */
  failed(model: string, reason: ErrorReport): void;
}

/** Of a machine that has none: for tests of the rest. */
export const noWebgpu: Webgpu = { serves: () => false, consider: () => {}, failed: () => {} };

export interface WebgpuParts {
  store: Store;
  /** `webgpu` has a process of its own: a driver that fails there takes nothing else along. */
  hosts: { webgpu: Pick<Host, 'call' | 'stop' | 'forgive' | 'renew'>; cpu: Pick<Host, 'call'> };
  /** Its cards may be others at any time: of other weights. */
  shipped: Pick<Shipped, 'cards'>;
  /** Where verdicts are remembered. */
  file: string;
  /** Names graphics cards, drivers and ONNX Runtime: another one is tried anew. */
  machine: () => Promise<string>;
  log: (line: string) => void;
}

/** To open a network, compile its shaders and run it once: one that takes longer is no use to anyone who waits for a picture. */
const openWithinMs = 30_000;

const Verdict = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('serves'), times: z.number().positive(), perSecond: z.number().positive() }),
  z.object({ kind: z.literal('refused'), reason: report }),
]);
type Verdict = z.infer<typeof Verdict>;
const Remembered = z.object({
  machine: z.string(),
  models: z.record(z.string(), z.object({ onnxSha256: z.string(), verdict: Verdict })),
});
type Remembered = z.infer<typeof Remembered>;
const maxBytes = 2 ** 20;

/** Whether a refusal lasts as long as the machine stays the same: not that memory was full, or that a process died. */
const isLasting = ({ code }: ErrorReport): boolean =>
  code === 'WEBGPU_NO_FLOAT16' || code === 'WEBGPU_SLOW' || code === 'WEBGPU_WRONG';

export function createWebgpu({ store, hosts, shipped, file, machine, log }: WebgpuParts): Webgpu {
  let remembered: Remembered | undefined;
  /** One at a time: two that are timed at once would slow each other. */
  let queue: Promise<void> = Promise.resolve();
  /** Grows with each choice of another card: verdicts that were begun before do not count. */
  let generation = 0;

  const cardsOf = (tool: string): ModelCard[] => shipped.cards.filter((card) => isNetworkOf(card, tool));
  const rowOf = (model: string) => store.get().webgpu.find((row) => row.model === model);

  /** Whether WebGPU is wanted for it: TensorRT neither serves it nor is about to, or the person would rather not have that. */
  function isLeftToOthers(model: string): boolean {
    const { setup, preference } = store.get();
    if (setup.kind !== 'ready' || preference.upTo === 'cpu') return false;
    if (preference.upTo === 'webgpu') return true;
    const { device } = setup;
    if (device.kind === 'cpu') return device.reason.code !== 'GPU_LOOKING' && device.reason.code !== 'GPU_PREPARING';
    const row = device.rows.find((each) => each.model === model);
    return !row || row.phase === 'failed';
  }

  /** The tool that was asked about last: looked at again when it is known anew what TensorRT serves. */
  let wanted: string | undefined;
  let { maker } = store.get().preference;
  store.subscribe(({ event }) => {
    if (event.kind === 'preference' && event.preference.maker !== maker) {
      maker = event.preference.maker;
      beginAnew();
    }
    if ((event.kind === 'ready' || event.kind === 'preference') && wanted !== undefined) consider(wanted);
  });

  /** Another card is asked for. Its driver is chosen once a process. */
  function beginAnew(): void {
    generation += 1;
    queue = queue.then(async () => {
      await leftByJob(store);
      remembered = undefined;
      hosts.webgpu.renew();
    });
    // A running job leaves the process by this.
    store.emit({ kind: 'webgpuAnew' });
  }

  function consider(tool: string): void {
    wanted = tool;
    const cards = cardsOf(tool);
    if (!cards.some(({ id }) => isLeftToOthers(id))) return;
    for (const card of cards) {
      if (rowOf(card.id)) continue;
      store.emit({ kind: 'webgpu', row: { model: card.id, kind: 'trying' } });
      const own = generation;
      queue = queue.then(() => decide(card, own));
    }
  }

  async function decide(card: ModelCard, own: number): Promise<void> {
    if (own !== generation) return;
    const verdict = await verdictOf(card).catch(
      (error: unknown): Verdict => ({ kind: 'refused', reason: toReport(error) }),
    );
    if (own !== generation) return;
    log(`${card.id} by WebGPU: ${JSON.stringify(verdict)}`);
    store.emit({ kind: 'webgpu', row: { model: card.id, ...verdict } });
    // Its process holds memory that others want.
    if (!store.get().webgpu.some(({ kind }) => kind === 'serves')) hosts.webgpu.renew();
  }

  async function verdictOf(card: ModelCard): Promise<Verdict> {
    const none = store.get().webgpu.find((row) => row.kind === 'refused' && row.reason.code === 'WEBGPU_NONE');
    if (none?.kind === 'refused') return { kind: 'refused', reason: none.reason };
    const known = (await recall()).models[card.id];
    const isKnown = known?.onnxSha256 === card.onnx.sha256;
    if (isKnown && known.verdict.kind === 'refused') return known.verdict;
    try {
      await within(openWithinMs, open(card), () => {
        hosts.webgpu.stop();
        hosts.webgpu.forgive();
        return new AppError('WEBGPU_SLOW', { model: card.name, times: null });
      });
      if (isKnown) return known.verdict;
      const here = await hosts.webgpu.call('timeOnnx', { device: 'webgpu', model: card.id });
      const times = here.usefulPerSecond / (await processorOf(card));
      if (times <= 1) throw new AppError('WEBGPU_SLOW', { model: card.name, times: 1 / times });
      return await remember(card, { kind: 'serves', times, perSecond: here.usefulPerSecond });
    } catch (error) {
      const reason = toReport(error);
      const verdict: Verdict = { kind: 'refused', reason };
      return isLasting(reason) ? remember(card, verdict) : verdict;
    }
  }

  const open = (card: ModelCard) => hosts.webgpu.call('openWebgpu', versionOf(card));

  /** What the processor does in a second: as a job that is at it shows, else timed. */
  async function processorOf(card: ModelCard): Promise<number> {
    const seen = await processorAtWork(store, card);
    if (seen !== undefined) return seen;
    await hosts.cpu.call('openCpu', versionOf(card));
    return (await hosts.cpu.call('timeOnnx', { device: 'cpu', model: card.id })).usefulPerSecond;
  }

  async function recall(): Promise<Remembered> {
    if (remembered) return remembered;
    const now = await machine();
    const found = await readText(file, maxBytes)
      .then((text) => Remembered.parse(JSON.parse(text)))
      .catch(() => undefined);
    remembered = found?.machine === now ? found : { machine: now, models: {} };
    return remembered;
  }

  async function remember({ id, onnx }: ModelCard, verdict: Verdict): Promise<Verdict> {
    const all = await recall();
    all.models[id] = { onnxSha256: onnx.sha256, verdict };
    await writeFileAtomic(file, JSON.stringify(all), { mode: 0o600 }).catch((error: unknown) =>
      // Then it is tried anew at the next start.
      log(`WebGPU's verdicts were not kept: ${error}`),
    );
    return verdict;
  }

  return {
    consider,
    serves: (tool) => cardsOf(tool).every(({ id }) => rowOf(id)?.kind === 'serves'),
    failed: (model, reason) => {
      if (reason.code !== 'OUT_OF_VRAM') store.emit({ kind: 'webgpu', row: { model, kind: 'refused', reason } });
    },
  };
}

/**
 * Waits for a job that is at work on the processor: two at once would slow each other.
 * @returns pixels of the result that it made each second, of a job of tiles with this network; else undefined, once it has ended.
 */
function processorAtWork(store: Store, { id, flow }: ModelCard): Promise<number | undefined> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const { job } = store.get();
      if (job.kind !== 'running' || job.device !== 'cpu') {
        resolve(undefined);
        return true;
      }
      if (job.model !== id || flow.kind !== 'tiles' || job.done < 2) return false;
      const tile = { width: flow.cpuTile, height: flow.cpuTile };
      resolve((usefulEach({ flow }, tile) * job.done * 1000) / job.elapsedMs);
      return true;
    };
    if (look()) return;
    const stop = store.subscribe(() => {
      if (look()) stop();
    });
  });
}

/** Resolves once no job runs by WebGPU. */
function leftByJob(store: Store): Promise<void> {
  const isLeft = (): boolean => {
    const { job } = store.get();
    return job.kind !== 'running' || job.device !== 'webgpu';
  };
  if (isLeft()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = store.subscribe(() => {
      if (!isLeft()) return;
      stop();
      resolve();
    });
  });
}

const versionOf = ({ id, onnx }: ModelCard): ModelId => ({ model: id, onnxSha256: onnx.sha256 });

async function within<T>(ms: number, work: Promise<T>, onLate: () => AppError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onLate()), ms);
  });
  // Its end is no news where it was too late.
  work.catch(() => {});
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
