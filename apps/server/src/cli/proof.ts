import { Command } from 'commander';
import { addConfigFlags, flagSettings } from '../config/flags.ts';
import { resolveConfig } from '../config/resolve.ts';
import { HearsayError } from '../failures.ts';
import { adminToken } from '../http/admin-access.ts';
import { adminUrl, nameOfNode } from './maintenance/remote-node.ts';
import type { CliDeps } from './program.ts';

/** `hearsay proof`: for one request of the admin API by other means than these commands. */
export function proofCommand(deps: CliDeps): Command {
  const command = new Command('proof')
    .description(
      'Prove to one node, as it runs now, that you know the cluster secret: prints a token for the Authorization header of one ' +
        'request. It is good for five minutes, and once for what changes something.',
    )
    .requiredOption('--node <url>', 'address of the running node that is to be asked')
    .addHelpText('after', examples);
  return addConfigFlags(command, ['secret', 'secretFile']).action(
    async (flags: { readonly node: string }) => {
      const { secret } = resolveConfig({
        flags: flagSettings({ ...flags }),
        environment: deps.environment,
        file: undefined,
      });
      if (secret === undefined) throw new HearsayError('SECRET_MISSING', 'a proof is made from --secret');
      const node = await nameOfNode(adminUrl(flags.node, '/'), deps.stop);
      if (node === undefined)
        throw new HearsayError('NODE_UNREACHABLE', `${flags.node} does not say who it is yet`);
      deps.stdout.write(`${await adminToken(secret, node)}\n`);
    },
  );
}

const examples = `
Examples:
  $ NODE=http://127.0.0.1:1234
  $ curl -X POST -H "Authorization: Bearer $(hearsay proof --node $NODE --secret-file ./secret)" $NODE/api/admin/repair`;
