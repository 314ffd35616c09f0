/** All of our custom messages; what agent and server announce in CustomCapabilities. */
import { hostReportKind } from './host-report.ts';
import { outageReportKind } from './outages.ts';
import { servicesReportKind } from './services.ts';

export const customCapabilities: readonly string[] = [hostReportKind, outageReportKind, servicesReportKind].map(
  ({ capability }) => capability,
);
