/**
 * A machine of a test's own: this one with a second disk laid over the first (a mount namespace with an overlay). A package is really
 * installed in it, in its real place and by the real dpkg; the test reads all that it wrote from the second disk, which goes away with
 * the test. Root can make one, and anyone else where user namespaces are allowed. Nothing reaches the real system: its disk lies below,
 * read only, and AppArmor's profiles, the one part of the kernel that a package's scripts change, are covered. The list of fonts is
 * covered too: where the system's is out of date or not readable, GTK and Chromium would make one in the person's home.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, lstatSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Changes, changesOf } from './changes';

const isRoot = process.getuid?.() === 0;

/** The app's user: one of its own, and not root where that is possible, so that Chromium's sandbox is on as for any user. */
const person = { uid: 61_234, home: '/home/refit-person' };

/** Script that mounts the overlay. $1: a folder to mount in; $2: the person's home, which it makes. Ends with its input. */
const overlay = `
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root" "$1/below"
mount --bind / "$1/below"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
for each in proc dev sys; do mount --rbind "/$each" "./$each"; done
[ ! -d sys/kernel/security ] || mount -t tmpfs -o ro tmpfs sys/kernel/security
mkdir -p var/cache/fontconfig
mount -t tmpfs -o mode=1777 tmpfs var/cache/fontconfig
mkdir -p mnt/outside
pivot_root . mnt/outside
cd /
mkdir -p "$2"
echo ready
exec cat
`;

export interface Ran {
  status: number | null;
  output: string;
}

export class Machine {
  /** Process ids of what was opened. */
  private readonly opened: number[] = [];

  private constructor(
    private readonly holder: ChildProcess,
    private readonly folder: string,
  ) {}

  /** @throws Error with the system's words where it allows no such thing. */
  static async start(): Promise<Machine> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-machine-'));
    const holder = spawn('unshare', [isRoot ? '-m' : '-Urm', 'bash', '-c', overlay, 'overlay', folder, person.home]);
    const said = await new Promise<string>((resolve) => {
      let text = '';
      for (const stream of [holder.stdout, holder.stderr])
        stream.on('data', (data) => {
          text += data;
          if (text.includes('ready\n')) resolve('ready');
        });
      holder.once('close', () => resolve(text));
    });
    if (said !== 'ready') {
      await rm(folder, { recursive: true, force: true });
      throw new Error(`No machine of the test's own can be made here: ${said}`);
    }
    const machine = new Machine(holder, folder);
    if (isRoot) machine.run('chown', [`${person.uid}:${person.uid}`, person.home]);
    return machine;
  }

  /** Runs a command as root. */
  run(command: string, args: string[]): Ran {
    const { status, stdout, stderr } = spawnSync('nsenter', [...this.enter(), command, ...args], { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }

  /** Starts a program as the person, or as root. */
  open(command: string, args: string[], { asRoot = !isRoot } = {}): ChildProcess {
    const ids = [`--reuid=${person.uid}`, `--regid=${person.uid}`, '--clear-groups'];
    const home = {
      HOME: person.home,
      XDG_CONFIG_HOME: `${person.home}/.config`,
      XDG_CACHE_HOME: `${person.home}/.cache`,
      ...this.screen(),
    };
    // Root of a user namespace is an ordinary user outside, yet Chromium refuses it a sandbox.
    const as = asRoot ? [command, '--no-sandbox'] : ['setpriv', ...ids, command];
    const app = spawn('nsenter', [...this.enter(), `--wdns=${person.home}`, ...as, ...args], {
      env: { ...process.env, ...home },
    });
    if (app.pid) this.opened.push(app.pid);
    return app;
  }

  /** The path by which a file of this machine is reached from outside. */
  outside(file: string): string {
    return path.join(`/proc/${this.holder.pid}/root`, file);
  }

  /** The changes to the disk below. */
  changes(): Changes {
    // Paths of this script itself: the place of the disk below, and the cover of the list of fonts.
    const ours = (file: string): boolean =>
      file === '/mnt' || file.startsWith('/mnt/outside') || file === '/var/cache/fontconfig';
    const at = (disk: string): string => this.outside(`/mnt/outside${this.folder}/${disk}`);
    // The disk alone, without its mounts, which the disk above lacks too.
    return changesOf(
      at('upper'),
      (file) => path.join(at('below'), file),
      (file) => this.outside(file),
      ours,
    );
  }

  /** Names of files in `/dev/shm`, which all machines share; only those of apps that were opened here. */
  leftInMemory(): string[] {
    const ours = this.opened.map((pid) => `refit-picture-${pid}-`);
    return readdirSync('/dev/shm').filter(
      (name) =>
        ours.some((prefix) => name.startsWith(prefix)) ||
        (isRoot && lstatSync(`/dev/shm/${name}`, { throwIfNoEntry: false })?.uid === person.uid),
    );
  }

  readonly home = person.home;

  async stop(): Promise<void> {
    this.holder.stdin?.end();
    await new Promise((resolve) => this.holder.once('close', resolve));
    await rm(this.folder, { recursive: true, force: true });
  }

  private enter(): string[] {
    const target = ['-t', String(this.holder.pid), '-m'];
    return isRoot ? target : [...target, '-U', '--preserve-credentials'];
  }

  /** Lets the person use this screen, by a copy of its key. */
  private screen(): NodeJS.ProcessEnv {
    const key = process.env.XAUTHORITY;
    if (!key) return {};
    const own = `${person.home}/.Xauthority`;
    // From out here: the disk below has no /tmp in it where that is a disk of its own.
    copyFileSync(key, this.outside(own));
    if (isRoot) this.run('chown', [`${person.uid}`, own]);
    return { XAUTHORITY: own };
  }
}
