/**
 * Wine 10, of Debian 13, in a folder of its own, so that programs for Windows run on Linux without Windows. It wants root, or a
 * container that may mount. `tsx tools/windows/wine.ts program.exe [argument…]` runs one.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { command, type Log, message } from '../../native/commands';
import { cache, once, root } from './fetch';

/** One suite alone: updates of the second architecture are at times out of step with the first's, and apt then takes neither. */
const suite = 'deb http://deb.debian.org/debian trixie main';
/** The installers are 32-bit programs, whatever they install. Without any font Chromium makes no window, but asks for one for ever. */
const packages = [
  'wine64',
  'wine32:i386',
  'wine',
  'fonts-wine',
  'fonts-liberation',
  'xvfb',
  'xauth',
  'ca-certificates',
  'locales',
];
/** A language whose letters no program can take for others, beside Debian's own. `LC_ALL` chooses it for Windows programs, too. */
export const russian = 'ru_RU.UTF-8';

/** Name of Debian's folder in the cache. */
export const debianFolder = 'debian-13';

/** Makes Debian 13 with Wine in `.cache/windows/debian-13`, 500 MB, once. @throws Error that says what to install. */
async function provideDebian(log: Log): Promise<string> {
  return once(debianFolder, async (folder) => {
    log('Making a Debian 13 with Wine (two minutes)');
    const options = ['--variant=apt', '--architectures=amd64,i386', `--include=${packages.join(',')}`];
    options.push(`--customize-hook=chroot "$1" localedef -i ru_RU -f UTF-8 ${russian}`);
    await command('mmdebstrap', [...options, 'trixie', folder, suite]).catch((error: unknown) => {
      throw new Error(
        `Wine could not be installed. It needs root and mmdebstrap (apt-get install mmdebstrap). ${message(error)}`,
      );
    });
  });
}

export interface Ran {
  /** Of the program; null where it was ended for taking too long. */
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  timeoutMs?: number;
}

/** As Windows programs read the path of a file of this machine. */
export const windowsPath = (file: string): string => `Z:${file.replaceAll('/', '\\')}`;

/** A Windows of one's own: its drive C: and its registry. */
export class Wine {
  private constructor(
    private readonly debian: string,
    /** The folder that is the Windows: `drive_c` and the registry lie in it. */
    readonly prefix: string,
  ) {}

  /** @param name of the Windows; what an earlier one of this name held is gone. */
  static async start(log: Log, name: string): Promise<Wine> {
    const debian = await provideDebian(log);
    const prefix = path.join(cache, 'prefixes', name);
    await rm(prefix, { recursive: true, force: true });
    await mkdir(path.dirname(prefix), { recursive: true });
    const wine = new Wine(debian, prefix);
    const ran = await wine.run('reg', ['add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f']);
    if (ran.code !== 0) throw new Error(`Wine does not start. ${ran.stdout}${ran.stderr}`);
    // \\localhost\c$, which Windows offers its administrators.
    const shares = path.join(prefix, 'dosdevices', 'unc', 'localhost');
    await mkdir(shares, { recursive: true });
    await symlink('../../../drive_c', path.join(shares, 'c$'));
    // Wine's PowerShell answers yes (0) to everything, also to whether an app is running. Some Windows have none either.
    for (const each of ['system32', 'syswow64'])
      await rm(wine.file('windows', each, 'WindowsPowerShell', 'v1.0', 'powershell.exe'), { force: true });
    return wine;
  }

  get driveC(): string {
    return path.join(this.prefix, 'drive_c');
  }

  /**
   * Runs a program, and waits for it and for what it started. Nothing of it outlives the call.
   * @param program path of a .exe of this machine, or the name of one that Wine has.
   */
  async run(
    program: string,
    args: string[],
    { env = {}, cwd = root, timeoutMs = 300_000 }: RunOptions = {},
  ): Promise<Ran> {
    // Node and Electron fail on a pipe of Wine's (EBADF), so each writes to a file.
    const said = await mkdtemp(path.join(cache, 'said-'));
    const files = [path.join(said, 'stdout'), path.join(said, 'stderr')] as const;
    const [out, err] = await Promise.all(files.map((file) => open(file, 'w')));
    const began = performance.now();
    try {
      const inside = [
        'mkdir -p "$DEBIAN$ROOT"; mount --bind "$ROOT" "$DEBIAN$ROOT"',
        'mount -t proc proc "$DEBIAN/proc"; mount --bind /dev "$DEBIAN/dev"',
        // Wine's server goes on for what the program left running, an uninstaller's copy of itself for one.
        // Not by exec: Xvfb tells no parent that is process 1 that it is ready.
        'chroot "$DEBIAN" xvfb-run -a bash -c \'cd "$FOLDER"; code=0; /usr/lib/wine/wine64 "$@" || code=$?; wineserver -w; exit $code\' -- "$@"; exit $?',
      ].join('\n');
      const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
      const child = spawn('unshare', [...namespaces, 'bash', '-c', inside, '--', program, ...args], {
        stdio: ['ignore', out?.fd ?? 'ignore', err?.fd ?? 'ignore'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        env: {
          PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
          HOME: '/root',
          LANG: 'C.UTF-8',
          DEBIAN: this.debian,
          ROOT: root,
          FOLDER: cwd,
          WINEPREFIX: this.prefix,
          WINEDEBUG: '-all',
          // Neither .NET nor a browser is asked for, and no menu entries are made on this machine.
          WINEDLLOVERRIDES: 'mscoree=d;mshtml=d;winemenubuilder.exe=d',
          ...env,
        },
      });
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      const [stdout, stderr] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      return { code, stdout: stdout ?? '', stderr: stderr ?? '', seconds };
    } finally {
      await Promise.all([out?.close(), err?.close()]);
      await rm(said, { recursive: true, force: true });
    }
  }

  /** Where a file of the drive C: lies on this machine. @param file `Users/…`, slashes. */
  file(...file: string[]): string {
    return path.join(this.driveC, ...file);
  }

  /** What the registry holds, of this user and of the machine. */
  async registry(): Promise<string> {
    const files = ['user.reg', 'system.reg'].map((name) => readFile(path.join(this.prefix, name), 'utf8'));
    return (await Promise.all(files)).join('\n');
  }

  has(...file: string[]): boolean {
    return existsSync(this.file(...file));
  }
}

if (process.argv[1] === import.meta.filename) {
  const [program, ...args] = process.argv.slice(2);
  if (!program) throw new Error('tsx tools/windows/wine.ts program.exe [argument…]');
  const wine = await Wine.start(console.log, 'by-hand');
  const { code, stdout, stderr } = await wine.run(program, args);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code ?? 1;
}
