/** Compose files → a part of the model. */
export { composeFilesIn, readCompose } from './read.ts';
