import { spawn } from 'node:child_process';
import { json } from './json.ts';

export const text = () => [spawn, json];
