import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import pLimit from 'p-limit';
import { HttpError } from './errors.ts';

export interface WorkBounds {
  /** Requests that are worked on at once. */
  readonly atOnce: number;
  /** Requests that wait for their turn; one more is turned away (503, `OVERLOADED`). */
  readonly waiting: number;
}

/**
 * All routes that are added to `scope` from now on share these bounds, and each request begins with a turn of the event loop of its
 * own: however many ask, between any few of them clients are served.
 */
export function boundWork(scope: FastifyInstance, { atOnce, waiting }: WorkBounds): void {
  const limit = pLimit(atOnce);
  scope.addHook('onRoute', (route) => {
    const { handler } = route;
    route.handler = function (request, reply) {
      if (limit.pendingCount >= waiting) {
        throw new HttpError('OVERLOADED', 'too many ask at once; try again in a moment');
      }
      return limit(async () => {
        await nextTurn();
        // Whoever has gone meanwhile is answered nothing.
        return request.raw.socket.destroyed ? reply.hijack() : handler.call(this, request, reply);
      });
    };
  });
}
