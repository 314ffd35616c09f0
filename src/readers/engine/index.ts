export { readInspect } from './inspect.ts';
export { readEngine } from './live.ts';
