/**
 * A host's state: the addon, verified files, plans not yet kept, open sessions. Its methods are the host's calls; the file of a verb's
 * name does the work.
 */
import type { ModelCard, Profile } from '../app/catalog';
import { AppError, toReport } from '../app/errors';
import type { Machine } from '../app/machine';
import { keyOf, nameOf, type Race, sameKey, type Timed, usefulEach } from '../app/race';
import { type Runner, runners } from '../app/runner';
import type { CheckedBinding, RefitProgress } from '../native/binding';
import { type Entry, entryOf, keep, lookUp } from '../storage/cache';
import { readEngine, readGolden, readKernels, readOnnx } from '../storage/verify';
import { type CompareTask, compare } from './compare';
import { detect, load } from './detect';
import type { Maps } from './pixels/layers';
import type { GpuTask, HostCalls, ModelFiles, SessionFacts } from './protocol';
import { refit } from './refit';
import { openOnnx, withWebgpuBounds } from './sessions/onnx';
import { checkGolden, type GpuSession, type ModelSession, nativeError, openGpu, timeSession } from './sessions/session';
import { type Trial, Trials } from './trials';
import { type UpdateTask, update } from './update';

/** Sessions open at once. The one used longest ago is closed first. */
const maxSessions = 2;

/** A session of short runs is timed for `timingMs`; of long ones none begins after `longEnoughMs`. */
const timingMs = 300;
const longEnoughMs = 2000;

/** Files whose hashes are right, and `verify`'s answer. */
interface Verified {
  engineSha256: string;
  onnxSha256: string;
  engine: Uint8Array;
  onnx: Uint8Array;
  kernels?: Uint8Array;
  result: HostCalls['verify']['result'];
}

export class Workbench {
  private readonly verified = new Map<string, Verified>();
  /** The plan of the candidates at trial, by model, and the kernels compiled for it so far. */
  private readonly plans = new Map<string, { plan: Uint8Array; kernels?: Uint8Array }>();
  /** Candidates that passed the check, by model. */
  private readonly trials = new Map<string, Trials>();
  /** Entries that the cache could not take, by model: sessions open from these instead. */
  private readonly notKept = new Map<string, Entry>();
  /** Whether a task has opened the libraries: its call has waited until they were checked. */
  private hasLibraries = false;
  /** In order of use, the last used last. */
  private readonly sessions = new Map<string, ModelSession>();
  /** Sessions that are being opened, by name and weights: the pictures of a queue ask for the same one, several at once. */
  private readonly opening = new Map<string, Promise<ModelSession>>();

  /**
   * @param maps opens picture files; called at the first need.
   * @param binding the addon, if it is loaded already; else `detect` or the first task loads it.
   */
  constructor(
    private readonly maps: () => Maps,
    private binding?: CheckedBinding,
  ) {}

  /** @param checked see detect.ts. */
  detect(addon: string, libraries: string, checked: () => Promise<void>): Promise<Machine> {
    this.binding = load(addon);
    return detect(this.binding, libraries, checked);
  }

  lookUp({ cacheDir, identity, cacheKey }: GpuTask): Promise<HostCalls['lookUp']['result']> {
    return lookUp(cacheDir, identity, cacheKey);
  }

  async warm(task: GpuTask): Promise<HostCalls['warm']['result']> {
    const { freeBytes } = this.addon(task).vram({ device: task.gpu });
    await this.verify(task);
    return { freeBytes };
  }

