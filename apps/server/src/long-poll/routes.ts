import { randomUUID } from 'node:crypto';
import { ByteWriter, decode } from '@hearsay/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EdgeAccess } from '../http/access.ts';
import { HttpError } from '../http/errors.ts';
import type { Admission } from '../websocket/address-limits.ts';
import { type Arrivals, retryAfterSeconds } from '../websocket/arrivals.ts';
import { PollConnection } from './poll-connection.ts';

export interface LongPollDeps {
  readonly access: Pick<EdgeAccess, 'originAllowed'>;
  readonly maxMessageBytes: number;
  /** Monotonic milliseconds. */
  now(): number;
  admit(request: FastifyRequest): Admission;
  /** Where clients wait to be let in. */
  readonly arrivals: Pick<Arrivals, 'enter'>;
  /** Takes a connection over. */
  accept(connection: PollConnection, request: FastifyRequest): void;
}

/** Milliseconds for which a session that is over says why. */
const epitaphMs = 60_000;

/**
 * The frames of a socket over plain HTTP, for clients behind networks that let no WebSocket through: a session is made, frames
 * are posted to it and polled from it, each with its length before it.
 */
export function longPollRoutes(app: FastifyInstance, deps: LongPollDeps): void {
  const sessions = new Map<string, PollConnection>();

  void app.register(async (polled) => {
    polled.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer', bodyLimit: deps.maxMessageBytes },
      (_request, body, done) => done(null, body),
    );
    // Pages of origins that may open a socket may do this.
    polled.addHook('onRequest', async (request, reply) => {
      const { origin, host } = request.headers;
      if (!deps.access.originAllowed(origin, host)) {
        throw new HttpError('FORBIDDEN', 'pages of this origin are not served here; see --allow-origin');
      }
      if (origin !== undefined) reply.header('access-control-allow-origin', origin).header('vary', 'origin');
    });
    for (const path of ['/sync/sessions', '/sync/sessions/:session', '/sync/sessions/:session/frames']) {
      polled.options(path, async (_request, reply) =>
        reply
          .code(204)
          .header('access-control-allow-methods', 'POST, GET, DELETE')
          .header('access-control-allow-headers', 'authorization, content-type')
          .header('access-control-max-age', '600')
          .send(),
      );
    }

    polled.post('/sync/sessions', async (request, reply) => {
      const admission = deps.admit(request);
      if (!admission.admitted) throw new HttpError('OVERLOADED', 'too many connections');
      if (!(await deps.arrivals.enter(reply.raw))) {
        admission.release();
        reply.header('retry-after', retryAfterSeconds());
        throw new HttpError('NOT_READY', 'nobody is let in at present; come back later');
      }
      const session = randomUUID();
      const connection = new PollConnection(request.ip, deps.now());
      sessions.set(session, connection);
      void connection.whenClosed().then(() => {
        admission.release();
        setTimeout(() => sessions.delete(session), epitaphMs).unref();
      });
      deps.accept(connection, request);
      return { session };
    });
    polled.post('/sync/sessions/:session/frames', async (request, reply) => {
      const connection = sessionOf(request);
      const frames = framesOf(request.body);
      if (connection.isClosed) return tell(reply, connection);
      await connection.receive(frames, deps.now());
      return connection.isClosed ? tell(reply, connection) : reply.code(204).send();
    });
    polled.get('/sync/sessions/:session/frames', async (request, reply) => tell(reply, sessionOf(request)));
    polled.delete('/sync/sessions/:session', async (request, reply) => {
      sessionOf(request).close(1000, 'the client has left');
      return reply.code(204).send();
    });
  });

  async function tell(reply: FastifyReply, connection: PollConnection): Promise<FastifyReply> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const answer = await connection.poll(deps.now, gone.signal);
    if ('code' in answer) return reply.code(410).send(answer);
    const writer = new ByteWriter(answer.frames.reduce((sum, frame) => sum + frame.byteLength + 8, 8));
    for (const frame of answer.frames) writer.varBytes(frame);
    return reply.type('application/octet-stream').send(Buffer.from(writer.finish()));
  }

  function sessionOf(request: FastifyRequest): PollConnection {
    const { session } = request.params as { readonly session?: string };
    const connection = sessions.get(session ?? '');
    if (connection === undefined)
      throw new HttpError('NOT_FOUND', 'there is no such session, or none any more');
    return connection;
  }

  function framesOf(body: unknown): readonly Uint8Array[] {
    if (!(body instanceof Uint8Array))
      throw new HttpError('BAD_REQUEST', 'frames come as application/octet-stream');
    const read = decode(body, (reader) => {
      const frames: Uint8Array[] = [];
      while (reader.remaining > 0) frames.push(reader.varBytes(deps.maxMessageBytes).slice());
      return frames;
    });
    if (!read.ok) throw new HttpError('BAD_REQUEST', 'these are not frames, each with its length before it');
    return read.value;
  }
}
