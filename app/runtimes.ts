/**
 * The engine libraries that Refit knows: what is fetched, and which GPUs each serves. Their one place: to move up, a library is
 * added here and `refit build --runtime <version>` makes its engines beside the older ones.
 */
import type { Catalog } from './catalog';
import type { ComputeCapability } from './machine';
import { sm } from './targets';

export interface Runtime {
  /** As catalog entries write it. An engine opens in no other. */
  name: string;
  version: string;
  /** The libraries, by the PyPI wheel that they come from. */
  wheel: { package: string; version: string; linuxSha256: string; windowsSha256: string };
  /** The folder of its headers in the crate (native/sdk.ts), and their hash: see `hashOfHeaders`. */
  headers: { folder: string; sha256: string };
  /** SM numbers of GPUs that no engine of it runs on, beside those that no target serves (select.ts). */
  refuses: readonly number[];
}

const wheel = 'tensorrt-rtx-cu12-libs';

/** The newest first: where two serve a GPU equally well, the newer one is taken. */
export const runtimes: readonly Runtime[] = [
  {
    name: 'tensorrt-rtx 1.7.1',
    version: '1.7.1',
    wheel: {
      package: wheel,
      version: '1.7.1.116',
      linuxSha256: '68c2615fef1556e7721235682f460f3d78ab89df320a3f34a416367b144817a8',
      windowsSha256: '28defeb3aca647646308d00f9fe32e91da37920fb1b121f1c5adbd774cd52358',
    },
    headers: {
      folder: 'TRT-RTX-1.7',
      sha256: '35c2a0d9eea2b464058da1d2fe5cee2206ee2142b006ff297a9a43f548924b9d',
    },
    // It refuses compute capability 9.0, which 1.6.1 serves. Reported to us, not run here.
    refuses: [90],
  },
  {
    name: 'tensorrt-rtx 1.6.1',
    version: '1.6.1',
    wheel: {
      package: wheel,
      version: '1.6.1.120',
      linuxSha256: '3373b82f1e63139f99d572d28a1761cfc79ff3cf33342a1ce0b59a53fea4f01b',
      windowsSha256: 'e54d35a5beb42e0e5b165cdf43278a6542b6e555e72daa1862db49fbaf678537',
    },
    headers: {
      folder: 'TRT-RTX-1.6',
      sha256: '68301aa81336416fa3bbacd09e01ee184dbc79dee07956b646d4ff3b4203e966',
    },
    refuses: [],
  },
];

/** What engines are built with unless another is asked for, and what an app without a catalog looks for. */
export const defaultRuntime = 'tensorrt-rtx 1.6.1';

/** @param name "tensorrt-rtx 1.6.1", or its version alone. */
export const findRuntime = (name: string): Runtime | undefined =>
  runtimes.find((runtime) => runtime.name === name || runtime.version === name);

/** @throws Error that lists those that there are. */
export function runtimeOf(name: string): Runtime {
  const found = findRuntime(name);
  if (found) return found;
  throw new Error(
    `Refit knows no engine library ${name}. It knows ${runtimes.map((each) => each.name).join(' and ')}.`,
  );
}

/** Names of files and folders that belong to one engine library: "tensorrt-rtx-1.6.1". */
export const runtimeSlug = (name: string): string => name.replace(' ', '-');

/** "1.6.1" of "tensorrt-rtx 1.6.1". */
export const versionOf = (name: string): string => name.split(' ')[1] ?? '';

/** The engine libraries that a catalog's entries name, the newest first; the default one where it names none. */
export function runtimesIn({ engines }: Pick<Catalog, 'engines'>): string[] {
  const named = [...new Set(engines.map(({ runtime }) => runtime))];
  if (named.length === 0) return [defaultRuntime];
  const known = runtimes.map(({ name }) => name).filter((name) => named.includes(name));
  return [...known, ...named.filter((name) => !known.includes(name))];
}

/** Whether a GPU runs engines of a library; of a library that Refit does not know, the library itself will say. */
export const servesGpu = (name: string, capability: ComputeCapability): boolean =>
  !findRuntime(name)?.refuses.includes(sm(capability));
