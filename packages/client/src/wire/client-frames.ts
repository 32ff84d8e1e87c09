import { ByteWriter } from '@hearsay/core';
import { authTypes, extensionKinds, extensionVersion, messageTypes, syncSteps } from './message-types.ts';

/**
 * One document on one connection, as frames name it: the document's name, or the name, a zero byte and the id of a tab
 * whose presence another tab announces.
 */
export type ChannelAddress = string;

/** A level of safety beyond the disk of one node. */
export interface WantedLevel {
  /** Nodes that are to have it; 0: any number. */
  readonly nodes: number;
  /** Whether every region is to have it on one of its nodes. */
  readonly regions: boolean;
}

/** What a client says, as frames. */
export const clientFrames: {
  token(channel: ChannelAddress, token: string): Uint8Array;
  greet(channel: ChannelAddress, life: number): Uint8Array;
  sync(channel: ChannelAddress, step: keyof typeof syncSteps, payload: Uint8Array): Uint8Array;
  awareness(channel: ChannelAddress, update: Uint8Array): Uint8Array;
  leave(channel: ChannelAddress): Uint8Array;
  want(channel: ChannelAddress, upTo: number, level: WantedLevel): Uint8Array;
  ping(): Uint8Array;
  pong(): Uint8Array;
} = {
  token: (channel, token) =>
    begin(channel, messageTypes.auth).varUint(authTypes.token).varString(token).varString(product).finish(),
  greet: (channel, life) =>
    begin(channel, messageTypes.extension)
      .varUint(extensionKinds.greet)
      .varUint(extensionVersion)
      .varUint(life)
      .finish(),
  sync: (channel, step, payload) =>
    begin(channel, messageTypes.sync).varUint(syncSteps[step]).varBytes(payload).finish(),
  awareness: (channel, update) => begin(channel, messageTypes.awareness).varBytes(update).finish(),
  leave: (channel) => begin(channel, messageTypes.close).finish(),
  want: (channel, upTo, { nodes, regions }) =>
    begin(channel, messageTypes.extension)
      .varUint(extensionKinds.want)
      .varUint(upTo)
      .varUint(nodes)
      .varUint(regions ? 1 : 0)
      .finish(),
  ping: () => Uint8Array.of(messageTypes.ping),
  pong: () => Uint8Array.of(messageTypes.pong),
};

function begin(channel: ChannelAddress, type: number): ByteWriter {
  return new ByteWriter(64).varString(channel).varUint(type);
}

/** Servers ping those that name a version, instead of sending them presence of nobody. */
const product = 'hearsay 0.1.0';
