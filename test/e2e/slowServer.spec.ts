/**
 * Servers for updates that keep the app waiting until it gives up, half a minute each: all of them at once (playwright.config.ts), since
 * nothing else happens meanwhile.
 */
import type { ServerResponse } from 'node:http';
import { type Case, expectRefused, offer, raw, refused, said, test } from './offers';
import { buildKey } from './server';

test.skip(process.platform !== 'linux', 'Stands in for an AppImage, which Linux has.');

const goOn = 'HTTP/1.1 100 Continue\r\n\r\n';
const tooSlow = /comes too slowly/;

function begin(response: ServerResponse): void {
  response.flushHeaders();
}

test.describe('holds on where the server', () => {
  const cases: Case[] = [
    ['says to go on for ever', { answer: raw(said, goOn, goOn.repeat(1000)) }, tooSlow],
    ['begins to answer and says no more', { answer: (server) => server.answers.set(said, begin) }, tooSlow],
    ['says nothing', { answer: (server) => server.answers.set(said, () => undefined) }, tooSlow],
    ['answers with a byte a second', { answer: (server) => server.drip(said) }, tooSlow],
    ['has an update of a byte a second', { answer: (server, name) => server.drip(name) }, tooSlow],
  ];
  for (const [what, made, why] of cases)
    test(what, async ({ copy, server, address, userDataDir }) => {
      const offered = { version: '0.2.0', key: await buildKey(), ...made };
      expectRefused(await offer(offered, { copy, server, address, userDataDir }, refused), server, why);
    });
});
