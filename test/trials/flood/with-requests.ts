import { Agent, get } from 'node:http';
import type { FloodReport } from './flood-messages.ts';

const connections = 50;
const paths = ['/metrics', '/api/documents?limit=1000', '/api/status', '/metrics', '/api/collections'];

/** Fifty connections that ask for one page after the other. */
export function floodWithRequests(url: string): () => Omit<FloodReport, 'type'> {
  const answered: Record<string, number> = {};
  let [sent, losses] = [0, 0];
  for (let connection = 0; connection < connections; connection++) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const path = paths[connection % paths.length];
    const ask = (): void => {
      sent++;
      const request = get(`${url}${path}`, { agent }, (answer) => {
        const status = String(answer.statusCode);
        answered[status] = (answered[status] ?? 0) + 1;
        answer.resume();
        answer.once('close', ask);
      });
      request.once('error', () => {
        losses++;
        setTimeout(ask, 100);
      });
    };
    ask();
  }
  return () => ({ sent, answered, losses });
}
