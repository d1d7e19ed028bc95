/** What there is to build: model × profile × target, in an order and with a hash that are the same on every machine. Pure. */
import { createHash } from 'node:crypto';
import {
  type Catalog,
  type EngineEntry,
  engineFlags,
  type ModelCard,
  type Profile,
  type Target,
  targets,
} from '../../app/catalog';
import { engineFile } from '../../app/engineFile';
import { defaultRuntime } from '../../app/runtimes';

/** What the library is asked to build for, by target; none: its default, the portable engine. */
export const computeCapabilities: { [T in Target]: number[] } = { turing: [75], ampere: [86], ada: [89], portable: [] };

export interface Wanted {
  /** `model/profile/target`. */
  name: string;
  /** Its path below a folder of engines (`engineFile`). */
  file: string;
  /** The engine library that it opens in. */
  runtime: string;
  card: ModelCard;
  profile: Profile;
  target: Target;
  flags: EngineEntry['flags'];
  /** Of everything that decides the build: an entry with this hash is up to date. */
  inputsSha256: string;
}

/** Every engine of these cards, the slowest builds first: the largest networks decide when all are done. */
export function wantedOf(cards: readonly ModelCard[], runtime = defaultRuntime): Wanted[] {
  const all = cards.flatMap((card) =>
    card.profiles.flatMap((profile) =>
      targets.map((target) => {
        const { height, width } = profile;
        const capabilities = computeCapabilities[target];
        const flags = engineFlags(card);
        const inputs = { onnx: card.onnx.sha256, runtime, flags, height, width, capabilities };
        const inputsSha256 = createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
        const place = { model: card.id, profile: profile.id, runtime, target };
        return {
          name: engineName(place),
          file: engineFile(place),
          runtime,
          card,
          profile,
          target,
          flags,
          inputsSha256,
        };
      }),
    ),
  );
  return all.sort(
    (a, b) =>
      b.card.onnx.bytes - a.card.onnx.bytes ||
      b.profile.width * b.profile.height - a.profile.width * a.profile.height ||
      byText(a.name, b.name),
  );
}

/** `model/profile/target`: an engine as commands print and take it. */
export const engineName = ({ model, profile, target }: Pick<EngineEntry, 'model' | 'profile' | 'target'>): string =>
  `${model}/${profile}/${target}`;

/** The catalog's entry of a wanted engine, up to date or not. */
export const entryOf = ({ engines }: Catalog, { file }: Wanted): EngineEntry | undefined =>
  engines.find((entry) => engineFile(entry) === file);

/** One part of the work of `count` machines; `index` counts from 1. */
export interface Shard {
  index: number;
  count: number;
}

/** @param text "2/5". @throws Error where it is no such thing. */
export function parseShard(text: string): Shard {
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > count) throw new Error(`Expected a shard from 1/n to n/n but received ${text}`);
  return { index, count };
}

/**
 * A machine's share. Every count-th engine, so that each gets some of the slow ones; of all engines, not of those that are
 * missing, so that a share is the same whatever is built already.
 */
export const shareOf = (all: readonly Wanted[], { index, count }: Shard): Wanted[] =>
  all.filter((_, i) => i % count === index - 1);

/** By code unit: no locale has a say in what bytes a catalog has. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
