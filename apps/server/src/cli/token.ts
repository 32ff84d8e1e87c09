import { randomUUID } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { SignJWT } from 'jose';
import { type Right, rights } from '../access/grants.ts';
import { addConfigFlags, flagSettings } from '../config/flags.ts';
import { resolveConfig } from '../config/resolve.ts';
import { HearsayError } from '../failures.ts';
import type { CliDeps } from './program.ts';

interface TokenFlags {
  readonly subject: string;
  readonly collection: string;
  readonly documents: string;
  readonly allow: readonly Right[];
  readonly expires: number;
}

/** `hearsay token`: signs a token with the secret of the nodes. Only the token goes to standard output. */
export function tokenCommand(deps: CliDeps): Command {
  const command = new Command('token')
    .description(
      'Make a token for development: what an application would give its users after they have logged in. Signed with ' +
        '--token-secret, the same that the nodes have (HS256).',
    )
    .requiredOption('--subject <name>', 'whose token it is (sub)')
    .option('--collection <name>', 'a collection, or * for all', 'default')
    .option('--documents <name>', 'a document, or what names begin with and *', '*')
    .addOption(
      new Option('--allow <rights>', `of ${rights.join(', ')}; separated by commas`)
        .argParser(rightsOf)
        .default(['read', 'write', 'presence'], 'read,write,presence'),
    )
    .addOption(new Option('--expires <s>', 'seconds until it is void').argParser(seconds).default(3600))
    .addHelpText('after', examples);
  return addConfigFlags(command, ['tokenSecret', 'tokenSecretFile', 'tokenIssuer', 'tokenAudience']).action(
    async (flags: TokenFlags) => {
      const config = resolveConfig({
        flags: flagSettings({ ...flags }),
        environment: deps.environment,
        file: undefined,
      });
      const { tokenSecret, tokenIssuer, tokenAudience } = config;
      if (tokenSecret === undefined)
        throw new HearsayError('SECRET_MISSING', 'a token is signed with --token-secret');
      const { subject, collection, documents, allow, expires } = flags;
      const token = new SignJWT({ hearsay: [{ collection, documents, allow: [...allow] }] })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(subject)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime(`${expires} s`);
      if (tokenIssuer !== undefined) token.setIssuer(tokenIssuer);
      if (tokenAudience !== undefined) token.setAudience(tokenAudience);
      deps.stdout.write(`${await token.sign(new TextEncoder().encode(tokenSecret))}\n`);
    },
  );
}

const examples = `
Examples:
  $ hearsay token --token-secret-file ./token-secret --subject ann
      reads, writes and shows presence in all documents of the collection "default", for an hour
  $ hearsay token --token-secret-file ./token-secret --subject ann --documents 'team-7/*' --allow read --expires 600
  $ hearsay token --token-secret-file ./token-secret --subject ops --collection '*' --allow admin`;

function rightsOf(text: string): readonly Right[] {
  return text.split(',').map((word) => {
    const right = rights.find((known) => known === word.trim());
    if (right === undefined) throw new InvalidArgumentError(`takes ${rights.join(', ')}`);
    return right;
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('takes a whole number from 1');
}
