import { one } from '../one/rule.ts';

export const two = one + 1;
