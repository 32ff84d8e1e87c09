import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { typedUpdates } from './frames.ts';
import { type Contender, contenders } from './servers.ts';

/** One writer as fast as its socket takes it, to `connections` readers of the same document. */
export interface FanOutResult {
  readonly deliveriesPerSecond: number;
  readonly cpuMicrosPerDelivery: number;
  readonly peakMemoryMiB: number;
  readonly framesPerConnection: number;
}

/** Updates written for a number of connections, so that every run moves about a million deliveries at most. */
const updatesFor = (connections: number): number => Math.min(20_000, Math.floor(1_000_000 / connections));

/** Runs every server in turn at 10, 100 and 500 connections and reports rates and their ratio to the first named. */
export async function benchFanOut(report: (line: string) => void): Promise<void> {
  for (const connections of [10, 100, 500]) {
    const updates = updatesFor(connections);
    report(`fan-out of ${updates} updates to ${connections} connections (updates delivered, however framed)`);
    let base: FanOutResult | undefined;
    for (const contender of contenders) {
      const result = await measureFanOut(contender, connections, updates);
      base ??= result;
      report(
        `  ${contender.name.padEnd(38)} ${Math.round(result.deliveriesPerSecond).toLocaleString('en')}/s` +
          ` (ratio ${(base.deliveriesPerSecond / result.deliveriesPerSecond).toFixed(2)})` +
          `  ${result.cpuMicrosPerDelivery.toFixed(2)} µs CPU each` +
          ` (ratio ${(result.cpuMicrosPerDelivery / base.cpuMicrosPerDelivery).toFixed(2)})` +
          `  ${result.peakMemoryMiB.toFixed(0)} MiB  ${result.framesPerConnection.toFixed(0)} frames a connection`,
      );
    }
  }
}

export async function measureFanOut(
  contender: Contender,
  connections: number,
  updates: number,
): Promise<FanOutResult> {
  const server = await contender.start();
  const documentName = 'fan-out';
  const receivers = fork(fileURLToPath(new URL('./receivers.js', import.meta.url)), [
    `${server.port}`,
    documentName,
    contender.dialect.name,
    `${connections}`,
  ]);
  try {
    await message(receivers, 'ready');
    const frames = typedUpdates(updates).map((update) => contender.dialect.update(documentName, update));
    const writer = await openWriter(contender, server.port, documentName);
    const done = message(receivers, 'done');
    const cpuBefore = await server.cpuSeconds();
    const started = performance.now();
    for (const [index, frame] of frames.entries()) {
      writer.send(frame);
      if (index % 64 === 0) while (writer.bufferedAmount > 262_144) await new Promise(setImmediate);
    }
    const { frames: received } = await done;
    const seconds = (performance.now() - started) / 1000;
    const cpu = (await server.cpuSeconds()) - cpuBefore;
    writer.terminate();
    const deliveries = connections * updates;
    return {
      deliveriesPerSecond: deliveries / seconds,
      cpuMicrosPerDelivery: (cpu / deliveries) * 1e6,
      peakMemoryMiB: await server.peakMemoryMiB(),
      framesPerConnection: received / connections,
    };
  } finally {
    receivers.kill('SIGKILL');
    await server.stop();
  }
}

async function openWriter(contender: Contender, port: number, documentName: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${contender.dialect.path(documentName)}`, {
    perMessageDeflate: false,
  });
  const asked = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const answer = contender.dialect.answer(data);
      if (answer === undefined) return;
      socket.send(answer);
      resolve();
    });
  });
  await once(socket, 'open');
  for (const frame of contender.dialect.opening(documentName)) socket.send(frame);
  await asked;
  return socket;
}

function message(child: ReturnType<typeof fork>, type: string): Promise<{ frames: number }> {
  return new Promise((resolve, reject) => {
    child.on('message', (received: { type: string; frames: number }) => {
      if (received.type === type) resolve(received);
    });
    child.once('exit', (code) => reject(new Error(`the receivers ended with ${code} before "${type}"`)));
  });
}
