import { twice } from '../check.ts';

export const once = 1;
export const thrice = () => once + twice();
