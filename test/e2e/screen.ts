/** A virtual screen: two apps on one would take each other's focus and clipboard. */
import { spawn } from 'node:child_process';

export interface Screen {
  /** As DISPLAY says it. */
  name: string;
  close(): void;
}

/** @param size in its own pixels. @throws Error with what to do where Xvfb is missing or does not start. */
export async function openScreen(size = '1600x1000'): Promise<Screen> {
  // Xvfb chooses a free number and writes it to its fourth stream.
  const args = ['-displayfd', '3', '-screen', '0', `${size}x24`, '-nolisten', 'tcp'];
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const told = server.stdio[3];
  const number = await new Promise<string>((resolve, reject) => {
    let said = '';
    told?.on('data', (data) => {
      said += data;
      if (said.endsWith('\n')) resolve(said.trim());
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error('it ended')));
  }).catch((error: Error) => {
    throw new Error(`Xvfb did not start (${error.message}): install xvfb (Debian: apt-get install xvfb xauth).`);
  });
  return { name: `:${number}`, close: () => server.kill() };
}
