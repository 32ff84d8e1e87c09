import { takes, tunables } from '@hearsay/gossip-sync';
import { Command, Option } from 'commander';
import { HearsayError } from '../failures.ts';
import type { CliDeps } from './program.ts';

/** `hearsay settings`: every setting of the gossip engine, and what it is for. */
export function settingsCommand(deps: CliDeps): Command {
  return new Command('settings')
    .description(
      'List the settings of the gossip engine: what each takes, decides and costs, and where its default is from.\n' +
        'Set one with `hearsay serve --gossip NAME=VALUE`. The defaults suit most clusters.',
    )
    .argument('[part]', 'only those that begin so, such as rumour or rumour.k', '')
    .addOption(new Option('--json', 'as JSON').default(false, 'text'))
    .action((part: string, { json }: { readonly json: boolean }) => {
      const wanted = tunables.filter(({ name }) => name.startsWith(part));
      if (wanted.length === 0) {
        const parts = new Set(tunables.map(({ name }) => name.split('.')[0]));
        throw new HearsayError(
          'USAGE',
          `no setting begins with ${part}; the parts are ${[...parts].join(', ')}`,
        );
      }
      deps.stdout.write(json ? asJson(wanted) : wanted.map(asText).join('\n'));
    });
}

function asJson(wanted: typeof tunables): string {
  const list = wanted.map(({ name, setting }) => ({ name, takes: takes(setting), ...setting }));
  return `${JSON.stringify(list, null, 2)}\n`;
}

function asText({ name, setting }: (typeof tunables)[number]): string {
  const { default: preset, formula, tradeOff, origin } = setting;
  return [
    `${name}=${preset}`,
    `  takes      ${takes(setting)}`,
    `  decides    ${formula}`,
    `  trade-off  ${tradeOff}`,
    `  origin     ${origin}`,
    '',
  ].join('\n');
}
