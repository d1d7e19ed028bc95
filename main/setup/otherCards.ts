/**
 * The graphics cards beside the chosen one, for a queue that a person lets all of them work on. Each has a set-up and a host of its own,
 * and keeps its engines as a chosen card does. One that fails is left alone until the app starts again: the others do its work.
 */
import type { ModelCard } from '../../app/catalog';
import { AppError } from '../../app/errors';
import { networksOf } from '../../app/tools';
import type { HostCalls } from '../../host/protocol';
import type { Host } from '../hosts/host';
import type { TileJob } from '../jobs/devices';
import type { Store } from '../store';
import { idOf } from './candidates';
import type { Setup } from './setup';
import type { Shipped } from './shipped';

/** What a card works with; its store is no window's. */
export interface CardParts {
  store: Store;
  setup: Setup;
  host: Host;
}

export interface OtherCard {
  readonly uuid: string;
  readonly host: Pick<Host, 'tell'>;
  /**
   * Does what is not finished of a job of tiles. @returns 'cancelled' where the host was told so.
   * @throws what failed; the card serves nothing from then on.
   */
  runTiles(card: ModelCard, job: TileJob): Promise<HostCalls['infer']['result']['kind']>;
}

export interface OtherCards {
  /** Those that have an engine of each of a tool's networks. Prepares the cards that the person wants as well. */
  serving(tool: string): readonly OtherCard[];
  /** @param listener called whenever another card may serve. */
  onChange(listener: () => void): void;
}

/** Nobody wants other cards: for tests of the chosen one. */
export const noOtherCards: OtherCards = { serving: () => [], onChange: () => {} };

interface Begun extends OtherCard {
  isLost: boolean;
  serves(tool: string): boolean;
  end(): void;
}

/** @param open starts what a card works with. @param store the app's. */
export function createOtherCards({
  store,
  shipped,
  open,
  log,
}: {
  store: Store;
  shipped: Pick<Shipped, 'cards'>;
  /** `onGaveUp` is called where its host is not started any more. */
  open(uuid: string, onGaveUp: () => void): CardParts;
  log(line: string): void;
}): OtherCards {
  const begun = new Map<string, Begun>();
  const listeners: (() => void)[] = [];
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  function wanted(): string[] {
    const { preference, setup, gpus } = store.get();
    if (!preference.sharesQueue || preference.upTo !== 'gpu') return [];
    if (setup.kind !== 'ready' || setup.device.kind !== 'gpu') return [];
    const { uuid: chosen } = setup.device.facts.gpu;
    return gpus.rows.flatMap(({ gpu, serves }) => (serves && gpu.uuid !== chosen ? [gpu.uuid] : []));
  }

  function begin(uuid: string, tool: string): Begun {
    const { store: own, setup, host } = open(uuid, () => lose('its host gave up'));
    const lose = (why: string): void => {
      if (card.isLost) return;
      log(`the other card ${uuid} is left alone: ${why}`);
      card.end();
      changed();
    };
    const card: Begun = {
      uuid,
      host,
      isLost: false,
      serves: (of) => !card.isLost && networksOf(shipped.cards, of).every((id) => setup.gpuTask(id)),
      runTiles: async (network, job) => {
        try {
          const { kind } = await setup.withGpu(async () => {
            const task = setup.gpuTask(network.id);
            if (!task) throw new Error(`no engine of ${network.id}`);
            await host.call('openGpu', idOf(task));
            return host.call('infer', { ...job, model: network.id, device: 'gpu', finished: [...job.finished] });
          });
          return kind;
        } catch (error) {
          lose(String(error));
          throw error;
        }
      },
      end: () => {
        card.isLost = true;
        stop();
        // Whatever is being prepared for it ends at its next step.
        setup.fallBack(new AppError('SKIPPED_BY_USER', {}).toReport());
        host.stop();
      },
    };
    const stop = own.subscribe(({ event }) => {
      if (event.kind === 'ready' || event.kind === 'row') changed();
    });
    void prepare(own, setup, tool);
    return card;
  }

  function leaveUnwanted(): void {
    const uuids = wanted();
    for (const [uuid, card] of begun)
      if (!uuids.includes(uuid)) {
        card.end();
        begun.delete(uuid);
      }
  }
  // At once, not with the next picture: its memory is others' again.
  store.subscribe(leaveUnwanted);

  return {
    serving: (tool) => {
      for (const uuid of wanted()) if (!begun.has(uuid)) begun.set(uuid, begin(uuid, tool));
      return [...begun.values()].filter((card) => card.serves(tool));
    },
    onChange: (listener) => listeners.push(listener),
  };
}

/** Finds what is kept for a card, and makes what is missing, this tool's engine first. Nobody is asked: the person wants the card. */
async function prepare(store: Store, setup: Setup, tool: string): Promise<void> {
  setup.chooseTool(tool);
  await setup.start();
  if (store.get().setup.kind !== 'found') return;
  const prepared = setup.prepare();
  // So that it serves as soon as the first engine is there.
  setup.continueSetup();
  await prepared;
}
