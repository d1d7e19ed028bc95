/** Several picture hosts as one, for pictures that go through side by side: each process does one thing to pixels at a time. */
import type { HostCall, HostCalls } from '../../host/protocol';
import type { Host } from './host';

export interface PictureHosts extends Pick<Host, 'call' | 'tell'> {
  /** Resolves once none of them has the file open. Never rejects. */
  forget(file: { file: string }): Promise<void>;
}

/** @param hosts the first is asked first; another starts once all before it are at work. One that gave up is asked only where all did. */
export function createPictureHosts(hosts: readonly Host[]): PictureHosts {
  const atWork = new Map<Host, number>(hosts.map((host) => [host, 0]));
  /** By the encoding's id: who does it, for it to be stopped. */
  const encoding = new Map<number, Host>();

  const idlest = (): Host => {
    // What gives up is idle for ever, and would take every call.
    const left = hosts.filter(({ hasGivenUp }) => !hasGivenUp);
    const [first] = [...(left.length > 0 ? left : hosts)].sort((a, b) => (atWork.get(a) ?? 0) - (atWork.get(b) ?? 0));
    if (!first) throw new RangeError('Expected a picture host but received none');
    return first;
  };

  return {
    async call<C extends HostCall>(call: C, args: HostCalls[C]['args']): Promise<HostCalls[C]['result']> {
      const host = idlest();
      const id = call === 'encode' ? (args as HostCalls['encode']['args']).id : undefined;
      if (id !== undefined) encoding.set(id, host);
      atWork.set(host, (atWork.get(host) ?? 0) + 1);
      try {
        return await host.call(call, args);
      } finally {
        atWork.set(host, (atWork.get(host) ?? 1) - 1);
        if (id !== undefined) encoding.delete(id);
      }
    },
    tell(call, args) {
      const host = call === 'cancelEncode' ? encoding.get((args as HostCalls['cancelEncode']['args']).id) : hosts[0];
      host?.tell(call, args);
    },
    forget: async (file) => {
      await Promise.allSettled(hosts.filter(({ isRunning }) => isRunning).map((host) => host.call('forget', file)));
    },
  };
}
