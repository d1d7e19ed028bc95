/** The engines that a command needs. */
import type { PrepareRow } from '../../app/states';
import type { Setup } from '../setup/setup';
import type { Store } from '../store';

const isSettled = ({ phase }: PrepareRow): boolean => phase === 'done' || phase === 'cached' || phase === 'failed';

/**
 * Resolves once the GPU, if one serves, has an engine of each network that it can have one of; prepares those that are missing. Those of
 * other networks are prepared behind the command as long as it runs.
 * @param tools the first one's are prepared before others. @param networks all of theirs. @param onPreparing called before the first preparation.
 */
export async function haveEngines(
  setup: Pick<Setup, 'start' | 'chooseTool' | 'prepare' | 'continueSetup' | 'gpuTask'>,
  store: Pick<Store, 'get' | 'subscribe'>,
  { tools, networks }: { tools: readonly string[]; networks: readonly string[] },
  onPreparing: () => void,
): Promise<void> {
  const areThere = (): boolean => {
    const { setup: now } = store.get();
    if (now.kind === 'preparing') return now.rows.every((row) => isSettled(row) || !networks.includes(row.model));
    return now.kind === 'ready' && networks.every((network) => setup.gpuTask(network));
  };
  const there = new Promise<void>((resolve) => {
    const stop = store.subscribe(() => {
      if (!areThere()) return;
      stop();
      resolve();
    });
  });
  // Before the start, which prepares what is missing where something was prepared before.
  const [first] = tools;
  if (first !== undefined) setup.chooseTool(first);
  await Promise.race([setup.start(), there]);
  if (store.get().setup.kind !== 'found') return;
  onPreparing();
  await Promise.race([setup.prepare(), there]);
  // As a person does who presses Start: nothing runs on a GPU before.
  setup.continueSetup();
}
