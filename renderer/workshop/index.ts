/** The workshop's page: does what main asks for (app/workshop.ts), several tasks side by side. */
import { ReportedError, toReport } from '../../app/errors';
import type {
  WorkshopApi,
  WorkshopArguments,
  WorkshopChannel,
  WorkshopResults,
  WorkshopTask,
} from '../../app/workshop';
import { decode } from './decoders';
import { fetchFile } from './fetchFile';
import { thumbnailOf } from './thumbnail';

declare global {
  interface Window {
    /** Put there by main/window/workshopPreload.ts. */
    workshop: WorkshopApi;
  }
}

const atWork = new Map<number, AbortController>();
/** By task: who waits for the port that its rows go to. */
const takers = new Map<number, (port: MessagePort) => void>();

/** @throws ReportedError with why main refused it. */
async function say<C extends WorkshopChannel>(channel: C, args: WorkshopArguments<C>): Promise<WorkshopResults[C]> {
  const answer = await window.workshop.say(channel, args);
  if (!answer.ok) throw new ReportedError(answer.error);
  return answer.value;
}

async function work(asked: WorkshopTask, signal: AbortSignal): Promise<void> {
  switch (asked.kind) {
    case 'open':
      return open(asked, signal);
    case 'thumbnail':
      return thumbnail(asked);
  }
}

async function open({ task, ...wanted }: Extract<WorkshopTask, { kind: 'open' }>, signal: AbortSignal): Promise<void> {
  await decode(
    await fetchFile(wanted, signal),
    {
      facts: async (facts) => {
        const port = new Promise<MessagePort>((resolve) => takers.set(task, resolve));
        await say('workshop:facts', { task, facts });
        return port;
      },
    },
    signal,
  );
}

async function thumbnail({ task, url }: Extract<WorkshopTask, { kind: 'thumbnail' }>): Promise<void> {
  const bytes = await thumbnailOf(url);
  if (!bytes) throw new Error('Expected a picture');
  await say('workshop:thumbnail', { task, bytes });
}

window.workshop.onTask((asked) => {
  const stop = new AbortController();
  atWork.set(asked.task, stop);
  work(asked, stop.signal)
    .catch((error: unknown) =>
      window.workshop.say('workshop:failed', { task: asked.task, error: toReport(error) }).catch(() => {}),
    )
    .finally(() => {
      atWork.delete(asked.task);
      takers.delete(asked.task);
    });
});
// The preload hands on the port that main made.
addEventListener('message', ({ source, data, ports: [port] }: MessageEvent<number>) => {
  if (source !== window || !port) return;
  const take = takers.get(data);
  if (take) take(port);
  else port.close();
});
window.workshop.onStop((task) => atWork.get(task)?.abort());
void window.workshop.say('workshop:ready', undefined);
