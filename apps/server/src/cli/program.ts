import { Command, CommanderError } from 'commander';
import { HearsayError, toHearsayError } from '../failures.ts';
import { version } from '../version.ts';
import { backupCommand } from './maintenance/backup.ts';
import { deleteCommand, deletedCommand, undeleteCommand } from './maintenance/deletion.ts';
import { rebuildFromPeersCommand } from './maintenance/rebuild-from-peers.ts';
import { restoreCommand } from './maintenance/restore.ts';
import { revokeCommand } from './maintenance/revoke.ts';
import { verifyStoreCommand } from './maintenance/verify-store.ts';
import { proofCommand } from './proof.ts';
import { serveCommand } from './serve.ts';
import { settingsCommand } from './settings.ts';
import { simulateCommand } from './simulate/simulate.ts';
import { tokenCommand } from './token.ts';

/** Where a command reads and prints: the process in production, buffers in tests. */
export interface CliDeps {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Undefined: nobody can be asked. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Aborted once when the process is asked to end. */
  readonly stop: AbortSignal;
}

/** Runs one command line and gives the exit code; prints every failure with its code and what to do about it. */
export async function runCli(deps: CliDeps): Promise<number> {
  const program = new Command('hearsay')
    .description('A replicated store of Yjs documents: nodes that keep their documents equal by gossip.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void deps.stdout.write(text),
      // Commander's own complaints are printed below, in the same form as all others.
      writeErr: () => {},
    })
    .showSuggestionAfterError();
  for (const build of commands) program.addCommand(build(deps).copyInheritedSettings(program));
  try {
    if (deps.arguments.length === 0) {
      deps.stdout.write(program.helpInformation());
      return 0;
    }
    await program.parseAsync([...deps.arguments], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure =
      error instanceof CommanderError
        ? new HearsayError('USAGE', error.message.replace(/^error: /, ''))
        : toHearsayError(error);
    deps.stderr.write(describeFailure(failure));
    return failure.exitCode;
  }
}

/** Every command, in the order of the help. Each builds its part of the program from the same dependencies. */
const commands: readonly ((deps: CliDeps) => Command)[] = [
  serveCommand,
  deleteCommand,
  undeleteCommand,
  deletedCommand,
  backupCommand,
  restoreCommand,
  verifyStoreCommand,
  rebuildFromPeersCommand,
  simulateCommand,
  tokenCommand,
  revokeCommand,
  proofCommand,
  settingsCommand,
];

function describeFailure(failure: HearsayError): string {
  const stack =
    failure.code === 'INTERNAL' && failure.cause instanceof Error ? `${failure.cause.stack}\n` : '';
  return `${stack}error ${failure.code}: ${failure.message}\n${failure.hint}\n`;
}
