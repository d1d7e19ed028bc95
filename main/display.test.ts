import { expect, test } from 'vitest';
import { hasDisplay } from './display';

const on = (env: NodeJS.ProcessEnv, args: string[] = [], platform: NodeJS.Platform = 'linux') =>
  hasDisplay(args, env, platform);

test('Linux without a display has none, whatever else it has', () => {
  expect(on({})).toBe(false);
  expect(on({ DISPLAY: '' })).toBe(false);
  expect(on({ DISPLAY: ':54321' })).toBe(false);
});

test('a display of another computer, or Wayland’s, is believed', () => {
  expect(on({ DISPLAY: 'localhost:10.0' })).toBe(true);
  expect(on({ WAYLAND_DISPLAY: 'wayland-0' })).toBe(true);
});

test('who names a platform, and other systems, need none', () => {
  expect(on({}, ['--ozone-platform=headless'])).toBe(true);
  expect(on({}, [], 'win32')).toBe(true);
});
