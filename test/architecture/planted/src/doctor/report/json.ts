import { text } from './text.ts';

export const json = (): unknown => text;
