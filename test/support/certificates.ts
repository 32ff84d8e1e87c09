import { execFile } from 'node:child_process';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

function openssl(arguments_: readonly string[]): Promise<unknown> {
  return run('openssl', arguments_);
}

/** A certificate and its key, as files that a node takes. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** Signs certificates for the loopback address, in a directory of the test's. Takes the `openssl` command. */
export interface Authority {
  /** Its own certificate, as file and text (PEM). */
  readonly path: string;
  readonly pem: string;
  /** `days` below 0: one that is over. A second one of the same name takes the place of the first, each file at once. */
  issue(name: string, days?: number): Promise<Issued>;
}

export async function createAuthority(directory: string, name: string): Promise<Authority> {
  const at = (file: string): string => join(directory, file);
  const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const own = { cert: at(`${name}.pem`), key: at(`${name}.key`) };
  await openssl(['req', '-x509', ...keys, '-keyout', own.key, '-out', own.cert, '-subj', `/CN=${name}`]);
  return {
    path: own.cert,
    pem: await readFile(own.cert, 'utf8'),
    issue: async (subject, days = 1) => {
      const [cert, key, wish] = [at(`${subject}.pem`), at(`${subject}.key`), at(`${subject}.csr`)];
      const forLoopback = ['-subj', `/CN=${subject}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
      await openssl(['req', ...keys, '-keyout', `${key}.new`, '-out', wish, ...forLoopback]);
      const signed = ['-CA', own.cert, '-CAkey', own.key, '-CAcreateserial', '-copy_extensions', 'copy'];
      await openssl(['x509', '-req', '-in', wish, ...signed, '-days', String(days), '-out', `${cert}.new`]);
      await rename(`${key}.new`, key);
      await rename(`${cert}.new`, cert);
      return { cert, key };
    },
  };
}
