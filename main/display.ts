/** Whether there is a display: on Linux Chromium crashes where there is none, before the app could say so. */
import { existsSync, readFileSync } from 'node:fs';

/** @param args of this process: whoever names Chromium's platform knows better. */
export function hasDisplay(
  args: readonly string[],
  { DISPLAY, WAYLAND_DISPLAY }: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (platform !== 'linux' || args.some((each) => /^--(?:ozone-platform|headless)/.test(each))) return true;
  if (WAYLAND_DISPLAY) return true;
  if (!DISPLAY) return false;
  // Of another computer's display nothing is known before it is asked.
  const [, nth] = /^(?:unix)?:(\d+)(?:\.\d+)?$/.exec(DISPLAY) ?? [];
  if (nth === undefined) return true;
  const socket = `/tmp/.X11-unix/X${nth}`;
  return existsSync(socket) || abstractSockets().includes(`@${socket}\n`);
}

function abstractSockets(): string {
  try {
    return readFileSync('/proc/net/unix', 'utf8');
  } catch {
    return '';
  }
}
