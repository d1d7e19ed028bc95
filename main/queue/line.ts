/**
 * One picture from file to file: decoded in the workshop, through a recipe's steps on the best device, written. Several go through at
 * once, each at another place of the line, so that nothing waits for anything else: the GPU works on one while the next are decoded and
 * the ones before are encoded.
 */
import os from 'node:os';
import type { ModelCard } from '../../app/catalog';
import { AppError, ReportedError } from '../../app/errors';
import { coloursOf, type PictureMetadata } from '../../app/metadata';
import type { ResultNote } from '../../app/notes';
import { sheetFor } from '../../app/parts';
import { formatRefusal, scaleOf } from '../../app/pictureLimits';
import type { Recipe, SavedSize, Step } from '../../app/queue';
import type { Runner } from '../../app/runner';
import type { OpenPicture } from '../../app/states';
import type { Rect } from '../../app/tiles';
import type { TextRegion, ToolAnswer } from '../../app/toolAnswer';
import { isNetworkOf, toolOf } from '../../app/tools';
import type { HostEvents } from '../../host/protocol';
import type { Host } from '../hosts/host';
import { addFinished, type Devices, type DeviceWork } from '../jobs/devices';
import { applyAnswer, type Desk, type Edit } from '../pictures/answer';
import { Incoming } from '../pictures/incoming';
import { createFiles, type PictureFile, type PictureShape, type Places } from '../pictures/pictureFile';
import type { Receive } from '../pictures/receive';
import type { LayerFacts } from '../pictures/shown';
import type { OtherCard, OtherCards } from '../setup/otherCards';
import type { Shipped } from '../setup/shipped';
import { createGate, createPool, createTurns, type Gate } from './gates';
import type { Workshop } from './workshop';

/** What is done to one file. */
export interface LineWork {
  file: string;
  name: string;
  recipe: Recipe;
  signal: AbortSignal;
  told(progress: LineProgress): void;
  /**
   * Where a picture is written. Called once it is known that there is one.
   * @param write fills a file by its name; whoever calls it sees to it that it is whole in its place, or not there.
   */
  save(made: MadePicture, write: (file: string) => Promise<void>): Promise<void>;
}

export type LineProgress =
  | { kind: 'opening' }
  | { kind: 'working'; step: number; done: number; total: number; device?: Runner }
  | { kind: 'saving' };

/** A picture before it is written. */
export interface MadePicture {
  /** Of the picture that was read. */
  original: { width: number; height: number };
  width: number;
  height: number;
}

export interface LineResult {
  /** Text that was found, if the recipe gives text. */
  text?: { regions: TextRegion[]; picture: { name: string; width: number; height: number } };
  notes: ResultNote[];
}

export interface Line {
  /**
   * @throws AppError, ReportedError with why that file is not done; `signal`'s reason.
   */
  run(work: LineWork): Promise<LineResult>;
  /** Whether it is a job of this line; what a host has done of it is noted then. @throws Error where no honest host would say so. */
  onTiles(tiles: HostEvents['tiles']): boolean;
  /** How many files to hand it at once: more only wait. */
  readonly atOnce: number;
}

export interface LineParts {
  workshop: Workshop;
  devices: Devices;
  /** Cards beside the chosen one that work on tiles too. */
  otherCards: OtherCards;
  hosts: Record<Runner, Host>;
  pictureHost: Pick<Host, 'call' | 'tell'>;
  receive: Receive;
  /** Read for each picture: other weights may be chosen while a queue runs. */
  shipped: Pick<Shipped, 'cards'>;
  places: Places;
  /** Resolves once no host has them open. */
  forget(...files: PictureFile['facts'][]): Promise<void>;
  nextId(): number;
  /** Given by tests; else this machine's. */
  cores?: number;
  memoryBytes?: number;
}

/** One picture on its way, and its files. */
interface Item {
  work: LineWork;
  files: Set<PictureFile>;
  told: OpenPicture;
  layer: LayerFacts;
  metadata: PictureMetadata;
  hidesPeople: boolean;
}

/** Pictures that are decoded at once. */
export const decodersAtOnce = (cores: number): number => clamp(1, Math.floor(cores / 2), 8);

/** Pictures that are encoded at once: each waits for its disk in between, and an H200 with 16 cores wrote 100 JPEGs in 5.4 s by 12, in 6.7 by 8. */
export const encodersAtOnce = (cores: number): number => clamp(1, Math.floor(cores * 0.75), 12);

