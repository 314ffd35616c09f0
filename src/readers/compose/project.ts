import type { SourceText } from '../../core/text.ts';
import type { MapNode, Node, Place } from './node.ts';

/** A file as written, before anything was merged or filled in: what a fix edits. */
export interface ComposeDocument {
  readonly file: string;
  readonly source: SourceText;
  readonly root: MapNode;
}

export interface ComposeService {
  readonly name: string;
  readonly workloadId: string;
  /** All facts about the service, merged, in the long form. */
  readonly node: MapNode;
  /** The service's key in the file that defines it last. */
  readonly key: Place;
  readonly environment: ReadonlyMap<string, EnvironmentEntry>;
  readonly profiles: readonly string[];
}

export interface EnvironmentEntry {
  /** Undefined: taken from a shell that we do not see. */
  readonly value: string | undefined;
  readonly node: Node;
}

export interface ComposeProject {
  readonly name: string;
  /** The project folder, absolute. */
  readonly folder: string;
  /** In the order in which they were read. */
  readonly documents: readonly ComposeDocument[];
  /** The files that the caller named, in that order. */
  readonly given: readonly string[];
  /** The files that `include` brought in; all others were extended. */
  readonly included: ReadonlySet<string>;
  /** Merged, in the long form, profiles applied. */
  readonly root: MapNode;
  readonly services: ReadonlyMap<string, ComposeService>;
  /** Services that exist but are not started with the given profiles. */
  readonly inactive: readonly { readonly name: string; readonly profiles: readonly string[]; readonly node: MapNode }[];
  /** Key in `networks:` → id of the network. */
  readonly networkIds: ReadonlyMap<string, string>;
}
