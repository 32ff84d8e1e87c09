import { unwatchFile, watchFile } from 'node:fs';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Config } from '../config/config.ts';
import { toHearsayError } from '../failures.ts';
import type { Log } from '../telemetry/log.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';

/** What a node shows over TLS and whom it takes for a peer. The files are watched: who replaces them restarts nothing. */
export interface Certificates {
  /** Options of a server. With authorities for peers everybody is asked for a certificate, and peers alone need one. */
  shown(): {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    readonly requestCert: boolean;
  } & {
    readonly rejectUnauthorized: false;
  };
  /** Options of a connection to a peer: this node's own certificate, and the authorities of the peer's. */
  dialling(): { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Why a connection is not a peer's, as OpenSSL names it (`CERT_HAS_EXPIRED`); undefined where it may be. */
  peerError(socket: Duplex): string | undefined;
  /** End of the shown certificate, seconds since 1970. */
  notAfter(): number;
  onChange(listener: () => void): void;
  close(): void;
}

/** Reads the files of the settings; undefined where there are none. Throws a HearsayError of code TLS_INVALID. */
export function openCertificates(
  { tlsCert, tlsKey, peerCa }: Pick<Config, 'tlsCert' | 'tlsKey' | 'peerCa'>,
  log: Log,
): Certificates | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const read = (): TlsFiles => readTlsFiles({ cert: tlsCert, key: tlsKey, ca: peerCa });
  const paths = [tlsCert, tlsKey, ...(peerCa === undefined ? [] : [peerCa])];
  const listeners: (() => void)[] = [];
  let files = read();
  warnOfEnd(files, log);
  const changed = (): void => {
    try {
      files = read();
    } catch (error) {
      // Between the new certificate and its key there is a moment in which they do not fit: the next change mends it.
      log.warn({ code: 'TLS_INVALID', err: toHearsayError(error) }, 'the certificate before is shown on');
      return;
    }
    log.info({ notAfter: files.notAfter.toISOString() }, 'certificate replaced');
    warnOfEnd(files, log);
    for (const listener of listeners) listener();
  };
  for (const path of paths) watchFile(path, { interval: lookMs, persistent: false }, changed);
  const pair = (): ReturnType<Certificates['dialling']> => {
    const { cert, key, ca } = files;
    return { cert, key, ...(ca !== undefined && { ca }) };
  };
  return {
    shown: () => ({ ...pair(), requestCert: peerCa !== undefined, rejectUnauthorized: false }),
    dialling: pair,
    peerError: (socket) => {
      if (peerCa === undefined || (socket instanceof TLSSocket && socket.authorized)) return undefined;
      const error: unknown = socket instanceof TLSSocket ? socket.authorizationError : 'NO_TLS';
      return typeof error === 'string' ? error : 'CERT_MISSING';
    },
    notAfter: () => files.notAfter.getTime() / 1000,
    onChange: (listener) => listeners.push(listener),
    close: () => {
      for (const path of paths) unwatchFile(path, changed);
    },
  };
}

/** Milliseconds between two looks at the files: by their times, which symbolic links that are swapped change too. */
const lookMs = 5000;

function warnOfEnd({ notAfter }: TlsFiles, log: Log): void {
  const leftMs = notAfter.getTime() - Date.now();
  if (leftMs < 0)
    log.error({ code: 'CERTIFICATE_EXPIRED', notAfter }, 'the certificate of this node is over');
  else if (leftMs < soonMs) log.warn({ code: 'CERTIFICATE_ENDS', notAfter }, 'the certificate ends soon');
}

/** A week. */
const soonMs = 604_800_000;
