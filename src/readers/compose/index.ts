/** Compose files → a part of the model, and the way back to the text for fixes. */
export type { Located } from './locate.ts';
export { locate } from './locate.ts';
export type { ComposeDocument, ComposeProject, ComposeService } from './project.ts';
export type { ComposeRequest, ComposeResult } from './read.ts';
export { composeFilesIn, readCompose } from './read.ts';
