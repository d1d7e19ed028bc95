import { describe, expect, it } from 'vitest';
import type { EngineEntry } from '../../app/catalog';
import { sumEngines } from './sizes';

const engine = (fullPlanBytes: number, strippedBytes: number, compressedBytes: number): EngineEntry => ({
  model: 'photo-x4',
  profile: 'tile-256',
  target: 'ada',
  runtime: 'tensorrt-rtx 1.6.1',
  flags: ['STRIP_PLAN', 'REFIT_IDENTICAL'],
  onnxSha256: '0'.repeat(64),
  engineSha256: '0'.repeat(64),
  inputsSha256: '0'.repeat(64),
  fullPlanBytes,
  strippedBytes,
  compressedBytes,
});

describe('the engines together', () => {
  it('are weighed as a whole, not as a mean of fractions', () => {
    const total = sumEngines([engine(1000, 500, 10), engine(9000, 700, 40)]);
    expect(total).toEqual({ fullPlanBytes: 10_000, strippedBytes: 1200, compressedBytes: 50, fraction: 0.005 });
  });
});