/** Pictures that `whole` tools look at side by side. A look mostly waits for sheets and answers on their way: a page of text has five, each 2 ms of an H200's work. */
const looksAtOnce: Record<Runner, number> = { gpu: 8, webgpu: 1, cpu: 1 };

const clamp = (least: number, value: number, most: number): number => Math.max(least, Math.min(value, most));

export function createLine({
  workshop,
  devices,
  otherCards,
  hosts,
  pictureHost,
  receive,
  shipped,
  places,
  forget,
  nextId,
  cores = os.availableParallelism(),
  memoryBytes = os.totalmem(),
}: LineParts): Line {
  const decoding = createGate(decodersAtOnce(cores));
  /** A host has one job of tiles at a time: the next picture goes to whichever card is free. */
  const tiling = createTurns<'chosen' | OtherCard>((tool) => [
    'chosen',
    // Where the chosen card itself stands aside, the others do as well.
    ...(devices.best(tool, new Set()) === 'gpu' ? otherCards.serving(tool) : []),
  ]);
  otherCards.onChange(tiling.changed);
  const looking: Record<Runner, Gate> = {
    gpu: createGate(looksAtOnce.gpu),
    webgpu: createGate(looksAtOnce.webgpu),
    cpu: createGate(looksAtOnce.cpu),
  };
  const lookingAt = (tool: string): Gate => looking[devices.best(tool, new Set())];
  const encoding = createGate(encodersAtOnce(cores));
  /** Pixels of all pictures that are on their way, in bytes. */
  const pixels = createPool(clamp(300e6, memoryBytes / 8, 4e9));
  const jobs = new Map<
    number,
    { finished: Rect[]; size: { width: number; height: number }; told(done: number, total: number): void }
  >();

  async function run(work: LineWork): Promise<LineResult> {
    const { recipe, signal } = work;
    const steps = recipe.steps.map((step) => ({ step, card: toolOf(shipped.cards, step.model) }));
    work.told({ kind: 'opening' });
    const files = new Set<PictureFile>();
    let give: (() => void) | undefined;
    try {
      const opened = await decoding.through(async () => {
        let incoming: Incoming | undefined;
        const parts = { makeFiles: (shapes: PictureShape[]) => makeFiles(shapes), close: discard, pixels: pictureHost };
        try {
          const { transparent } = await workshop.open(
            work.file,
            work.name,
            {
              facts: async (facts, over) => {
                incoming?.abandon();
                // All that it will need, at once: pictures that wait for each other's room would wait for ever.
                give ??= await pixels.take(
                  bytesFor(
                    facts,
                    steps.map(({ card }) => card),
                  ),
                  over,
                );
                incoming = await Incoming.begin(facts, 1, parts, over);
                return incoming.receive(receive);
              },
            },
            signal,
          );
          if (!incoming) throw new AppError('PICTURE_UNREADABLE', { name: work.name }, 'no facts of it came');
          await incoming.carry(transparent);
          return incoming.ready(transparent);
        } catch (error) {
          incoming?.abandon();
          throw error;
        }
      }, signal);
      files.add(opened.picture);
      if (opened.alpha) files.add(opened.alpha);
      const { told, metadata } = opened;
      const layer = { picture: opened.picture.facts, ...(opened.alpha && { alpha: opened.alpha.facts }) };
      const item: Item = { work, files, told, metadata, layer, hidesPeople: false };
      const notes: ResultNote[] = [];
      let text: LineResult['text'];
      for (const [i, { step, card }] of steps.entries()) {
        const told = (done: number, total: number, device?: Runner) =>
          work.told({ kind: 'working', step: i, done, total, ...(device && { device }) });
        if (card.flow.kind === 'tiles') await enlarge(item, card, told);
        else {
          const { answer, note } = await look(item, card, told);
          if (note) notes.push(note);
          if (answer.kind === 'text') {
            const { name, width, height } = item.told;
            text = { regions: answer.regions, picture: { name, width, height } };
          } else await change(item, step, answer);
        }
      }
      if (!text) await write(item, opened.told);
      return { notes, ...(text && { text }) };
    } finally {
      discard(...files);
      give?.();
    }
  }

  const makeFiles = (shapes: PictureShape[]): Promise<PictureFile[]> => createFiles(shapes, places);
  const discard = (...files: PictureFile[]): void =>
    void forget(...files.map(({ facts }) => facts)).finally(() => Promise.all(files.map((file) => file.close())));

  const makeFile = async (item: Item, shape: PictureShape): Promise<PictureFile> => {
    const [file] = await makeFiles([shape]);
    if (!file) throw new Error('Expected a file but received none');
    item.files.add(file);
    return file;
  };

  const workOf = (item: Item, tool: string, card: ModelCard, onDevice: (device: Runner) => void): DeviceWork => ({
    tool,
    card,
    failedDevices: new Set(),
    isWanted: () => !item.work.signal.aborted,
    onDevice,
  });

  /** Through a tool of tiles. */
  async function enlarge(
    item: Item,
    card: ModelCard,
    told: (done: number, total: number, device?: Runner) => void,
  ): Promise<void> {
    const { signal } = item.work;
    if (item.layer.alpha) await carry(item);
    const scale = scaleOf(card);
    const [width, height] = [item.layer.picture.width * scale, item.layer.picture.height * scale];
    const result = await makeFile(item, { width, height, channels: 3 });
    const finished: Rect[] = [];
    const isDone = () =>
      tiling.at(
        card.id,
        async (place) => {
          const jobId = nextId();
          let device: Runner = place === 'chosen' ? 'cpu' : 'gpu';
          const job = {
            finished,
            size: result.facts,
            told: (done: number, total: number) => told(done, total, device),
          };
          jobs.set(jobId, job);
          const cancel = () => (place === 'chosen' ? hosts[device] : place.host).tell('cancel', { jobId });
          signal.addEventListener('abort', cancel);
          const asked = { jobId, picture: item.layer, result: result.facts, finished };
          try {
            if (place !== 'chosen')
              return await place.runTiles(card, asked).then(
                (kind) => kind === 'done',
                () => false,
              );
            const work = workOf(item, card.id, card, (on) => {
              device = on;
            });
            await devices.runTiles(work, asked);
            signal.throwIfAborted();
            return true;
          } finally {
            signal.removeEventListener('abort', cancel);
            jobs.delete(jobId);
          }
        },
        signal,
      );
    // What another card left goes on where it was.
    while (!(await isDone()));
    item.layer = { picture: result.facts, ...(item.layer.alpha && { alpha: item.layer.alpha }) };
    item.told = { ...item.told, width, height };
  }

  /** What was cut out has other colours under its transparency than around it. */
  async function carry(item: Item): Promise<void> {
    const { picture, alpha } = item.layer;
    if (!alpha || alpha.width !== picture.width || alpha.height !== picture.height) return;
    const carried = await makeFile(item, picture);
    await pictureHost.call('carry', { picture, alpha, to: carried.facts });
    item.layer = { picture: carried.facts, alpha };
  }

  /** Through a tool that looks at a whole picture. */
  async function look(
    item: Item,
    card: ModelCard,
    told: (done: number, total: number, device?: Runner) => void,
  ): Promise<{ answer: ToolAnswer; note: ResultNote | null }> {
    const { flow } = card;
    const profile = card.profiles[0];
    if (flow.kind !== 'whole' || !profile) throw new AppError('MODEL_MISSING', { model: card.id });
    const { signal } = item.work;
    const { layer } = item;
    const work = workOf(item, card.id, card, (device) => told(0, 1, device));
    const networks = shipped.cards.filter((each) => isNetworkOf(each, card.id));
    const { facts: file } = await makeFile(item, sheetFor(networks.flatMap(({ profiles }) => profiles)));
    const outputs = await lookingAt(card.id).through(
      () =>
        devices.persist(
          work,
          (device) => hosts[device].call('inferPicture', { model: card.id, device, picture: layer, sheet: file }),
          () => 0,
        ),
      signal,
    );
    const id = nextId();
    const input = { width: profile.width, height: profile.height };
    const asked = { id, model: card.id, picture: layer, fit: flow.fit, input, outputs, sheet: file };
    try {
      let said = await pictureHost.call('finish', asked);
      while (said.kind === 'asks') {
        const { model, width, height, count: length } = said;
        const part = networks.find(({ id }) => id === model);
        if (part?.flow.kind !== 'whole') throw new AppError('MODEL_MISSING', { model });
        const outputs = await lookingAt(card.id).through(
          () =>
            devices.runSheet({ ...work, card: part }, { file, width, height, length }, () => signal.throwIfAborted()),
          signal,
        );
        said = await pictureHost.call('goOn', { id, outputs });
      }
      signal.throwIfAborted();
      return said;
    } finally {
      pictureHost.tell('endFinish', { id });
    }
  }

  /** A tool that changes pixels reads colours and alpha alike. */
  async function fillAlpha(item: Item): Promise<void> {
    const { picture, alpha } = item.layer;
    if (!alpha || (alpha.width === picture.width && alpha.height === picture.height)) return;
    const full = await makeFile(item, { width: picture.width, height: picture.height, channels: 1 });
    await pictureHost.call('fullAlpha', { alpha, to: full.facts });
    item.layer = { picture, alpha: full.facts };
  }

  /** Does what a tool answered, as the person chose. */
  async function change(item: Item, step: Step, said: ToolAnswer): Promise<void> {
    await fillAlpha(item);
    const desk: Desk = {
      opened: () => ({ told: item.told, layer: item.layer, metadata: item.metadata }),
      makeFile: (shape) => makeFile(item, shape),
      // With all others of this picture.
      discard: () => {},
      layer: () => item.layer,
    };
    const answer = said.kind === 'hide' && step.hide ? { ...said, ...step.hide } : said;
    const edit: Edit | undefined =
      said.kind === 'alpha' && step.ground
        ? { change: { kind: 'cut', base: said.base ?? 'found', ground: step.ground, strokes: [] } }
        : undefined;
    const { files, told } = await applyAnswer(desk, pictureHost, item.told.id, answer, edit);
    const { picture, alpha } = item.layer;
    const factsOf = (file: PictureFile | 'original' | undefined, original: LayerFacts['alpha']) =>
      file === 'original' ? original : file?.facts;
    const shine = factsOf(files.alpha, alpha);
    item.layer = { picture: factsOf(files.picture, picture) ?? picture, ...(shine && { alpha: shine }) };
    item.told = { ...item.told, transparent: told.transparent };
    item.hidesPeople ||= answer.kind === 'hide';
  }

  async function write(item: Item, original: { width: number; height: number }): Promise<void> {
    const { recipe, signal, save, told } = item.work;
    const { picture, alpha } = item.layer;
    const size = savedSize(recipe.size, original, picture);
    const refused = formatRefusal(recipe.format, size.width, size.height);
    if (refused) throw new ReportedError(refused);
    await encoding.through(async () => {
      told({ kind: 'saving' });
      await save({ original, ...size }, async (file) => {
        const id = nextId();
        const cancel = () => pictureHost.tell('cancelEncode', { id });
        signal.addEventListener('abort', cancel);
        try {
          signal.throwIfAborted();
          await pictureHost.call('encode', {
            id,
            task: {
              picture,
              ...(alpha && { alpha }),
              format: recipe.format,
              quality: recipe.quality,
              size,
              metadata: recipe.keepMetadata ? item.metadata : coloursOf(item.metadata),
              // Who hides people hides where they are.
              dropPlace: !recipe.keepPlace || item.hidesPeople,
              dropCopies: item.hidesPeople,
              file,
            },
          });
        } finally {
          signal.removeEventListener('abort', cancel);
        }
      });
    }, signal);
  }

  return {
    run,
    onTiles(tiles) {
      const job = jobs.get(tiles.jobId);
      if (!job) return false;
      addFinished(job.finished, job.size, tiles);
      job.told(tiles.done, tiles.total);
      return true;
    },
    // So many that each place has its pictures.
    atOnce: clamp(3, Math.floor(cores * 1.5), 24),
  };
}

/** Pixels that a picture has in files while it goes through, in bytes. */
function bytesFor(
  { width, height, alpha }: { width: number; height: number; alpha: boolean },
  steps: readonly ModelCard[],
): number {
  const own = width * height * (alpha ? 7 : 3);
  let [scale, bytes] = [1, own];
  for (const card of steps) {
    scale *= scaleOf(card);
    bytes += width * height * scale ** 2 * (card.flow.kind === 'tiles' ? 3 : 4);
  }
  return bytes;
}

/** @param original the picture that was read. @param made what the steps made of it. */
function savedSize(
  size: SavedSize,
  original: { width: number; height: number },
  made: { width: number; height: number },
): { width: number; height: number } {
  if (size.kind === 'whole') return { width: made.width, height: made.height };
  const width = Math.max(1, size.kind === 'times' ? Math.round(original.width * size.times) : size.width);
  return { width, height: Math.max(1, Math.round((width * made.height) / made.width)) };
}
