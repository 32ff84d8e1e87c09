import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { HearsayError } from '../failures.ts';

/** Texts in PEM that belong together. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  /** End of the certificate. */
  readonly notAfter: Date;
}

/** Reads a certificate chain, its key and the authorities of others. Throws a HearsayError of code TLS_INVALID; no key is quoted. */
export function readTlsFiles(paths: {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}): TlsFiles {
  const cert = readText('--tls-cert', paths.cert);
  const key = readText('--tls-key', paths.key);
  const ca = paths.ca === undefined ? undefined : readText('--peer-ca', paths.ca);
  const own = certificate('--tls-cert', paths.cert, cert);
  if (ca !== undefined) certificate('--peer-ca', paths.ca ?? '', ca);
  try {
    createSecureContext({ cert, key, ...(ca !== undefined && { ca }) });
  } catch (error) {
    throw invalid('--tls-key', paths.key, 'is not the key of the certificate', error);
  }
  return { cert, key, ca, notAfter: new Date(own.validTo) };
}

function readText(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(flag, path, `cannot be read (${(error as NodeJS.ErrnoException).code})`, error);
  }
}

function certificate(flag: string, path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw invalid(flag, path, 'holds no certificate in PEM', error);
  }
}

function invalid(flag: string, path: string, what: string, cause: unknown): HearsayError {
  return new HearsayError('TLS_INVALID', `${flag}: ${path} ${what}`, { cause });
}
