/**
 * Between main and the workshop: a hidden page that decodes strangers' pictures for the queue, sandboxed as the window is. It
 * counts as hostile too: main parses what it says by these schemas, and a task can do no more than its own picture needs.
 */
import { z } from 'zod';
import { commands, type Outcome } from './contract';
import { thumbnailSide } from './pictureLimits';

/** What main asks for. `url`: where the page gets the file's bytes. `bytes`: how many. */
export type WorkshopTask = { task: number } & (
  | { kind: 'open'; url: string; name: string; bytes: number }
  | { kind: 'thumbnail'; url: string }
);

const task = z.int().positive();
const create = commands['picture:create'];
const rows = commands['picture:rows'].shape;

/** What the page says, by channel. All but `ready` are of a task that it was given and that has not ended. */
export const workshopCommands = {
  /** It listens now. */
  'workshop:ready': z.undefined(),
  /** Once a task. Main answers with a port (`workshop:port`), by which the rows go to the host that writes them. */
  'workshop:facts': z.strictObject({ task, facts: create }),
  'workshop:thumbnail': z.strictObject({
    task,
    bytes: z.custom<Uint8Array>(
      (value) => value instanceof Uint8Array && value.byteLength <= thumbnailSide * thumbnailSide * 4,
      'Expected the bytes of a small picture',
    ),
  }),
  /** Ends the task. `error`: an ErrorReport, which main parses. */
  'workshop:failed': z.strictObject({ task, error: z.unknown() }),
} as const;

/** What a page says by a picture's own port, each part once the one before was answered. No schema is strict (host/protocol.ts). */
export const DecodedPart = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('band'), y: rows.y, rgb: rows.rgb, alpha: rows.alpha }),
  /** All rows were sent. */
  z.object({ kind: z.literal('end'), transparent: z.boolean() }),
]);
export type DecodedPart = z.infer<typeof DecodedPart>;

export type WorkshopChannel = keyof typeof workshopCommands;
export type WorkshopArguments<C extends WorkshopChannel> = z.infer<(typeof workshopCommands)[C]>;

export interface WorkshopResults {
  'workshop:ready': null;
  'workshop:facts': null;
  'workshop:thumbnail': null;
  'workshop:failed': null;
}

/** What its preload puts on `window.workshop`. */
export interface WorkshopApi {
  say<C extends WorkshopChannel>(channel: C, args: WorkshopArguments<C>): Promise<Outcome<WorkshopResults[C]>>;
  onTask(listener: (task: WorkshopTask) => void): void;
  /** Main wants no more of it. */
  onStop(listener: (task: number) => void): void;
}
