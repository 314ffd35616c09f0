const GAP = String.raw`(?:[ \t]|\\\r?\n[ \t]*)+`;
/** `docker`, global options, perhaps `container`, and a subcommand that makes or changes something that we model. */
const COMMAND = new RegExp(
  String.raw`\bdocker(?:\.exe)?${GAP}(?:-[-\w]+(?:[= \t]\S{0,200})?${GAP}){0,4}(?:container${GAP})?(?:run|create|network${GAP}(?:create|connect))\b`,
);

/** A quick test whether a text may hold docker commands that are worth reading. */
export function findDockerCommands(text: string): boolean {
  for (let at = text.indexOf('docker'); at !== -1; at = text.indexOf('docker', at + 6)) {
    if (COMMAND.test(text.slice(Math.max(0, at - 1), at + 500))) return true;
  }
  return false;
}
