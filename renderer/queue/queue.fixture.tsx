/** A window with a queue, for tests. */
import { act, screen } from '@testing-library/react';
import type { QueueEvent, QueueState } from '../../app/queue';
import { nextQueue } from '../../app/queue';
import { App } from '../App';
import { queueScenes, workScenes } from '../dev/scenes';
import { sent, show } from '../dev/show.fixture';
import { getQueueScreen, showQueue } from './store';

export const queueScene = (name: string): QueueState => {
  const queue = queueScenes[name];
  if (!queue) throw new Error(`No scene "${name}"`);
  return queue;
};

/** Draws the window with a queue of which one is looked at. */
export async function showWith(queue: QueueState, more: Parameters<typeof show>[2] = {}): Promise<void> {
  const { picture } = workScenes;
  if (!picture) throw new Error('No scene "picture"');
  const selected = queue.settings?.recipe.steps[0]?.model ?? 'photo-x4';
  await show(<App />, picture, {
    ...more,
    with: { looked: queue.items[0]?.id ?? null, selected, ...more.with },
    queue: { queue, shown: true, ...more.queue },
  });
}

/** As main tells it. */
export const told = (...events: QueueEvent[]): Promise<void> =>
  act(async () => showQueue(events.reduce(nextQueue, getQueueScreen().queue)));

export const list = (): HTMLElement => screen.getByRole('listbox', { name: /^Pictures of the queue/ });

/** What was asked of main of the queue alone. */
export const commands = (): unknown[][] =>
  sent.filter(([command]) => !['view', 'listVersions', 'listRecent', 'thumbnail', 'expectJob'].includes(command));
