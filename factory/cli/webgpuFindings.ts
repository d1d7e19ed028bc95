/** What `refit doctor` says of WebGPU: it is tried for real, in a host as the app starts it. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ModelCard } from '../../app/catalog';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import { Host } from '../../main/hosts/host';
import { modelFiles } from '../../main/setup/candidates';
import { readShipped } from '../../main/setup/shipped';
import { fullWordsOf } from '../../words/errors';
import { hostFile, spawnNodeHost } from '../engines/nodeHost';
import { type Finding, fact, good } from './finding';
import { where } from './machine';

/** The app waits no longer for a network either. */
const openWithinMs = 30_000;

/**
 * The smallest network of each precision gives its golden picture, or the reason why not: a card may have no half precision. That WebGPU
 * does not work breaks nothing, since TensorRT and the processor work without. @param env what differs from this process's environment.
 */
export async function webgpu(env: NodeJS.ProcessEnv = {}): Promise<Finding[]> {
  const drivers = process.platform === 'linux' ? [fact('vulkan drivers', await vulkanDrivers())] : [];
  if (!existsSync(hostFile)) return [...drivers, fact('webgpu', 'not tried: npm run build')];
  const { cards } = await readShipped(where);
  const found: Finding[] = [];
  for (const [precision, name] of precisions) {
    const card = cards
      .filter(({ onnx }) => onnx.precision === precision)
      .sort((a, b) => a.onnx.bytes - b.onnx.bytes)
      .find(({ id }) => existsSync(where.prepared(id, 'model.onnx')));
    if (!card) continue;
    const reason = await whyNot(card, env);
    const area = `webgpu, ${name}`;
    found.push(
      reason ? fact(area, `${fullWordsOf(reason)} ${firstLine(reason.detail)}`) : good(area, `runs ${card.id}`),
    );
    // It will not answer the other one either.
    if (reason?.code === 'WEBGPU_NONE') break;
  }
  return [...drivers, ...found];
}

const precisions = [
  ['float32', 'single precision'],
  ['float16', 'half precision'],
] as const;

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

async function whyNot(card: ModelCard, env: NodeJS.ProcessEnv): Promise<ErrorReport | undefined> {
  const host = new Host(
    () => spawnNodeHost(env, hostFile, 'ignore'),
    {},
    () => {},
  );
  host.configure({ models: [modelFiles(card, where)] });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('WEBGPU_SLOW', { model: card.name, times: null })), openWithinMs);
  });
  try {
    await Promise.race([host.call('openWebgpu', { model: card.id, onnxSha256: card.onnx.sha256 }), late]);
    return undefined;
  } catch (error) {
    return toReport(error);
  } finally {
    clearTimeout(timer);
    host.stop();
  }
}

/** Where the Vulkan loader looks for drivers on Linux. */
const driverFolders = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

async function vulkanDrivers(): Promise<string> {
  const chosen = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (chosen) return `by the environment: ${chosen}`;
  const names = await Promise.all(driverFolders.map((folder) => readdir(folder).catch(() => [] as string[])));
  return (
    names
      .flat()
      .map((name) => path.basename(name, '.json'))
      .join(', ') || 'none installed'
  );
}
