/**
 * What the engine host holds in its hands: the addon, files that were verified, plans not yet kept, open sessions. Its
 * methods are the host's calls; each verb's work is in the file of its name.
 */
import { AppError } from '../app/errors';
import type { Machine } from '../app/machine';
import type { Binding, RefitProgress } from '../native/binding';
import { type Entry, keep, lookUp } from './cache';
import { openCpu } from './cpu';
import { detect } from './detect';
import type { CpuTask, GpuTask, HostCalls, SessionFacts } from './hostProtocol';
import { refit } from './refit';
import { checkGolden, entryOf, type GpuSession, type ModelSession, openGpu } from './session';
import { readEngine, readGolden, readOnnx } from './verify';

/** Sessions kept open at once; the one used longest ago gives its GPU memory back first. */
const maxSessions = 2;

export class Workbench {
  private binding: Binding | undefined;
  private readonly verified = new Map<string, { engine: Uint8Array; onnx: Uint8Array }>();
  private readonly plans = new Map<string, Uint8Array>();
  /** Entries made here that the cache could not take: sessions open from these instead. */
  private readonly notKept = new Map<string, Entry>();
  /** In order of use, the latest last. */
  private readonly sessions = new Map<string, ModelSession>();

  detect(addon: string, libraries: string): Machine {
    const { binding, machine } = detect(addon, libraries);
    this.binding = binding;
    return machine;
  }

  async lookUp(task: GpuTask): Promise<HostCalls['lookUp']['result']> {
    const found = await lookUp(task.cacheDir, task.identity);
    return found.kind === 'hit' ? { kind: 'hit' } : found;
  }

  async verify({ card, entry, engineFile, onnxFile }: GpuTask): Promise<HostCalls['verify']['result']> {
    const [engine, onnx] = await Promise.all([readEngine(engineFile, entry), readOnnx(onnxFile, card)]);
    this.verified.set(card.id, { engine, onnx });
    return { engineBytes: engine.byteLength, onnxBytes: onnx.byteLength };
  }

  async refit(task: GpuTask, onProgress: (progress: RefitProgress) => void): Promise<HostCalls['refit']['result']> {
    const { card, gpu } = task;
    const files = this.verified.get(card.id);
    if (!files) throw new Error(`refit of ${card.id} before verify`);
    this.verified.delete(card.id);
    const { plan, ...figures } = await refit(this.addon(task), card.name, files.engine, files.onnx, gpu, onProgress);
    this.plans.set(card.id, plan);
    return { ...figures, planBytes: plan.byteLength };
  }

  /** @throws AppError PLAN_WRONG where the golden picture comes out wrong; nothing of the plan is then left. */
  async check(task: GpuTask): Promise<HostCalls['check']['result']> {
    const { card, profile, gpu, preparedDir } = task;
    const plan = this.plans.get(card.id);
    if (!plan) throw new Error(`check of ${card.id} before refit`);
    this.plans.delete(card.id);
    const golden = await readGolden(preparedDir, card, profile.id);
    await this.close(card.id);
    const session = await openGpu(this.addon(task), card, profile, { plan }, gpu);
    const verdict = await checkGolden(session, golden).catch(async (error: unknown) => {
      await session.close();
      throw error;
    });
    if (!verdict.passed) {
      await session.close();
      throw new AppError('PLAN_WRONG', { model: card.name }, verdict.detail);
    }
    this.notKept.set(card.id, entryOf(plan, session));
    await this.admit(key('gpu', card.id), session);
    return { ...verdict, ...facts(session) };
  }

  async keep({ card, cacheDir, identity }: GpuTask): Promise<null> {
    const entry = this.notKept.get(card.id);
    if (!entry) throw new Error(`keep of ${card.id} before check`);
    await keep(cacheDir, identity, entry);
    this.notKept.delete(card.id);
    return null;
  }

  /** @throws AppError CACHE_DAMAGED where the entry is not there any more; the caller then makes it again. */
  async openGpu(task: GpuTask): Promise<SessionFacts> {
    const { card, profile, gpu, cacheDir, identity } = task;
    const open = this.touch(key('gpu', card.id));
    if (open) return facts(open as GpuSession);
    let entry = this.notKept.get(card.id);
    if (!entry) {
      const found = await lookUp(cacheDir, identity);
      if (found.kind !== 'hit') throw new AppError('CACHE_DAMAGED', { model: card.name }, found.kind);
      entry = found.entry;
    }
    const session = await openGpu(this.addon(task), card, profile, entry, gpu);
    await this.admit(key('gpu', card.id), session);
    return facts(session);
  }

  async openCpu({ card, onnxFile }: CpuTask): Promise<null> {
    if (this.touch(key('cpu', card.id))) return null;
    await this.admit(key('cpu', card.id), await openCpu(card, await readOnnx(onnxFile, card)));
    return null;
  }

  session(device: 'gpu' | 'cpu', model: string): ModelSession {
    const session = this.touch(key(device, model));
    if (!session) throw new Error(`no open session of ${model} on ${device}`);
    return session;
  }

  private addon({ addon, libraries }: GpuTask): Binding {
    if (!this.binding) this.detect(addon, libraries);
    return this.binding as Binding;
  }

  private touch(name: string): ModelSession | undefined {
    const session = this.sessions.get(name);
    if (session) {
      this.sessions.delete(name);
      this.sessions.set(name, session);
    }
    return session;
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

const key = (device: 'gpu' | 'cpu', model: string): string => `${device} ${model}`;

const facts = ({ native: { deserializeMs, contextMs, vramBytes } }: GpuSession): SessionFacts => ({
  deserializeMs,
  contextMs,
  vramBytes,
});
