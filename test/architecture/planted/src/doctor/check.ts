import { once } from './fixes/write.ts';

export const twice = () => once + once;