  async verify({ card, entry, engineFile, onnxFile, kernels }: GpuTask): Promise<HostCalls['verify']['result']> {
    const held = this.verified.get(card.id);
    if (held?.engineSha256 === entry.engineSha256 && held.onnxSha256 === card.onnx.sha256) return held.result;
    let kernelsRefused: string | undefined;
    const [engine, onnx, shipped] = await Promise.all([
      readEngine(engineFile, entry),
      readOnnx(onnxFile, card),
      // Without them kernels are compiled here, which costs only time.
      kernels &&
        readKernels(kernels.file, kernels.entry).catch((error: unknown) => {
          kernelsRefused = `${error} ${toReport(error).detail}`;
          return undefined;
        }),
    ]);
    const result = {
      engineBytes: engine.byteLength,
      onnxBytes: onnx.byteLength,
      ...(kernelsRefused !== undefined && { kernelsRefused }),
    };
    const { engineSha256 } = entry;
    const onnxSha256 = card.onnx.sha256;
    this.verified.set(card.id, {
      engineSha256,
      onnxSha256,
      engine,
      onnx,
      ...(shipped && { kernels: shipped }),
      result,
    });
    return result;
  }

  async refit(task: GpuTask, onProgress: (progress: RefitProgress) => void): Promise<HostCalls['refit']['result']> {
    const { card, gpu, entry } = task;
    const files = this.verified.get(card.id);
    if (!files) throw new Error(`refit of ${card.id} before verify`);
    this.verified.delete(card.id);
    this.plans.delete(card.id);
    const { plan, ...figures } = await refit(
      this.addon(task),
      card.name,
      files.engine,
      files.onnx,
      gpu,
      onProgress,
      entry.flags.includes('REFIT'),
    );
    this.plans.set(card.id, { plan, ...(files.kernels && { kernels: files.kernels }) });
    return { ...figures, planBytes: plan.byteLength };
  }

