/** This machine for measurements: the addon is loaded, and the GPU chosen as the app chooses it. */
import path from 'node:path';
import type { Catalog, EngineEntry, ModelCard, Profile } from '../../app/catalog';
import { runtimesIn } from '../../app/runtimes';
import { selectDevice, selectRuntime } from '../../app/select';
import { targetsFor } from '../../app/targets';
import { detectUnchecked } from '../../host/detect';
import { paths } from '../../main/paths';
import { readShipped } from '../../main/setup/shipped';
import { wordsOf } from '../../words/errors';
import type { Rig } from './measure';

export interface Subject {
  card: ModelCard;
  profile: Profile;
  entry: EngineEntry;
}

/** The catalog need not be signed: it may have been made a minute ago. @throws Error with what is missing where no GPU serves. */
export async function openRig(): Promise<{ rig: Rig; subjects: Subject[]; cards: ModelCard[]; catalog: Catalog }> {
  const where = paths(path.resolve(import.meta.dirname, '..', '..'), false);
  const { cards, catalog, notices } = await readShipped(where, null);
  const [newest] = runtimesIn(catalog);
  if (!newest || catalog.engines.length === 0 || notices.length > 0)
    throw new Error(notices[0] ? wordsOf(notices[0]).message : 'The catalog is empty.');
  // Any addon tells of the GPUs. It is shown no library, because a process should hold one.
  const runtime = selectRuntime(detectUnchecked(where.addon(newest), '/none').machine, cards, catalog);
  const { binding, machine } = detectUnchecked(where.addon(runtime), where.libraries(runtime));
  const device = selectDevice(machine);
  if (device.kind === 'cpu') throw new Error(`${wordsOf(device.reason).message} ${device.reason.detail}`);
  if (machine.driver.kind === 'unknown') throw new Error(machine.driver.reason);
  const rig = { binding, gpu: device.gpu, driver: machine.driver.value, runtime, paths: where };
  return { rig, subjects: subjectsFor(rig, cards, catalog), cards, catalog };
}

/** Every model × profile on each engine that this GPU can load. */
function subjectsFor({ gpu, runtime }: Rig, cards: ModelCard[], catalog: Catalog): Subject[] {
  const targets = targetsFor(gpu.computeCapability);
  return catalog.engines
    .filter((entry) => entry.runtime === runtime && targets.includes(entry.target))
    .flatMap((entry) => {
      const card = cards.find(({ id }) => id === entry.model);
      const profile = card?.profiles.find(({ id }) => id === entry.profile);
      return card && profile ? [{ card, profile, entry }] : [];
    });
}
