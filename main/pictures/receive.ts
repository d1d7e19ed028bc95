/** Channels from the page that decodes a picture to the picture host that writes it. */
import { MessageChannelMain, type MessagePortMain } from 'electron';
import type { HostCalls } from '../../host/protocol';
import type { PictureHosts } from '../hosts/pictureHosts';

export interface Receiving {
  /** The page's end. */
  port: MessagePortMain;
  /** Resolves once the host writes no more. @throws AppError BAD_MESSAGE, PICTURE_NEEDS_ROOM, HOST_DIED. */
  over: Promise<HostCalls['receive']['result']>;
  /** Nobody waits for the picture any more. */
  end(): void;
}

/** Has a host write into these files what the page says. */
export type Receive = (files: Omit<HostCalls['receive']['args'], 'id'>) => Receiving;

export function createReceive(hosts: Pick<PictureHosts, 'call' | 'tell'>, nextId: () => number): Receive {
  return (files) => {
    const { port1, port2 } = new MessageChannelMain();
    const id = nextId();
    const over = hosts.call('receive', { id, ...files }, [port2]);
    // Whoever waits for it hears of it; others may have gone.
    over.catch(() => {});
    return { port: port1, over, end: () => hosts.tell('endReceive', { id }) };
  };
}
