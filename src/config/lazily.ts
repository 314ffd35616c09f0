/**
 * Definitions of settings that are built when somebody reads settings, and are not kept after that.
 *
 * A definition costs far more memory than the settings that it reads: all of an agent's together took 8 MiB, of which an agent that runs uses
 * nothing. To build those that a configuration names takes some milliseconds, and happens at the start and when a configuration changes.
 */
import * as z from 'zod';

/**
 * What `build` makes, as long as somebody uses it; made again when it is asked for later. Descriptions and examples belong into `build`: a schema
 * that Zod copies from this one (`.describe()`, `.meta()`) would keep what it has built. `.optional()` and the like only wrap it.
 */
export function lazily<Schema extends z.ZodType>(build: () => Schema): z.ZodLazy<Schema> {
  let built: WeakRef<Schema> | undefined;
  const schema = () => {
    const known = built?.deref();
    if (known !== undefined) return known;
    const made = build();
    built = new WeakRef(made);
    return made;
  };
  const lazy = z.lazy(schema);
  // Zod would keep the first one for ever.
  Object.defineProperty(lazy._zod, 'innerType', { get: schema });
  return lazy;
}

/** The same for one of several kinds of a `z.discriminatedUnion('type', …)`: the union finds it by its type, and builds it when it is that. */
export function ofType<Schema extends z.ZodType>(type: string, build: () => Schema): z.ZodLazy<Schema> {
  const lazy = lazily(build);
  // What Zod would learn from the fixed values of the object that is not built yet.
  Object.defineProperty(lazy._zod, 'propValues', { value: { type: new Set([type]) } });
  return lazy;
}
