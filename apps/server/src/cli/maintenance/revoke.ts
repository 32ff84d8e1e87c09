import { Command } from 'commander';
import { addConfigFlags, flagSettings } from '../../config/flags.ts';
import { resolveConfig } from '../../config/resolve.ts';
import { HearsayError } from '../../failures.ts';
import type { CliDeps } from '../program.ts';
import { adminUrl, callNode } from './remote-node.ts';

interface RevokeFlags {
  readonly node: string;
  readonly token?: string;
  readonly subject?: string;
}

/** `hearsay revoke`: voids tokens on every node before they expire. */
export function revokeCommand(deps: CliDeps): Command {
  const command = new Command('revoke')
    .description(
      'Void tokens on every node of the cluster before they expire. Connections that were opened with them end within seconds.',
    )
    .requiredOption('--node <url>', 'address of a running node')
    .option('--token <id>', 'one token, by its id (jti)')
    .option('--subject <name>', 'all tokens that this subject (sub) has been given until now');
  return addConfigFlags(command, ['secret', 'secretFile']).action(async (flags: RevokeFlags) => {
    const { node, token, subject } = flags;
    if ((token === undefined) === (subject === undefined)) {
      throw new HearsayError('USAGE', 'revoke takes either --token or --subject');
    }
    const { secret } = resolveConfig({
      flags: flagSettings({ ...flags }),
      environment: deps.environment,
      file: undefined,
    });
    const body = token === undefined ? { subject } : { token };
    await callNode(adminUrl(node, '/api/revocations'), 'POST', { secret, signal: deps.stop, body });
    deps.stdout.write(
      `${token === undefined ? `all tokens of ${subject} so far` : `token ${token}`} revoked\n`,
    );
  });
}
