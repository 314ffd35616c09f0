import { version } from 'esbuild';

export function leave(): never {
  process.exit(version === '' ? 1 : 0);
}
