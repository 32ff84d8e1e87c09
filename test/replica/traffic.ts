import { startWireTap, type TappedMessage } from '../cluster/wire-tap.ts';

/** What replicas and a node say to each other, read from the wire. */
export interface Traffic {
  /** The node's address, past the tap. */
  readonly url: string;
  /** Bytes of all messages after the handshake, since the last {@link clear}. */
  readonly up: number;
  readonly down: number;
  bytes(type: string): number;
  count(type: string): number;
  clear(): void;
  close(): Promise<void>;
}

export async function tapTraffic(port: number): Promise<Traffic> {
  const messages: TappedMessage[] = [];
  const tap = await startWireTap(port, 'left', (message) => messages.push(message));
  const sum = (chosen: (message: TappedMessage) => boolean): number =>
    messages.filter(chosen).reduce((bytes, message) => bytes + message.bytes, 0);
  const isPayload = ({ type }: TappedMessage): boolean => !type.startsWith('handshake.');
  return {
    url: `ws://127.0.0.1:${tap.port}`,
    get up() {
      return sum((message) => message.from === 'right' && isPayload(message));
    },
    get down() {
      return sum((message) => message.from === 'left' && isPayload(message));
    },
    bytes: (type) => sum((message) => message.type === type),
    count: (type) => messages.filter((message) => message.type === type).length,
    clear: () => {
      messages.length = 0;
    },
    close: () => tap.close(),
  };
}
