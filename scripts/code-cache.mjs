// `node scripts/code-cache.mjs MAIN CACHE` (Node 24): runs the program in MAIN as `check examples` and writes V8's code of what ran to CACHE.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

/**
 * The source as it is compiled, as text for the launcher: both must give V8 the same characters. esbuild writes ASCII only, so
 * that latin1 is right and no decoder runs.
 */
export const wrapped = "'(function(exports,require,module,__filename,__dirname){' + readFileSync(filename, 'latin1') + '\\n})'";

const [main, cache] = process.argv.slice(2);
if (main !== undefined && cache !== undefined && process.argv[1]?.endsWith('code-cache.mjs')) {
  const source = new Function('readFileSync', 'filename', `return ${wrapped}`)(readFileSync, main);
  const script = new Script(source, { filename: main });
  process.argv = [process.argv[0], main, 'check', 'examples'];
  process.stdout.write = (_text, encoding, done) => {
    const callback = typeof encoding === 'function' ? encoding : done;
    if (callback) process.nextTick(callback);
    return true;
  };
  process.on('exit', (code) => {
    if (code <= 1) writeFileSync(cache, script.createCachedData());
    process.exitCode = code <= 1 ? 0 : code;
  });
  script.runInThisContext()({}, createRequire(main), {}, main, dirname(main));
}
