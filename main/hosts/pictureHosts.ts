/** Several picture hosts as one, for pictures that go through side by side: each process does one thing to pixels at a time. */
import type { MessagePortMain } from 'electron';
import type { HostCall, HostCalls } from '../../host/protocol';
import type { Host } from './host';

export interface PictureHosts extends Pick<Host, 'call' | 'tell'> {
  /** Resolves once none of them has these files open. Each file's last call has ended by then. Never rejects. */
  forget(...files: { file: string }[]): Promise<void>;
}

/** How many picture hosts a queue gets: each does most of its work in one thread. */
export const pictureHostsFor = (cores: number): number => Math.max(1, Math.min(8, Math.floor(cores / 2)));

/** The picture files that a call names. A file that a picture is saved in is none of these, and no host keeps it open. */
const filesIn = (args: unknown): string[] => {
  if (typeof args !== 'object' || args === null || ArrayBuffer.isView(args)) return [];
  const { file, ...others } = args as { file?: unknown };
  return [
    ...(typeof file !== 'string' ? filesIn(file) : 'width' in others ? [file] : []),
    ...Object.values(others).flatMap(filesIn),
  ];
};

/** Calls that later ones of the same id belong to. */
const lasting: ReadonlySet<HostCall> = new Set<HostCall>(['encode', 'finish', 'goOn', 'receive']);

/** @param hosts the first is asked first; another starts once all before it are at work. One that gave up is asked only where all did. */
export function createPictureHosts(hosts: readonly Host[]): PictureHosts {
  const atWork = new Map<Host, number>(hosts.map((host) => [host, 0]));
  /** By its id: who encodes or receives a picture, or runs a tool's code, and hears what becomes of it. */
  const doing = new Map<number, Host>();
  /** By file: who may have it open. The first host is asked by others too, so it may have any. */
  const openAt = new Map<string, Set<Host>>();

  const idlest = (): Host => {
    // What gives up is idle for ever, and would take every call.
    const left = hosts.filter(({ hasGivenUp }) => !hasGivenUp);
    const [first] = [...(left.length > 0 ? left : hosts)].sort((a, b) => (atWork.get(a) ?? 0) - (atWork.get(b) ?? 0));
    if (!first) throw new RangeError('Expected a picture host but received none');
    return first;
  };

  return {
    async call<C extends HostCall>(
      call: C,
      args: HostCalls[C]['args'],
      ports?: MessagePortMain[],
    ): Promise<HostCalls[C]['result']> {
      const id = lasting.has(call) ? (args as { id: number }).id : undefined;
      const host = (id !== undefined && doing.get(id)) || idlest();
      if (id !== undefined) doing.set(id, host);
      atWork.set(host, (atWork.get(host) ?? 0) + 1);
      for (const file of filesIn(args)) openAt.set(file, (openAt.get(file) ?? new Set()).add(host));
      try {
        return await host.call(call, args, ports);
      } finally {
        atWork.set(host, (atWork.get(host) ?? 1) - 1);
        // A tool's code waits for networks between two calls.
        if (id !== undefined && (call === 'encode' || call === 'receive')) doing.delete(id);
      }
    },
    tell(call, args) {
      if (call !== 'cancelEncode' && call !== 'endFinish' && call !== 'endReceive') return hosts[0]?.tell(call, args);
      const { id } = args as { id: number };
      doing.get(id)?.tell(call, args);
      if (call === 'endFinish') doing.delete(id);
    },
    forget: async (...all) => {
      const files = all.map(({ file }) => file);
      const having = new Set(files.flatMap((file) => [...(openAt.get(file) ?? [])]));
      for (const file of files) openAt.delete(file);
      const [first] = hosts;
      await Promise.allSettled(
        hosts
          .filter((host) => host.isRunning && (host === first || having.has(host)))
          .map((host) => host.call('forget', { files })),
      );
    },
  };
}
