const colours = new Map([
  ['trace', 90],
  ['debug', 90],
  ['info', 32],
  ['warn', 33],
  ['error', 31],
  ['fatal', 31],
]);

/** One JSON log line as a short line for a person: time, level, message, then the rest as `key=value`. */
export function prettyLine(json: string, colour: boolean): string {
  const { level, time, msg, err, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const label = String(level).padEnd(5);
  const shownLevel = colour ? `\u001b[${colours.get(String(level)) ?? 0}m${label}\u001b[0m` : label;
  const details = Object.entries(rest).map(([key, value]) => `${key}=${shown(value)}`);
  const head = `${clockTime(String(time))} ${shownLevel} ${String(msg ?? '')}`;
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : '';
  return `${[head, ...details].join(' ')}${stack}\n`;
}

function clockTime(iso: string): string {
  return iso.slice(11, 19);
}

function shown(value: unknown): string {
  // Quoted when it could be mistaken for more than one value, so that no name can forge a line.
  return typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}
