import type { Config } from '../config/config.ts';
import { resolveConfig } from '../config/resolve.ts';
import { type HearsayNode, startNode } from '../node.ts';
import { createLog, type Log } from '../telemetry/log.ts';

/** The settings of a node, each as the command line takes it, and where its log goes. */
export type HearsayOptions = Partial<Config> & { readonly log?: Log };

/**
 * Runs a node inside this program: the same node that `hearsay serve` runs, without environment or file. Rejects with
 * a `HearsayError`, and leaves nothing open then.
 */
export async function createHearsay({ log, ...settings }: HearsayOptions = {}): Promise<HearsayNode> {
  const config = resolveConfig({ flags: settings, environment: {}, file: undefined });
  const { logLevel: level, logFormat: format } = config;
  return startNode(config, { log: log ?? createLog({ level, format, output: process.stderr }) });
}
