/** Names of files and folders: kebab-case, and none that says nothing. */
const nameless = ['util', 'utils', 'helper', 'helpers', 'manager', 'misc', 'stuff'];
/** These say something beside another word (`no-shared-network`), and nothing alone. */
const namelessAlone = ['common', 'shared', 'general', 'base'];

export function nameViolations(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) =>
    path.split('/').flatMap((part) => {
      const stem = part.replace(/(?:\.(?:test|integration|d))?\.[a-z]+$/, '');
      if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem)) return [`${path}: "${part}" is not kebab-case`];
      const word = namelessAlone.includes(stem) ? stem : stem.split('-').find((candidate) => nameless.includes(candidate));
      return word === undefined ? [] : [`${path}: "${word}" says nothing about what is inside; name the thing that it holds`];
    }),
  );
}
