import { beforeEach, expect, test, vi } from 'vitest';
import { type Channel, commands } from '../../app/contract';
import type { Handlers } from './answer';
import { answererOf } from './ipc';
import { listen } from './listen';

type Listener = (event: unknown, args: unknown) => Promise<unknown>;
const listeners = vi.hoisted(() => new Map<string, Listener>());
vi.mock('electron', () => ({
  ipcMain: { handle: (channel: string, listener: Listener) => listeners.set(channel, listener) },
  protocol: {},
  session: {},
}));
vi.mock('../log', () => ({ default: { warn: () => {} } }));

const frame = { url: 'app://refit/' };
const window = { mainFrame: frame };
const channels = Object.keys(commands) as Channel[];
let asked: string[];
beforeEach(() => {
  asked = [];
  listeners.clear();
  const handlers = Object.fromEntries(channels.map((channel) => [channel, () => void asked.push(channel)]));
  const answer = answererOf(commands, handlers as unknown as Handlers, (report) => report);
  listen(() => window as never, channels, Promise.resolve(answer));
});
const send = (channel: string, event: unknown, args?: unknown) => listeners.get(channel)?.(event, args);

test('listens to the commands of the contract and to nothing else', () => {
  expect([...listeners.keys()].sort()).toEqual([...channels].sort());
});

test('answers its own page', async () => {
  expect(await send('models:list', { sender: window, senderFrame: frame })).toMatchObject({ ok: true });
  expect(asked).toEqual(['models:list']);
});

test.each<[string, unknown]>([
  ['another window', { sender: { mainFrame: frame }, senderFrame: frame }],
  ['a frame within the window', { sender: window, senderFrame: { url: 'app://refit/' } }],
  ['a frame that has gone', { sender: window, senderFrame: null }],
  ['nobody', {}],
])('does nothing that %s asks for, on any channel', async (_, event) => {
  for (const channel of channels)
    expect(await send(channel, event)).toMatchObject({ ok: false, error: { code: 'BAD_MESSAGE' } });
  expect(asked).toEqual([]);
});

test.each(['https://example.com/', 'app://elsewhere/', 'app://refit.example.com/', 'file:///x', 'data:text/html,', ''])(
  'does nothing for its own window while that shows %s',
  async (url) => {
    const there = { url };
    Object.assign(window, { mainFrame: there });
    try {
      expect(await send('state:get', { sender: window, senderFrame: there })).toMatchObject({ ok: false });
    } finally {
      Object.assign(window, { mainFrame: frame });
    }
    expect(asked).toEqual([]);
  },
);
