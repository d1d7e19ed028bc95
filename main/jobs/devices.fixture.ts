/** Made-up devices for tests: they come and go as the test says, and their hosts answer at once and keep what they were asked. */
import type { ModelCard } from '../../app/catalog';
import type { GpuFacts } from '../../app/states';
import type { GpuTask, HostCalls } from '../../host/protocol';
import type { Host } from '../hosts/host';
import type { Setup } from '../setup/setup';
import type { Webgpu } from '../setup/webgpu';
import { createStore } from '../store';
import { createDevices } from './devices';

const candidate = { entry: { target: 'portable' }, profile: { id: 'tile32' }, cudaGraph: false, identity: {} };

/** @param onGpu networks that have an engine. @param byWebgpu tools that WebGPU serves. Both may change while the test runs. */
export function madeUpDevices(cards: ModelCard[], onGpu: readonly string[] = [], byWebgpu: string[] = []) {
  const store = createStore();
  const asked: string[] = [];
  const inferred: HostCalls['infer']['args'][] = [];
  const told: string[] = [];
  /** By call: what it answers, an error that it throws, or what makes its answer. */
  const answers = { infer: { kind: 'done' }, openGpu: null, openWebgpu: null, openCpu: null } as Record<
    string,
    unknown
  >;
  const host = (device: string): Host =>
    ({
      call: async (call: string, args: { model?: string; card?: ModelCard }) => {
        asked.push(`${call} ${args.model ?? args.card?.id} ${device}`);
        if (call === 'infer') inferred.push(args as HostCalls['infer']['args']);
        const answer = answers[call] ?? [{ name: 'text', dtype: 'uint8', shape: [1], bytes: new Uint8Array(1) }];
        if (answer instanceof Error) throw answer;
        if (typeof answer === 'function') return answer(args);
        return answer;
      },
      tell: (call: string, { rows }: { rows?: number }) =>
        told.push([call, ...(rows === undefined ? [] : [rows]), device].join(' ')),
      forgive: () => undefined,
    }) as unknown as Host;
  const setup = {
    withGpu: <T>(work: () => Promise<T>) => work(),
    downgradeTiles: async () => false,
    gpuTask: (model: string) =>
      onGpu.includes(model)
        ? ({ ...candidate, card: cards.find(({ id }) => id === model) } as unknown as GpuTask)
        : undefined,
  } as unknown as Setup;
  store.emit({ kind: 'ready', device: { kind: 'gpu', facts: {} as GpuFacts, rows: [] } });
  const webgpu: Webgpu = {
    consider: () => {},
    serves: (tool) => byWebgpu.includes(tool),
    failed: (model) => byWebgpu.splice(byWebgpu.indexOf(model), 1),
  };
  const hosts = { gpu: host('gpu'), webgpu: host('webgpu'), cpu: host('cpu') };
  const pictureHost = host('pictures');
  const devices = createDevices({ store, setup, webgpu, hosts, shipped: { cards } });
  return { store, asked, inferred, told, answers, byWebgpu, webgpu, hosts, pictureHost, devices };
}
