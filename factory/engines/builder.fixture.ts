/** Stands in for buildOne.ts, which needs a GPU: the engine is a text about its inputs. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { BuildAnswer, BuildTask } from './runBuild';
import { packEngine } from './tails';
import { endWithParent, sayAnswer, sayProgress } from './work';

endWithParent();
// In a function, since it runs as CommonJS.
void buildOne();

async function buildOne(): Promise<void> {
  const { onnxFile, engineFile, shape, computeCapabilities } = JSON.parse(process.argv[2] ?? '{}') as BuildTask;
  const network = readFileSync(onnxFile, 'utf8');
  const target = computeCapabilities[0] ?? 'portable';
  if (network.includes(`fail ${target}`)) throw new Error(`Target SM ${target} not found`);
  if (network.includes(`hang ${target}`)) {
    // As native code that hangs: no signal that can be caught ends it.
    process.on('SIGTERM', () => {});
    writeFileSync(engineFile, `${process.pid}`);
    setInterval(() => {}, 60_000);
    await new Promise(() => {});
  }
  const engine = Buffer.from(`an engine of ${network} ${shape} ${target}`);
  const compressed = await packEngine(engine);
  sayProgress(0.5);
  writeFileSync(engineFile, compressed);
  const answer: BuildAnswer = {
    engineSha256: createHash('sha256').update(engine).digest('hex'),
    strippedBytes: engine.byteLength,
    compressedBytes: compressed.byteLength,
    fullPlanBytes: 10 * engine.byteLength,
    buildMs: 1,
    fullBuildMs: 1,
  };
  sayAnswer(answer);
}
