import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** What all plots have in common. */
export const frame = {
  width: 520,
  height: 320,
  background: 'white',
  padding: 12,
  config: {
    view: { stroke: null },
    font: 'sans-serif',
    axis: { gridColor: '#e8e8e8', labelColor: '#444', titleColor: '#222', titleFontWeight: 'normal' },
    legend: { labelLimit: 240 },
    title: { anchor: 'start', fontWeight: 600, offset: 12 },
  },
} as const;

/** The same specification gives the same bytes. */
export function svg(specification: TopLevelSpec): Promise<string> {
  // Clip paths and gradients are numbered by the process, not by the plot.
  vega.resetSVGDefIds();
  return new vega.View(vega.parse(compile(specification).spec), { renderer: 'none' }).toSVG();
}
