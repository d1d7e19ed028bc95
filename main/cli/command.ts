/** A command on a terminal: `refit run`, `refit doctor`, without a window, on the same hosts, pixels and codecs. */
import { stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { app } from 'electron';
import { type ErrorReport, toReport } from '../../app/errors';
import { countItems, emptyQueue, nextQueue, type QueueEvent, type QueueItem, type QueueState } from '../../app/queue';
import { networksOf } from '../../app/tools';
import { sweepLeftovers } from '../../storage/leftovers';
import { runWords, wrongWords } from '../../words/commandLine';
import { wordsOf } from '../../words/errors';
import { missedNote } from '../../words/notes';
import { type Core, createCore } from '../core';
import log from '../log';
import { createQueue } from '../queue/queue';
import { forgetful, keptRecipes } from '../queue/record';
import { umask } from '../umask';
import { haveEngines } from './engines';
import { type Exit, exits, plain } from './outside';
import { parseWords, type RunWords } from './words';

const out = (text: string): void => void process.stdout.write(`${text}\n`);
const err = (text: string): void => void process.stderr.write(`${plain(text)}\n`);
const sentences = (error: ErrorReport): string => Object.values(wordsOf(error)).join(' ');

/** Resolves when the person ends the command: Ctrl+C, SIGTERM, a terminal that closes, or nobody who reads what it says. */
const stopped = new Promise<'stopped'>((resolve) => {
  const stop = (): void => resolve('stopped');
  // On Linux Chromium takes the signals, and has the app quit; what ends is the command. A second one ends the process at once.
  app.on('before-quit', (event) => {
    event.preventDefault();
    stop();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.stdout.on('error', stop);
  // Who does not hear what went wrong has the exit code.
  process.stderr.on('error', () => {});
});
let isStopped = false;
// Electron would show a box and wait for a click, on a screen that nobody looks at. A command that was stopped ends as it would.
process.on('uncaughtException', (error) => {
  log.error('command', error);
  if (!isStopped) commandFailed(error);
});
void stopped.then(() => {
  isStopped = true;
});

/** Does what the words ask for, and ends the app. @param args without the program's own name. */
export async function command(args: readonly string[]): Promise<void> {
  // A command's output is its own; the log's file has the rest.
  log.transports.console.level = false;
  await app.whenReady();
  // Windows that are never shown come and go.
  app.removeAllListeners('window-all-closed');
  app.on('window-all-closed', () => {});
  const core = await Promise.race([createCore({ standing: 'beside', told: {} }), stopped]);
  if (core === 'stopped') {
    err(runWords.stopped(0));
    return end(exits.stopped);
  }
  const { cards } = core.shipped;
  const words = parseWords(args, cards, await keptRecipes(path.join(core.kept, 'queue')));
  let exit: Exit;
  switch (words.kind) {
    case 'wrong':
      err(words.why);
      exit = exits.wrongWords;
      break;
    case 'doctor':
      exit = await Promise.race([doctor(core, words.json), stopped.then(() => exits.stopped)]);
      break;
    case 'run':
      exit = await run(core, words);
      break;
  }
  // Before Electron ends, which has hung where hosts died and came again meanwhile.
  await core.close();
  // Ctrl+C reaches the hosts as well, which leave what they were encoding in.
  if (isStopped) await sweepLeftovers([os.tmpdir()]);
  return end(exit);
}

/** Ends the app once its last words are out: on Windows a pipe takes them later. */
async function end(exit: Exit): Promise<void> {
  const isOut = (stream: NodeJS.WriteStream) =>
    new Promise<void>((resolve) => stream.write('', () => resolve()) || stream.once('error', () => resolve()));
  await Promise.race([Promise.all([isOut(process.stdout), isOut(process.stderr)]), setTimeout(1000)]);
  app.exit(exit);
}

/** Says what there is to run on, and why not more. */
async function doctor({ setup, store }: Core, asJson: boolean): Promise<Exit> {
  await setup.start();
  const state = store.get().setup;
  if (asJson)
    out(JSON.stringify({ version: app.getVersion(), electron: process.versions.electron, setup: state }, null, 2));
  else if (state.kind === 'ready' && state.device.kind === 'cpu') {
    out(sentences(state.device.reason));
  } else if ('facts' in state) out(`${state.facts.gpu.name} · ${state.facts.runtime}`);
  else if (state.kind === 'ready' && state.device.kind === 'gpu')
    out(`${state.device.facts.gpu.name} · ${state.device.facts.runtime}`);
  return exits.done;
}

async function run(core: Core, words: RunWords): Promise<Exit> {
  const { store, line, saves, shipped } = core;
  const missing: string[] = [];
  for (const input of words.inputs) {
    const facts = await stat(input).catch(() => null);
    if (!facts) missing.push(input);
    if (!facts?.isDirectory() || words.recursive) continue;
    err(wrongWords.folder(input));
    return exits.wrongWords;
  }
  const output = words.output === null ? null : path.resolve(words.output);
  if (
    output !== null &&
    !(await stat(output).then(
      (facts) => facts.isDirectory(),
      () => false,
    ))
  ) {
    err(wrongWords.noFolder(words.output ?? ''));
    return exits.wrongWords;
  }
  for (const input of missing) err(runWords.missing(input));
  const speaker = speakerFor(words);
  store.emit({ kind: 'preference', preference: { ...store.get().preference, upTo: words.device } });
  const queue = createQueue({
    line,
    record: forgetful({ settings: words.settings, output, recipes: [] }),
    cards: shipped.cards,
    saves,
    umask,
    tell: speaker.tell,
    nameOf: (folder) => folder,
  });
  const work = async (): Promise<void> => {
    const tools = words.settings.recipe.steps.map(({ model }) => model);
    const networks = tools.flatMap((tool) => networksOf(shipped.cards, tool));
    const preparing = (): void => {
      const names = tools.map((tool) => shipped.cards.find(({ id }) => id === tool)?.name ?? tool);
      for (const name of names) speaker.say(runWords.preparing(name));
    };
    if (words.device === 'gpu') await haveEngines(core.setup, store, { tools, networks }, preparing);
    if (isStopped) return;
    const inputs = words.inputs.map((input) => path.resolve(input));
    await queue.add(inputs, null);
    if (isStopped || queue.get().items.length === 0) return;
    const finished = speaker.finished();
    queue.start();
    await finished;
  };
  await Promise.race([work(), stopped]);
  await queue.close();
  const ended = queue.get();
  speaker.end(ended, missing.length);
  if (isStopped) return exits.stopped;
  const counts = countItems(ended.items);
  if (counts.total === 0) return exits.someFailed;
  const nothingRuns = (item: QueueItem): boolean =>
    item.state.kind === 'failed' && ['PROCESSOR_BROKEN', 'ADDON_BROKEN'].includes(item.state.reason.code);
  if (ended.items.every(nothingRuns)) return exits.nothingToRunOn;
  const { unreadable, beyond } = ended.left;
  return counts.failed + counts.open + unreadable + beyond > 0 ? exits.someFailed : exits.done;
}

interface Speaker {
  tell(events: QueueEvent[]): void;
  say(text: string): void;
  /** Resolves when the queue says that it is finished, or paused because nothing more can be done. */
  finished(): Promise<void>;
  /** @param missing how many inputs were reported missing already. */
  end(queue: QueueState, missing: number): void;
}

/** Says what happens: as lines of JSON, or as words with a bar where there is a terminal. */
function speakerFor({ json, quiet }: RunWords): Speaker {
  let queue = emptyQueue;
  let done: (() => void) | undefined;
  let isRunning = false;
  const hasBar = !json && !quiet && process.stderr.isTTY === true;
  const bar = (): void => {
    if (!hasBar) return;
    const { total, open } = countItems(queue.items);
    const width = 24;
    const full = total === 0 ? 0 : Math.round((width * (total - open)) / total);
    process.stderr.write(
      `\r[${'█'.repeat(full)}${' '.repeat(width - full)}] ${runWords.progress(total - open, total)}`,
    );
  };
  const clear = (): void => {
    if (hasBar) process.stderr.write('\r\u001B[K');
  };
  const line = (text: string): void => {
    clear();
    out(plain(text));
    bar();
  };
  const item = (id: number): QueueItem | undefined => queue.items.find((each) => each.id === id);

  function states(event: Extract<QueueEvent, { kind: 'states' }>): void {
    for (const { id, state } of event.states) {
      const name = [item(id)?.folder, item(id)?.name].filter(Boolean).join('/');
      if (json) out(JSON.stringify({ picture: name, ...state }));
      else if (state.kind === 'saved') {
        const notes = (state.notes ?? []).flatMap((note) => missedNote(note) ?? []);
        if (!quiet) line(runWords.saved(name, state.file, notes));
        else if (notes.length > 0) err(runWords.noted(name, notes));
      } else if (state.kind === 'failed') {
        clear();
        err(runWords.failed(name, sentences(state.reason)));
      }
    }
    bar();
  }

  return {
    tell(events) {
      for (const event of events) {
        queue = nextQueue(queue, event);
        if (event.kind === 'states') states(event);
        if (event.kind === 'phase') {
          if (event.phase.kind === 'running') isRunning = true;
          else if (isRunning) done?.();
        }
      }
    },
    say: (text) => {
      if (!json && !quiet) err(text);
    },
    finished: () =>
      new Promise((resolve) => {
        done = resolve;
      }),
    end({ items, left, phase }, missing) {
      clear();
      const counts = countItems(items);
      const reason = phase.kind === 'paused' ? phase.reason : undefined;
      if (json) {
        const how = isStopped ? 'stopped' : reason ? 'paused' : 'finished';
        out(JSON.stringify({ ended: how, ...(reason && { reason }), ...counts, left }));
      }
      if (reason) err(sentences(reason));
      if (left.beyond > 0) err(runWords.beyond(left.beyond));
      if (left.unreadable > missing) err(runWords.unreadable(left.unreadable - missing));
      if (json || quiet) return;
      if (left.files > 0) err(runWords.left(left.files));
      if (left.links > 0) err(runWords.links(left.links));
      if (isStopped) err(runWords.stopped(counts.saved));
      else err(counts.total === 0 ? runWords.nothing() : runWords.ended(counts));
    },
  };
}

/** @param error why the command could not begin. */
export function commandFailed(error: unknown): void {
  const report = toReport(error);
  err(sentences(report));
  err(report.detail);
  app.exit(exits.nothingToRunOn);
}
