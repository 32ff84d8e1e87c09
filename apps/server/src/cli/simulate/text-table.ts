import type { Estimate } from '@hearsay/simulator';

/** Four significant digits: as many as the confidence intervals of a thousand runs leave any meaning to. */
export function digits(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(4)).toString() : '-';
}

/** With half the width of its 95 % confidence interval, where there is one. */
export function estimateText(estimate: Estimate | undefined): string {
  if (estimate === undefined) return '-';
  const { mean, halfWidth } = estimate;
  return Number.isFinite(halfWidth) ? `${digits(mean)} ±${digits(halfWidth)}` : digits(mean);
}

/** Columns under each other: the first to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** Lines of comma-separated values, the header first. */
export function csv(rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  const cell = (value: string | number | null | undefined): string => {
    const text = typeof value === 'number' && !Number.isFinite(value) ? '' : String(value ?? '');
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\n`).join('');
}
