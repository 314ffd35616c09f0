/** The file that is read: 1 GB of JSON lines, made once and kept in the folder for temporary files. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lineGenerator } from './lines.ts';

export interface Lines {
  readonly path: string;
  readonly lines: number;
  readonly bytes: number;
}

export const cacheFolder = join(tmpdir(), 'fairlead-bench');

/** Lines beginning with the first of the generator, as many as fit into `bytes`. */
export function lineFile(bytes: number, seed = 1): Lines {
  mkdirSync(cacheFolder, { recursive: true });
  const path = join(cacheFolder, `lines-${seed}-${bytes}.log`);
  const counted = `${path}.json`;
  if (existsSync(counted)) return JSON.parse(readFileSync(counted, 'utf8'));
  const made = { path, ...write(`${path}.new`, bytes, seed) };
  renameSync(`${path}.new`, path);
  writeFileSync(counted, JSON.stringify(made));
  return made;
}

function write(path: string, bytes: number, seed: number): Omit<Lines, 'path'> {
  const next = lineGenerator(seed);
  const file = openSync(path, 'w');
  let lines = 0;
  let written = 0;
  let piece = '';
  for (let line = next(); written + piece.length + line.length <= bytes; line = next()) {
    piece += line;
    lines += 1;
    if (piece.length < 1 << 20) continue;
    written += writeSync(file, piece);
    piece = '';
  }
  written += writeSync(file, piece);
  closeSync(file);
  return { lines, bytes: written };
}
