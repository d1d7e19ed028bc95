/** Shows a screen in a test, from a state: every command of the window is kept, and answered as the test says. */
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach } from 'vitest';
import type { RefitApi } from '../../app/contract';
import type { AppState } from '../../app/states';
import { type QueueScreen, setQueueScreen, useQueue } from '../queue/store';
import { dropThumbnails } from '../queue/thumbnails';
import { type Screen, setScreen, useScreen } from '../store';
import { models } from './scenes';

/** Commands that the window has sent, with what they were given, in order. */
export let sent: [command: string, ...values: unknown[]][] = [];
let answers: Partial<RefitApi> = {};
/** What commands answer that are not simply done. */
const empty: Partial<Record<keyof RefitApi, unknown>> = {
  listVersions: [],
  listRecent: [],
  thumbnail: { bytes: null },
};

window.refit = new Proxy({} as RefitApi, {
  get:
    (_, command: keyof RefitApi) =>
    (...values: unknown[]): unknown => {
      sent.push([command, ...values]);
      const answer = answers[command] as ((...given: unknown[]) => unknown) | undefined;
      return answer ? answer(...values) : Promise.resolve({ ok: true, value: empty[command] ?? null });
    },
});

afterEach(() => {
  cleanup();
  setScreen(useScreen.getInitialState(), true);
  setQueueScreen(useQueue.getInitialState(), true);
  dropThumbnails();
});

interface Shown {
  /** The rest of what the window knows. */
  with?: Partial<Screen>;
  answers?: Partial<RefitApi>;
  /** What the window knows of the queue. */
  queue?: Partial<QueueScreen>;
}

/** Draws `what` of a state, with the tool chosen that is at work, else the first. */
export async function show(what: ReactNode, app: AppState, more: Shown = {}): Promise<void> {
  sent = [];
  answers = more.answers ?? {};
  const { result, job } = app;
  const selected = result?.model ?? (job.kind === 'idle' ? 'photo-x4' : job.model);
  setScreen({ app, models, selected, ...more.with });
  setQueueScreen({ ...more.queue });
  await act(async () => void render(what));
}

/** Presses a button by its name, and waits for what that changes. */
export const press = (name: string | RegExp): Promise<void> =>
  act(async () => void fireEvent.click(screen.getByRole('button', { name })));
