/** Holds the candidates of one model that passed the check, during the race. Of the timed ones it keeps only the fastest. */
import { type CandidateKey, sameKey } from '../app/race';
import type { GpuSession } from './sessions/session';

export interface Trial {
  key: CandidateKey;
  plan: Uint8Array;
  kernels: Uint8Array;
  /** Undefined if it was closed to make room for the next candidate. */
  session: GpuSession | undefined;
}

export class Trials {
  private trials: Trial[] = [];
  private best: { trial: Trial; usefulPerSecond: number } | undefined;

  find(key: CandidateKey): Trial | undefined {
    return this.trials.find((trial) => sameKey(trial.key, key));
  }

  /** Takes over a session. Drops one of the same key, which an interrupted preparation left. */
  async add(trial: Trial): Promise<void> {
    const old = this.find(trial.key);
    if (old) await this.drop(old);
    this.trials.push(trial);
  }

  /** Compares a trial with the fastest so far and drops the slower one; of equals the earlier one stays. */
  async rank(trial: Trial, usefulPerSecond: number): Promise<void> {
    const { best } = this;
    if (best && best.trial !== trial && best.usefulPerSecond >= usefulPerSecond) return this.drop(trial);
    this.best = { trial, usefulPerSecond };
    if (best && best.trial !== trial) await this.drop(best.trial);
  }

  /** Closes every session but the given one. Compiled kernels stay. */
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
