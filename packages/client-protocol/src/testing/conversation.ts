import {
  admitUpdate,
  emptyVersion,
  encodeStateVector,
  mergeUpdates,
  updateForStateVector,
  type Version,
} from '@hearsay/document';
import { createHocuspocusSession } from '../hocuspocus-session.ts';
import type { ClientSession, SessionEffect, SessionEvent, SubmitOutcome } from '../session.ts';
import { updateFrame } from '../sniff.ts';
import { createYWebsocketSession } from '../y-websocket-session.ts';
import { notes, readWrite } from './probe.ts';
import { StockClient } from './stock-client.ts';

type Submit = Extract<SessionEffect, { readonly type: 'submit' }>;
type Read = Extract<SessionEffect, { readonly type: 'read' }>;

/** One socket: what is under way in each direction, and its session. */
interface Line {
  readonly session: ClientSession;
  readonly toServer: Uint8Array[];
  readonly toClient: Uint8Array[];
  /** Work of the store for this client, in order. */
  readonly work: (Submit | Read)[];
  /** Updates of others since it subscribed, while its first state is not sent. */
  kept: Uint8Array[] | null;
}

export interface Participant {
  readonly client: StockClient;
  line: Line | null;
}

/** One document, a store of it in memory, and clients whose frames and answers arrive when the test says so. */
export class Conversation {
  readonly participants: readonly Participant[];
  version: Version = emptyVersion;
  #log: Uint8Array[] = [];
  #now = 0;
  readonly closed: number[] = [];

  constructor() {
    this.participants = (['hocuspocus', 'y-websocket', 'hocuspocus'] as const).map((dialect, index) => {
      const participant: Participant = {
        client: new StockClient(dialect, index + 1, (frame) => participant.line?.toServer.push(frame)),
        line: null,
      };
      return participant;
    });
  }

  connect(participant: Participant): void {
    if (participant.line !== null) return;
    const { dialect } = participant.client;
    const session =
      dialect === 'hocuspocus' ? createHocuspocusSession('default') : createYWebsocketSession(notes, null);
    participant.line = { session, toServer: [], toClient: [], work: [], kept: null };
    this.#handle(participant, { type: 'opened' });
    participant.client.connect();
  }

  disconnect(participant: Participant): void {
    participant.line = null;
    participant.client.disconnect();
  }

  /** The next frame of the client arrives; false when there is none. */
  deliverToServer(participant: Participant): boolean {
    const frame = participant.line?.toServer.shift();
    if (frame !== undefined) this.#handle(participant, { type: 'frame', frame });
    return frame !== undefined;
  }

  deliverToClient(participant: Participant): boolean {
    const frame = participant.line?.toClient.shift();
    if (frame !== undefined) participant.client.receive(frame);
    return frame !== undefined;
  }

  /** The store answers the oldest that this client wants of it. */
  work(participant: Participant): boolean {
    const line = participant.line;
    const task = line?.work.shift();
    if (line === null || task === undefined) return false;
    if (task.type === 'submit') {
      const outcome = this.#store(participant, task);
      this.#handle(participant, { type: 'submitted', channel: task.channel, ticket: task.ticket, outcome });
    } else {
      const { channel, ticket, stateVector } = task;
      const state = this.#log.length === 0 ? Uint8Array.of(0, 0) : mergeUpdates(this.#log);
      const updates = stateVector === null ? [] : [updateForStateVector(state, stateVector)];
      this.#handle(participant, {
        type: 'state',
        channel,
        ticket,
        life: 1,
        stateVector: encodeStateVector(this.version.stateVector),
        updates,
      });
      if (stateVector !== null && line.kept !== null) {
        for (const update of line.kept)
          line.toClient.push(updateFrame(line.session.dialect, channel, update));
        line.kept = null;
      }
    }
    return true;
  }

  tick(): void {
    this.#now += 5000;
    for (const participant of this.participants) this.#handle(participant, { type: 'tick' });
  }

  /** Until nothing is under way. */
  settle(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const participant of this.participants) {
        busy = this.deliverToServer(participant) || busy;
        busy = this.work(participant) || busy;
        busy = this.deliverToClient(participant) || busy;
      }
    }
  }

  #store(author: Participant, { update }: Submit): SubmitOutcome {
    const admission = admitUpdate(update, this.version);
    if (!admission.ok) return { ok: false, ...admission.error };
    if (admission.value.kind === 'known') return { ok: true, novel: false };
    this.version = admission.value.version;
    this.#log.push(admission.value.update);
    for (const { line } of this.participants) {
      if (line === null || line === author.line || !this.#subscribed.has(line)) continue;
      const channel = line.session.dialect === 'hocuspocus' ? 'a' : '';
      if (line.kept === null)
        line.toClient.push(updateFrame(line.session.dialect, channel, admission.value.update));
      else line.kept.push(admission.value.update);
    }
    return { ok: true, novel: true };
  }

  readonly #subscribed = new WeakSet<Line>();

  #handle(participant: Participant, event: SessionEvent): void {
    const line = participant.line;
    if (line === null) return;
    for (const effect of line.session.handle(event, this.#now)) {
      switch (effect.type) {
        case 'send':
          line.toClient.push(effect.frame);
          break;
        case 'submit':
        case 'read':
          line.work.push(effect);
          break;
        case 'subscribe':
          this.#subscribed.add(line);
          line.kept = [];
          break;
        case 'authenticate': {
          const { channel } = effect;
          this.#handle(participant, { type: 'authenticated', channel, permission: readWrite, reason: '' });
          break;
        }
        case 'close':
          this.closed.push(effect.code);
          break;
        default:
          break;
      }
    }
  }
}
