import { Command } from 'commander';
import { benchDocument } from './document.ts';
import { benchFanOut } from './fan-out/fan-out.ts';
import { benchMerkle } from './merkle.ts';
import { benchPresence } from './presence.ts';
import { benchReplica } from './replica.ts';
import { benchStorage } from './storage.ts';

/** `traces`: a directory of real editing histories. */
type Bench = (report: (line: string) => void, traces: string | undefined) => Promise<void>;

const benches: Readonly<Record<string, { readonly about: string; readonly run: Bench }>> = {
  document: {
    about: 'admitting updates; bytes to repair one character in a large document',
    run: benchDocument,
  },
  merkle: { about: 'index update and difference at 10 k, 100 k and 1 M documents', run: benchMerkle },
  storage: { about: 'durable appends at 1, 10 and 100 writers; start-up', run: benchStorage },
  'fan-out': {
    about: 'one flat-out writer to 10, 100 and 500 connections, beside other servers',
    run: benchFanOut,
  },
  presence: {
    about: '1,000 connections of one document on two nodes: from one’s move to the other node’s clients',
    run: benchPresence,
  },
  replica: {
    about: 'a replica of 10,000 documents in Node and in Chromium: filled, opened again, ten changed',
    run: benchReplica,
  },
};

const program = new Command('bench')
  .description(
    `Measures Hearsay beside named peers in the same run.\n\n${Object.entries(benches)
      .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
      .join('\n')}`,
  )
  .argument('[names...]', 'which to run; all when none is named')
  .option('--traces <directory>', 'real editing histories for the benches that use them')
  .action(async (names: string[], options: { traces?: string }) => {
    for (const name of names.length > 0 ? names : Object.keys(benches)) {
      const bench = benches[name];
      if (bench === undefined) {
        console.error(`There is no bench "${name}"; there are: ${Object.keys(benches).join(', ')}`);
        process.exitCode = 2;
        return;
      }
      console.log(`\n${name}: ${bench.about}`);
      await bench.run((line) => console.log(line), options.traces);
    }
  });

await program.parseAsync();