  /** @throws AppError PLAN_WRONG if the golden picture comes out wrong; its session is closed, the plan stays for the next candidate. */
  async check(task: GpuTask): Promise<HostCalls['check']['result']> {
    const { card, profile, preparedDir } = task;
    const held = this.plans.get(card.id);
    if (!held) throw new Error(`check of ${card.id} before refit`);
    const golden = await readGolden(preparedDir, card, profile.id);
    await this.close(card.id);
    await this.makeRoom(task);
    const session = await openGpu(this.addon(task), card, profile, held, task.gpu, task.cudaGraph);
    try {
      const verdict = await checkGolden(session, golden);
      if (!verdict.passed) throw new AppError('PLAN_WRONG', { model: card.name }, verdict.detail);
      // The next candidate on this plan reuses these kernels.
      held.kernels = answer(card, () => session.native.runtimeCache());
      await this.trialsOf(card.id).add({ key: keyOf(task), plan: held.plan, kernels: held.kernels, session });
      return { ...verdict, ...facts(session) };
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async time(task: GpuTask): Promise<Timed> {
    const trial = this.trial(task);
    if (!trial.session) throw new Error(`time of ${nameOf(trial.key)} after its session was closed`);
    const timed = await timeSession(trial.session);
    await this.trialsOf(task.card.id).rank(trial, timed.usefulPerSecond);
    return timed;
  }

  /** Whoever opens the model from now on gets the check's session, whether the entry could be written or not. */
  async keep({ race, ...task }: GpuTask & { race?: Race }): Promise<null> {
    const { card, cacheDir, identity } = task;
    const { plan, kernels, session } = this.trial(task);
    const others = this.trialsOf(card.id);
    this.trials.delete(card.id);
    this.plans.delete(card.id);
    const entry: Entry = {
      plan,
      kernels,
      race: race ?? { winner: keyOf(task), rows: [] },
    };
    this.notKept.set(card.id, entry);
    if (session) await this.admit(key('gpu', card.id), session);
    await others.closeAll(session);
    await keep(cacheDir, identity, entry, task.cacheKey);
    this.notKept.delete(card.id);
    return null;
  }

  /** @throws AppError CACHE_DAMAGED if the entry is gone or damaged; main then makes it again. */
  async openGpu(task: GpuTask): Promise<SessionFacts> {
    const { card, entry, cudaGraph } = task;
    const from = `${card.onnx.sha256} ${entry.engineSha256} ${cudaGraph}`;
    const session = await this.opened(key('gpu', card.id), from, () => this.openPlan(task));
    return facts(session as GpuSession);
  }

  private async openPlan(task: GpuTask): Promise<GpuSession> {
    const { card, profile, gpu } = task;
    const entry = this.notKept.get(card.id) ?? (await entryOf(task));
    if (!sameKey(entry.race.winner, keyOf(task)))
      throw new AppError('CACHE_DAMAGED', { model: card.name }, `it is of ${nameOf(entry.race.winner)}`);
    const begin = () => openGpu(this.addon(task), card, profile, entry, gpu, task.cudaGraph);
    await this.makeRoom(task);
    return begin().catch(async (error: unknown) => {
      if (toReport(error).code !== 'OUT_OF_VRAM' || this.sessions.size === 0) throw error;
      await this.closeAll();
      return begin();
    });
  }

  async openCpu(files: Pick<ModelFiles, 'card' | 'onnxFile'>): Promise<null> {
    const { card } = files;
    await this.opened(key('cpu', card.id), card.onnx.sha256, () => this.openOnnx(files, 'cpu'));
    return null;
  }

  /** @throws AppError WEBGPU_WRONG where the golden picture comes out wrong; the session is closed then. */
  async openWebgpu(files: ModelFiles): Promise<HostCalls['openWebgpu']['result']> {
    const { card, preparedDir } = files;
    let maxAbsError: number | null = null;
    await this.opened(key('webgpu', card.id), card.onnx.sha256, async () => {
      const session = await this.openOnnx(files, 'webgpu');
      try {
        // Checked anew in each process: a driver may compile something else today.
        const golden = await readGolden(preparedDir, card, profileOf(card).id);
        const verdict = await checkGolden({ ...session, card: withWebgpuBounds(card) }, golden);
        if (!verdict.passed) throw new AppError('WEBGPU_WRONG', { model: card.name }, verdict.detail);
        ({ maxAbsError } = verdict);
        return session;
      } catch (error) {
        await session.close();
        throw error;
      }
    });
    return { maxAbsError };
  }

  /** Times whole runs of an open session, copies to the device and back included, on a grey picture. */
  async timeOnnx({ device, model }: HostCalls['timeOnnx']['args']): Promise<HostCalls['timeOnnx']['result']> {
    const session = this.session(device, model);
    const { card, width, height } = session;
    const picture = new Uint8Array(width * height * 3).fill(127);
    // The first run compiles kernels or allocates memory. By WebGPU that was the golden picture's.
    if (device === 'cpu') await session.run(picture);
    let [runs, elapsedMs] = [0, 0];
    for (
      const startedAt = performance.now();
      runs < 3 || elapsedMs < timingMs;
      elapsedMs = performance.now() - startedAt
    ) {
      await session.run(picture);
      runs += 1;
      if (elapsedMs > longEnoughMs) break;
    }
    const latencyMs = elapsedMs / runs;
    return { latencyMs, usefulPerSecond: (usefulEach(card, { width, height }) * 1000) / latencyMs };
  }

  private async openOnnx(
    { card, onnxFile }: Pick<ModelFiles, 'card' | 'onnxFile'>,
    provider: 'webgpu' | 'cpu',
  ): Promise<ModelSession> {
    return openOnnx(card, await readOnnx(onnxFile, card), provider, () => this.maps().pixels);
  }

  update(task: UpdateTask, onProgress: (progress: RefitProgress) => void): Promise<HostCalls['update']['result']> {
    return update(this.addon(task), task, onProgress);
  }

  compare(task: CompareTask): Promise<HostCalls['compare']['result']> {
    return compare(this.addon(task.versions[0]), this.maps(), task);
  }

  async release(model: string): Promise<void> {
    this.notKept.delete(model);
    this.verified.delete(model);
    for (const name of runners.map((runner) => key(runner, model))) {
      const session = this.sessions.get(name);
      this.sessions.delete(name);
      await session?.close();
    }
  }

  session(device: Runner, model: string): ModelSession {
    const session = this.touch(key(device, model));
    if (!session) throw new Error(`no open session of ${model} on ${device}`);
    return session;
  }

  /** @throws AppError RUNTIME_MISMATCH where this process holds another runtime than the one that the engine is for. */
  private addon({ addon, libraries, entry }: GpuTask): CheckedBinding {
    this.binding ??= load(addon);
    const { binding } = this;
    if (!this.hasLibraries) binding.openLibraries(libraries);
    this.hasLibraries = true;
    if (binding.runtime !== entry.runtime)
      throw new AppError('RUNTIME_MISMATCH', { have: binding.runtime, need: entry.runtime });
    return binding;
  }

  /**
   * The open session of this name; else the one that is being opened, or is opened now.
   * @param from what it is opened from: one that is asked for after other weights were chosen is another.
   */
  private async opened(name: string, from: string, open: () => Promise<ModelSession>): Promise<ModelSession> {
    const wanted = `${name} ${from}`;
    const known = this.touch(name) ?? this.opening.get(wanted);
    if (known) return known;
    const opening = open().then(async (session) => {
      await this.admit(name, session);
      return session;
    });
    this.opening.set(wanted, opening);
    return opening.finally(() => this.opening.delete(wanted));
  }

  private touch(name: string): ModelSession | undefined {
    const session = this.sessions.get(name);
    if (session) {
      this.sessions.delete(name);
      this.sessions.set(name, session);
    }
    return session;
  }

  private trialsOf(model: string): Trials {
    let trials = this.trials.get(model);
    if (!trials) {
      trials = new Trials();
      this.trials.set(model, trials);
    }
    return trials;
  }

  private trial(task: GpuTask): Trial {
    const trial = this.trialsOf(task.card.id).find(keyOf(task));
    if (!trial) throw new Error(`${task.card.id} ${nameOf(keyOf(task))} before check`);
    return trial;
  }

  /** Closes sessions until a candidate has the memory it wants: other models' first, then the fastest candidate's. */
  private async makeRoom(task: GpuTask): Promise<void> {
    const addon = this.addon(task);
    // A new process asks the GPU this first, so a full, broken or missing GPU shows here.
    const isTight = (): boolean =>
      answer(task.card, () => addon.vram({ device: task.gpu })).freeBytes < task.profile.vramBytes;
    for (const [name, { close }] of this.sessions) {
      if (!isTight()) return;
      this.sessions.delete(name);
      await close();
    }
    if (isTight()) await this.trialsOf(task.card.id).closeAll();
  }

  private async closeAll(): Promise<void> {
    for (const [name, { close }] of this.sessions) {
      this.sessions.delete(name);
      await close();
    }
  }

  private async admit(name: string, session: ModelSession): Promise<void> {
    this.sessions.set(name, session);
    for (const [oldest, { close }] of this.sessions) {
      if (this.sessions.size <= maxSessions) break;
      this.sessions.delete(oldest);
      await close();
    }
  }

  private async close(model: string): Promise<void> {
    const name = key('gpu', model);
    const session = this.sessions.get(name);
    this.sessions.delete(name);
    await session?.close();
  }
}

/** Asks the addon something that it answers at once. @throws AppError as sessions do. */
function answer<T>({ name }: ModelCard, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw nativeError(error, (detail) => new AppError('SESSION_FAILED', { model: name }, detail), name);
  }
}

const key = (device: Runner, model: string): string => `${device} ${model}`;

function profileOf(card: ModelCard): Profile {
  const [profile] = card.profiles;
  if (!profile) throw new Error(`${card.id} has no profile`);
  return profile;
}

const facts = ({ native }: GpuSession): SessionFacts => ({
  deserializeMs: native.deserializeMs,
  contextMs: native.contextMs,
  vramBytes: native.vramBytes,
  kernelsUsed: native.runtimeCacheUsed,
});
