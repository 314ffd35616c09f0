import type { Application, Transport } from '../../../network/model.ts';
import type { Version } from '../parse/image-reference.ts';

/**
 * What an image listens on when nobody says otherwise. Sources of a setting are written `--flag`, `-flag`, `env:NAME`,
 * or `set:name` for `-c name=value` and `--set name=value` words (PostgreSQL).
 */
export interface ImageEntry {
  /** See `isImage`: the end of the repository's path; a single part is an official image. */
  readonly images: readonly string[];
  /** How sentences name the program. */
  readonly program: string;
  readonly since?: Version;
  readonly before?: Version;
  /** Only for tags that carry a version: what `latest` is has changed, or will. */
  readonly numbered?: boolean;
  readonly listeners: readonly ImageListener[];
  /** See `startsServer`: the command lines that start it; by default a program that is called like one of the images. */
  readonly server?: RegExp;
  /**
   * Files or folders of the container that replace the defaults when something is mounted there: then nothing is assumed.
   * Only such as say what is listened on. The folder of the data is none: the image fills it at the first start.
   */
  readonly config?: readonly string[];
  /** Where the facts are from. */
  readonly source: string;
}

export interface ImageListener {
  readonly port: number;
  readonly transport?: Transport;
  readonly application?: Application;
  /** `::` where the program's own wildcard takes both families. */
  readonly address: '0.0.0.0' | '::' | '127.0.0.1';
  /** Settings that hold `address:port`. */
  readonly at?: readonly string[];
  /** Settings that hold only the address, or only the port. */
  readonly host?: readonly string[];
  readonly portOf?: readonly string[];
  /** Listens only when one of these is set. */
  readonly onlyWith?: readonly string[];
  /** Does not listen when one of these is set. */
  readonly unless?: readonly string[];
}
