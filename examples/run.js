import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createHearsay } from '@hearsay/server';
import { createServer } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const name = process.argv[2] ?? '';
const names = readdirSync(here).filter((entry) => existsSync(`${here}${entry}/main.js`));
if (!names.includes(name)) {
  console.error(`Which one? ${names.join(', ')}: npx --yes pnpm@10 example ${names[0]}`);
  process.exit(64);
}

// What is written is still there at the next start.
const data = process.env.DATA ?? `${here}data/${name}`;
const port = Number(process.env.PORT ?? 5173);
const page = `http://127.0.0.1:${port}`;
// Browsers say which page they come from, and a node lets in those of its own unless told otherwise.
const node = await createHearsay({ port: 0, data, logLevel: 'warn', allowOrigin: [page] });

const isPage = existsSync(`${here}${name}/index.html`);
const pages = isPage
  ? await createServer({
      configFile: false,
      root: `${here}${name}`,
      logLevel: 'error',
      define: { 'globalThis.hearsayUrl': JSON.stringify(node.clientUrl) },
      server: { host: '127.0.0.1', port, strictPort: true },
    })
  : undefined;
await pages?.listen();
if (isPage) console.log(`Open ${page} in two windows. Ctrl-C stops.`);
else await (await import(`./${name}/main.js`)).run(node);

async function stop() {
  await pages?.close();
  await node.stop();
  process.exit(0);
}
process.once('SIGINT', stop).once('SIGTERM', stop);
