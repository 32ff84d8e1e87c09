import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { secureHeaders } from './headers.ts';

/** Codes of the HTTP API and the status each is sent with: the only place where one is declared. */
export const httpErrors = {
  BAD_REQUEST: 400,
  NAME_INVALID: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  DOCUMENT_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_KEPT: 409,
  LIFE_CHANGED: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  HOST_REFUSED: 421,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  DOCUMENT_DAMAGED: 503,
  DOCUMENT_TOO_COSTLY: 503,
  NOT_READY: 503,
  OVERLOADED: 503,
  HTTP_VERSION_REFUSED: 505,
} as const;

export type HttpErrorCode = keyof typeof httpErrors;

/** Thrown by a handler to answer with a code and a message for the caller. */
export class HttpError extends Error {
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string) {
    super(message);
    this.name = 'HttpError';
    this.code = code;
  }
}

/** What every failed request gets: a stable code, a sentence, and the id under which the log knows more. */
export interface ErrorBody {
  readonly error: { readonly code: HttpErrorCode; readonly message: string; readonly requestId: string };
}

/** Answers every failure with an {@link ErrorBody}; stacks, paths and causes go to the log alone. */
export function installErrors(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    answer(request, reply, 'NOT_FOUND', 'there is nothing at this path'),
  );
  app.setErrorHandler((error: FastifyError | HttpError, request, reply) => {
    if (error instanceof HttpError) return answer(request, reply, error.code, error.message);
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
      return answer(request, reply, 'BODY_TOO_LARGE', 'the body is too large');
    }
    if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
      return answer(request, reply, 'UNSUPPORTED_MEDIA_TYPE', 'a body of this type is not taken here');
    }
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) return answer(request, reply, 'BAD_REQUEST', error.message);
    request.log.error({ err: error, requestId: request.id }, 'request failed');
    return answer(request, reply, 'INTERNAL', 'something went wrong here; the log knows more');
  });
}

/** For failures before any route: a path that is not valid percent-encoding, a version header nobody serves. */
export function answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  // The hooks that set these run for routes alone.
  reply.headers(secureHeaders).header('x-request-id', request.id);
  answer(request, reply, 'BAD_REQUEST', error.message);
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  code: HttpErrorCode,
  message: string,
): FastifyReply {
  const body: ErrorBody = { error: { code, message, requestId: request.id } };
  if (httpErrors[code] === 503) reply.header('retry-after', '1');
  return reply.code(httpErrors[code]).send(body);
}
