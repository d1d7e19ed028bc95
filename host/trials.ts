/** A model's candidates that passed the check, while they are raced: of those that were timed only the fastest is held on to. */
import { type CandidateKey, sameKey } from '../app/race';
import type { GpuSession } from './sessions/session';

export interface Trial {
  key: CandidateKey;
  plan: Uint8Array;
  kernels: Uint8Array;
  /** Undefined where it had to give its memory back to the next one. */
  session: GpuSession | undefined;
}

export class Trials {
  private trials: Trial[] = [];
  private best: { trial: Trial; usefulPerSecond: number } | undefined;

  find(key: CandidateKey): Trial | undefined {
    return this.trials.find((trial) => sameKey(trial.key, key));
  }

  /** Takes a session over. One of the same key, left by a preparation that was cut off, goes. */
  async add(trial: Trial): Promise<void> {
    const old = this.find(trial.key);
    if (old) await this.drop(old);
    this.trials.push(trial);
  }

  /** Says how fast one is; the slower of it and the fastest before goes, the earlier staying where they are equal. */
  async rank(trial: Trial, usefulPerSecond: number): Promise<void> {
    const { best } = this;
    if (best && best.trial !== trial && best.usefulPerSecond >= usefulPerSecond) return this.drop(trial);
    this.best = { trial, usefulPerSecond };
    if (best && best.trial !== trial) await this.drop(best.trial);
  }

  /** Closes every session but the one given; what was compiled for them stays. */
  async closeAll(except?: GpuSession): Promise<void> {
    for (const trial of this.trials) if (!except || trial.session !== except) await close(trial);
  }

  private async drop(trial: Trial): Promise<void> {
    this.trials = this.trials.filter((other) => other !== trial);
    if (this.best?.trial === trial) this.best = undefined;
    await close(trial);
  }
}

async function close(trial: Trial): Promise<void> {
  const { session } = trial;
  trial.session = undefined;
  await session?.close();
}
