/** Keeps what main configured this host with, and finds what a call's ids stand for in it. */
import { AppError } from '../app/errors';
import type { Configuration, GpuTask, ModelFiles, ModelId, TaskId } from './protocol';

export class Configured {
  private configuration: Configuration = {};

  configure(configuration: Configuration): void {
    this.configuration = configuration;
  }

  /** @throws AppError BAD_MESSAGE before the host was configured. */
  engine(): NonNullable<Configuration['engine']> {
    return this.configuration.engine ?? unknown('nothing was configured');
  }

  /** @throws AppError BAD_MESSAGE if main configured no such model or version. */
  model({ model, onnxSha256 }: ModelId): ModelFiles {
    const files = this.configuration.models?.find(({ card }) => card.id === model && card.onnx.sha256 === onnxSha256);
    return files ?? unknown(`model ${model} ${onnxSha256}`);
  }

  /** @throws AppError BAD_MESSAGE if main configured no such model, version, GPU, engine or profile. */
  task(id: TaskId): GpuTask {
    const files = this.model(id);
    const { model, gpuUuid, onnxSha256, below } = id;
    const candidates = this.configuration.candidates?.find(
      ({ identity }) => identity.model === model && identity.gpuUuid === gpuUuid,
    );
    if (!candidates) return unknown(`${model} on GPU ${gpuUuid}`);
    const engine = candidates.engines.find(
      ({ entry }) => entry.profile === id.profile && entry.target === id.target && entry.model === model,
    );
    const profile = files.card.profiles.find((each) => each.id === id.profile);
    if (!engine || !profile) return unknown(`engine ${model} ${id.profile} ${id.target}`);
    return {
      ...this.engine(),
      ...files,
      entry: engine.entry,
      engineFile: engine.file,
      ...(engine.kernels && { kernels: engine.kernels }),
      profile,
      cudaGraph: id.cudaGraph,
      gpu: candidates.gpu,
      identity: { ...candidates.identity, onnxSha256, ...(below !== undefined && { below }) },
    };
  }
}

function unknown(what: string): never {
  throw new AppError('BAD_MESSAGE', { channel: 'host' }, `unknown to this host: ${what}`);
}
