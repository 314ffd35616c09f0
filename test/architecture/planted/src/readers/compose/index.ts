import { statSync } from 'node:fs';
import { engine } from '../engine/index.ts';

export const compose = () => [statSync, engine];
