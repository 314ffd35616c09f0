/** The formats of a check's report. Each is loaded only when it is asked for. */
import type { Report } from './report.ts';

export type { Report } from './report.ts';

export const formats = ['text', 'json', 'sarif', 'markdown'] as const;
export type Format = (typeof formats)[number];

export interface RenderOptions {
  readonly colour: boolean;
  /** Columns of the terminal; undefined when piped: then nothing is wrapped. */
  readonly width: number | undefined;
  readonly quiet: boolean;
}

export async function render(format: Format, report: Report, options: RenderOptions): Promise<string> {
  switch (format) {
    case 'text':
      return (await import('./text/index.ts')).textReport(report, options);
    case 'json':
      return (await import('./json.ts')).jsonReport(report);
    case 'sarif':
      return (await import('./sarif.ts')).sarifReport(report);
    case 'markdown':
      return (await import('./markdown.ts')).markdownReport(report);
    default:
      return format satisfies never;
  }
}
